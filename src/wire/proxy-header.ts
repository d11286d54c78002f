import { MalformedError, Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * What a proxy says of a connection before its first octet. There is no RFC: "The PROXY protocol, versions 1 & 2" of HAProxy, doc/proxy-protocol.txt,
 * whose sections are meant here where none of an RFC is named.
 */

/** Section 2.2: no protocol of lines, and not TLS either, begins so. */
const SIGNATURE: Uint8Array = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a)

/** Octets up to and with the length of the rest. */
export const PROXY_HEADER_START = 16

/** The only one that has this form. */
const VERSION = 2

/** The connection is the proxy's own, or on behalf of somebody. */
export const PROXY_COMMAND = { local: 0, proxy: 1 } as const

/** Address families and, of those, the ones that TCP has. */
export const PROXY_FAMILY = { unspec: 0, inet: 1, inet6: 2, unix: 3 } as const

export const PROXY_TRANSPORT = { unspec: 0, stream: 1, datagram: 2 } as const

/** Types of the values behind the addresses, section 2.2. */
export const PROXY_TLV = {
  alpn: 0x01,
  authority: 0x02,
  crc32c: 0x03,
  ssl: 0x20,
  sslVersion: 0x21,
  sslCommonName: 0x22,
  sslCipher: 0x23,
} as const

/** Bits of `ProxySsl.client`, section 2.2.6. */
export const PROXY_SSL_CLIENT = { ssl: 0x01, certificateOfConnection: 0x02, certificateOfSession: 0x04 } as const

/** The whole of it: `struct proxy_hdr_v2` and what its length counts. */
export interface ProxyHeader {
  /** Four bits. */
  readonly command: number
  /** Four bits. */
  readonly family: number
  /** Four bits. */
  readonly transport: number
  /** Addresses and values; a receiver of LOCAL has no use for them, whatever the family says. */
  readonly block: Uint8Array
}

/** One `struct pp2_tlv`. */
export interface ProxyTlv {
  readonly type: number
  readonly value: Uint8Array
}

/** The block of a connection of TCP over IPv4, with addresses of 4 octets, or over IPv6, with 16. */
export interface ProxyEnds {
  readonly source: Uint8Array
  readonly destination: Uint8Array
  readonly sourcePort: number
  readonly destinationPort: number
  readonly tlvs: readonly ProxyTlv[]
}

/** The value of the type `ssl`, `struct pp2_tlv_ssl`. */
export interface ProxySsl {
  readonly client: number
  /** Zero where the client has shown a certificate that is trusted. */
  readonly verify: number
  readonly tlvs: readonly ProxyTlv[]
}

/** Reads one header that fills `bytes` exactly. Throws `MalformedError`. */
export function decodeProxyHeader(bytes: Uint8Array): ProxyHeader {
  const reader = new Reader(bytes, 'ProxyHeader')
  const signature = reader.take(SIGNATURE.length, 'sig')
  if (!signature.every((octet, index) => octet === SIGNATURE[index])) throw new MalformedError('ProxyHeader.sig', 0, 'another protocol')
  const start = reader.u8('ver_cmd')
  if (start >> 4 !== VERSION) throw new MalformedError('ProxyHeader.ver_cmd', SIGNATURE.length, `version ${start >> 4}`)
  const kind = reader.u8('fam')
  const block = reader.opaque(2, 'len')
  reader.end()
  return { command: start & 0x0f, family: kind >> 4, transport: kind & 0x0f, block }
}

export function encodeProxyHeader({ command, family, transport, block }: ProxyHeader): Uint8Array {
  return new Writer()
    .bytes(SIGNATURE)
    .u8((VERSION << 4) | command)
    .u8((family << 4) | transport)
    .opaque(2, block)
    .done()
}

/** How long a header is that begins so: undefined as long as that is not known, or where it is none. */
export function proxyHeaderLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < PROXY_HEADER_START || !startsProxyHeader(bytes)) return undefined
  const reader = new Reader(bytes, 'ProxyHeader')
  reader.take(PROXY_HEADER_START - 2, 'start')
  return PROXY_HEADER_START + reader.u16('len')
}

/** Whether a header of version 2 may begin with these octets, of which more may come. */
export function startsProxyHeader(bytes: Uint8Array): boolean {
  return SIGNATURE.every((octet, index) => index >= bytes.length || octet === bytes[index])
}

/** Reads a block with addresses of `width` octets. Throws `MalformedError`. */
export function decodeProxyEnds(block: Uint8Array, width: 4 | 16): ProxyEnds {
  const reader = new Reader(block, 'ProxyEnds')
  return {
    source: reader.take(width, 'src_addr'),
    destination: reader.take(width, 'dst_addr'),
    sourcePort: reader.u16('src_port'),
    destinationPort: reader.u16('dst_port'),
    tlvs: tlvsIn(reader),
  }
}

export function encodeProxyEnds({ source, destination, sourcePort, destinationPort, tlvs }: ProxyEnds): Uint8Array {
  const writer = new Writer().bytes(source).bytes(destination).u16(sourcePort).u16(destinationPort)
  return withTlvs(writer, tlvs).done()
}

/** Reads the value of the type `ssl`. Throws `MalformedError`. */
export function decodeProxySsl(value: Uint8Array): ProxySsl {
  const reader = new Reader(value, 'ProxySsl')
  return { client: reader.u8('client'), verify: reader.u32('verify'), tlvs: tlvsIn(reader) }
}

export function encodeProxySsl({ client, verify, tlvs }: ProxySsl): Uint8Array {
  return withTlvs(new Writer().u8(client).u32(verify), tlvs).done()
}

/** All that is left. */
function tlvsIn(reader: Reader): readonly ProxyTlv[] {
  return reader.list((item) => ({ type: item.u8('type'), value: item.opaque(2, 'value') }))
}

function withTlvs(writer: Writer, tlvs: readonly ProxyTlv[]): Writer {
  for (const { type, value } of tlvs) writer.u8(type).opaque(2, value)
  return writer
}

const CHECKSUM_LENGTH = 4

/** The header of a connection of TCP with a checksum behind all other values, section 2.2.3. */
export function sealProxyHeader(ends: ProxyEnds): Uint8Array {
  const family = ends.source.length === 4 ? PROXY_FAMILY.inet : PROXY_FAMILY.inet6
  const whole = (checksum: Uint8Array): Uint8Array =>
    encodeProxyHeader({
      command: PROXY_COMMAND.proxy,
      family,
      transport: PROXY_TRANSPORT.stream,
      block: encodeProxyEnds({ ...ends, tlvs: [...ends.tlvs, { type: PROXY_TLV.crc32c, value: checksum }] }),
    })
  return whole(checksumOf(whole(new Uint8Array(CHECKSUM_LENGTH))))
}

/** Whether the checksum of a header of TCP, where it has one, is that of its octets. */
export function isProxyHeaderSound(header: ProxyHeader, ends: ProxyEnds): boolean {
  const found = ends.tlvs.find(({ type }) => type === PROXY_TLV.crc32c)
  if (found === undefined) return true
  if (found.value.length !== CHECKSUM_LENGTH) return false
  const tlvs = ends.tlvs.map((tlv) => (tlv === found ? { ...tlv, value: new Uint8Array(CHECKSUM_LENGTH) } : tlv))
  const expected = checksumOf(encodeProxyHeader({ ...header, block: encodeProxyEnds({ ...ends, tlvs }) }))
  return expected.every((octet, index) => octet === found.value[index])
}

function checksumOf(bytes: Uint8Array): Uint8Array {
  return new Writer().u32(crc32c(bytes)).done()
}

/** RFC 3720 §12.1: the polynomial 0x1edc6f41, its bits in the other order. */
const CASTAGNOLI = 0x82f63b78

/** CRC32c, RFC 9260 §A: what the specification names by the appendix of an older RFC. */
export function crc32c(bytes: Uint8Array): number {
  let crc = ~0
  for (const octet of bytes) {
    crc ^= octet
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? CASTAGNOLI : 0)
  }
  return ~crc >>> 0
}

import type { Socket } from 'node:net'
import { suiteByName } from '../registry/index.ts'
import {
  decodeProxyEnds,
  decodeProxyHeader,
  decodeProxyLine,
  encodeProxyHeader,
  encodeProxySsl,
  ipOctets,
  ipText,
  isProxyHeaderSound,
  LONGEST_PROXY_LINE,
  MalformedError,
  PROXY_COMMAND,
  PROXY_FAMILY,
  PROXY_SSL_CLIENT,
  PROXY_TLV,
  PROXY_TRANSPORT,
  proxyHeaderLength,
  sealProxyHeader,
  startsProxyHeader,
  type ProxyTlv,
} from '../wire/index.ts'
import { plainAddress, type ClientFacts, type TlsFacts } from './facts.ts'

/** A connection of the gate's own, "The PROXY protocol" section 2.2: no client stands behind it. */
const LOCAL: Uint8Array = encodeProxyHeader({
  command: PROXY_COMMAND.local,
  family: PROXY_FAMILY.unspec,
  transport: PROXY_TRANSPORT.unspec,
  block: new Uint8Array(),
})

/** What a server hears of a client before its first octet, in version 2; without one, that nobody stands behind the connection. */
export function proxyHeaderFor(facts: ClientFacts | undefined): Uint8Array {
  const source = ipOctets(facts?.address ?? '')
  const destination = ipOctets(facts?.localAddress ?? '')
  if (facts === undefined || source === undefined || destination === undefined || source.length !== destination.length) return LOCAL
  const tlvs = facts.tls === undefined ? [] : tlsTlvs(facts.tls)
  return sealProxyHeader({ source, destination, sourcePort: facts.port, destinationPort: facts.localPort, tlvs })
}

function tlsTlvs({ version, suite, serverName, alpn, clientCertificate }: TlsFacts): readonly ProxyTlv[] {
  const { ssl, certificateOfConnection, certificateOfSession } = PROXY_SSL_CLIENT
  const value = encodeProxySsl({
    client: clientCertificate === undefined ? ssl : ssl | certificateOfConnection | certificateOfSession,
    verify: clientCertificate?.verified === true ? 0 : 1,
    tlvs: [
      ...text(PROXY_TLV.sslVersion, version),
      ...text(PROXY_TLV.sslCipher, suiteByName(suite)?.openssl ?? suite),
      ...text(PROXY_TLV.sslCommonName, clientCertificate?.commonName),
    ],
  })
  return [...text(PROXY_TLV.alpn, alpn), ...text(PROXY_TLV.authority, serverName), { type: PROXY_TLV.ssl, value }]
}

/** A name of the DNS is no longer, RFC 1035 §2.3.4, and nothing else that is worth telling. */
const LONGEST_TEXT = 255

/** Nothing of what a client has made up: what is too long for the header, or would be more than one line where the server writes it down. */
function text(type: number, value: string | undefined): readonly ProxyTlv[] {
  const octets = Buffer.from(value ?? '')
  return octets.length === 0 || octets.length > LONGEST_TEXT || hasControls(value) ? [] : [{ type, value: octets }]
}

function hasControls(value = ''): boolean {
  return /[\p{Cc}\u2028\u2029]/u.test(value)
}

/** Whom a proxy in front speaks for. `self`: nobody, the connection is its own. */
export type Announced = Pick<ClientFacts, 'address' | 'port' | 'localAddress' | 'localPort'> | 'self'

/** Longer ones than a proxy has reason to send: what names and certificates need fits many times. */
const LONGEST_HEADER = 4096

/**
 * What a proxy says of a connection, in version 1 or 2, and how many octets that takes; undefined as long as more has to come. Throws `MalformedError`
 * where this cannot become such a header: what is not exactly one must not be taken for one.
 */
export function readAnnounced(bytes: Uint8Array): { readonly announced: Announced; readonly length: number } | undefined {
  if (!startsProxyHeader(bytes)) return readLine(bytes)
  const length = proxyHeaderLength(bytes)
  if (length === undefined) return undefined
  if (length > LONGEST_HEADER) throw new MalformedError('ProxyHeader.len', 14, `${length} octets`)
  return bytes.length < length ? undefined : { announced: announcedIn(bytes.slice(0, length)), length }
}

function announcedIn(bytes: Uint8Array): Announced {
  const header = decodeProxyHeader(bytes)
  const { command, family, transport, block } = header
  if (command === PROXY_COMMAND.local) return 'self'
  if (command !== PROXY_COMMAND.proxy) throw new MalformedError('ProxyHeader.ver_cmd', 12, `command ${command}`)
  if (family === PROXY_FAMILY.unspec || transport === PROXY_TRANSPORT.unspec) return 'self'
  if ((family !== PROXY_FAMILY.inet && family !== PROXY_FAMILY.inet6) || transport !== PROXY_TRANSPORT.stream)
    throw new MalformedError('ProxyHeader.fam', 13, `family ${family}, transport ${transport}`)
  const ends = decodeProxyEnds(block, family === PROXY_FAMILY.inet ? 4 : 16)
  if (!isProxyHeaderSound(header, ends)) throw new MalformedError('ProxyHeader.crc32c', 0, 'the checksum is another')
  return {
    address: plainAddress(ipText(ends.source)),
    port: ends.sourcePort,
    localAddress: plainAddress(ipText(ends.destination)),
    localPort: ends.destinationPort,
  }
}

const LINE_START = Buffer.from('PROXY ')

function readLine(bytes: Uint8Array): { readonly announced: Announced; readonly length: number } | undefined {
  const wrong = (why: string): MalformedError => new MalformedError('ProxyLine', 0, why)
  if (!LINE_START.every((octet, index) => index >= bytes.length || octet === bytes[index])) throw wrong('no header of a proxy')
  const length = bytes.indexOf(0x0a) + 1
  if (length === 0 && bytes.length < LONGEST_PROXY_LINE) return undefined
  const { protocol, words } = decodeProxyLine(bytes.slice(0, length === 0 ? LONGEST_PROXY_LINE : length))
  if (protocol === 'UNKNOWN') return { announced: 'self', length }
  const [from = '', to = '', fromPort = '', toPort = ''] = words
  const [address, localAddress] = [ipOctets(from), ipOctets(to)]
  const width = protocol === 'TCP4' ? 4 : protocol === 'TCP6' ? 16 : undefined
  if (words.length !== 4 || width === undefined || address?.length !== width || localAddress?.length !== width)
    throw wrong('no addresses of TCP4 or TCP6')
  return {
    announced: {
      address: plainAddress(ipText(address)),
      port: portIn(fromPort),
      localAddress: plainAddress(ipText(localAddress)),
      localPort: portIn(toPort),
    },
    length,
  }
}

function portIn(digits: string): number {
  const port = Number(digits)
  if (!/^(?:0|[1-9]\d{0,4})$/.test(digits) || port > 0xffff) throw new MalformedError('ProxyLine', 0, 'no port')
  return port
}

/** What comes of waiting for such a header. */
export type Announcement =
  | { readonly kind: 'announced'; readonly announced: Announced }
  /** None came, or something else. `why`: in words of ours. */
  | { readonly kind: 'none'; readonly why: string }

/** Reads the header of a proxy off a socket, and leaves there what follows it. `patience`: milliseconds for the whole of it. */
export function readAnnouncement(socket: Socket, patience: number): Promise<Announcement> {
  let taken = Buffer.alloc(0)
  return new Promise((resolve) => {
    const end = (announcement: Announcement, rest: Buffer = Buffer.alloc(0)): void => {
      clearTimeout(timer)
      socket.off('readable', read)
      socket.off('close', gone)
      socket.off('end', gone)
      if (rest.length > 0 && !socket.destroyed && !socket.readableEnded) socket.unshift(rest)
      resolve(announcement)
    }
    const read = (): void => {
      const chunk: unknown = socket.read()
      if (!(chunk instanceof Buffer)) return
      taken = Buffer.concat([taken, chunk])
      try {
        const found = readAnnounced(taken)
        if (found !== undefined)
          end(
            { kind: 'announced', announced: found.announced },
            Buffer.from(taken.buffer, taken.byteOffset + found.length, taken.length - found.length),
          )
      } catch (error) {
        if (!(error instanceof MalformedError)) throw error
        end({ kind: 'none', why: 'no header of a proxy' })
      }
    }
    const gone = (): void => end({ kind: 'none', why: 'gone' })
    const timer = setTimeout(() => end({ kind: 'none', why: 'too-late' }), patience)
    socket.on('readable', read)
    socket.on('close', gone)
    socket.on('end', gone)
    read()
  })
}

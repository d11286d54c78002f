import { decode, encode, type DecodedPacket, type OptAnswer, type Answer as ResourceRecord } from 'dns-packet'
import { isIP } from 'node:net'
import type { Answer, Failed, RecordKinds, RecordType } from './answer.ts'

/** A question on its way, and what recognises its answer. */
export interface Query<T extends RecordType = RecordType> {
  readonly id: number
  /** In lower case, without a dot at the end; empty for the root. */
  readonly name: string
  readonly type: T
  readonly bytes: Uint8Array
}

/** What came back for a query. */
export interface Reply {
  /** In octets. */
  readonly size: number
  /** The resolver says that all is validated (RFC 6840 §5.8). */
  readonly authentic: boolean
  readonly packet: DecodedPacket
}

const RECURSION_DESIRED = 0x0100
/** Asks for the AD bit without the signatures (RFC 6840 §5.7). */
const AUTHENTIC_DATA = 0x0020
/** What passes everywhere in one piece, as those agreed who run DNS. */
const UDP_PAYLOAD = 1232

/** In the third octet. */
const TRUNCATED = 0x02
const RCODE = 0x0f
const NOERROR = 0
const SERVFAIL = 2
const NXDOMAIN = 3

const HEADER = 12
/** Type and class behind the name. */
const AFTER_NAME = 4
/** No honest answer has more records, and names in each may be long. */
const MOST_RECORDS = 1000
const MOST_ALIASES = 16

const NAME = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/
const HOST = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/

/** A name as it is asked for: in lower case and without a dot at its end. Undefined where it is none of letters, digits, `-` and `_`. */
export function canonicalName(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, '')
  return NAME.test(name) || text === '.' ? name : undefined
}

/** Whether a name from DNS can be that of a host: any octet may stand in a name. */
export function isHost(name: string): boolean {
  return NAME.test(name) && HOST.test(name)
}

/** A question for records of `name`, which is canonical. */
export function makeQuery<T extends RecordType>(id: number, name: string, type: T): Query<T> {
  const opt: OptAnswer = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: UDP_PAYLOAD,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  }
  const packet = {
    id,
    flags: RECURSION_DESIRED | AUTHENTIC_DATA,
    questions: [{ type, name: name === '' ? '.' : name }],
    additionals: [opt],
  }
  return { id, name, type, bytes: new Uint8Array(encode({ type: 'query', ...packet })) }
}

/** Whether bytes are an answer to the question: its id and the question itself come back (RFC 5452 §9.1). Cheap, for floods of others. */
export function answers(query: Query, bytes: Uint8Array): boolean {
  const end = HEADER + (query.name === '' ? 1 : query.name.length + 2) + AFTER_NAME
  if (bytes.length < end) return false
  const [high = 0, low = 0, flags = 0, , , questions = 0] = bytes
  if (high * 256 + low !== query.id || flags < 0x80 || questions !== 1 || bytes[4] !== 0) return false
  for (let at = HEADER; at < end; at++) if (lowerCase(bytes[at]) !== lowerCase(query.bytes[at])) return false
  return true
}

/** Names come back in the case in which they were asked for, or in another one. */
function lowerCase(octet = 0): number {
  return octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet
}

/** Cut off: the whole answer is to be had over TCP (RFC 7766 §5). */
export function isTruncated(bytes: Uint8Array): boolean {
  return ((bytes[2] ?? 0) & TRUNCATED) !== 0
}

/** Reads an answer. Undefined where it cannot be read. */
export function readReply(bytes: Uint8Array): Reply | undefined {
  const counts = [6, 8, 10].map((at) => (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0))
  if (counts.reduce((sum, count) => sum + count, 0) > MOST_RECORDS) return undefined
  try {
    const packet = decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    return { size: bytes.length, authentic: packet.flag_ad, packet }
  } catch {
    return undefined
  }
}

/** What an answer says. `trusted`: its AD bit counts. */
export function interpret<T extends RecordType>(query: Query<T>, reply: Reply, trusted: boolean): Answer<RecordKinds[T]> {
  const { name, type } = query
  const { packet, authentic } = reply
  const rcode = (packet.flags ?? 0) & RCODE
  if (rcode !== NOERROR && rcode !== NXDOMAIN) return failedFor(rcode, packet)
  const secure = trusted && authentic
  const { owner, ttls } = followAliases(name, type, packet.answers ?? [])
  const found = (packet.answers ?? []).filter((one) => one.type === type && ownerOf(one) === owner)
  const read: (record: ResourceRecord) => readonly RecordKinds[T][] = READERS[type]
  const records = found.flatMap((one) => read(one))
  if (records.length === 0) {
    return { kind: 'none', why: rcode === NXDOMAIN ? 'nxdomain' : 'nodata', secure, ttl: Math.min(negativeTtl(packet), ...ttls) }
  }
  return { kind: 'records', records, owner, aliased: owner !== name, secure, ttl: Math.min(...ttls, ...found.map(ttlOf)) }
}

type Readers = { readonly [T in RecordType]: (record: ResourceRecord) => readonly RecordKinds[T][] }

/** A record that is not what its type says is none. */
const READERS: Readers = {
  A: (record) => (record.type === 'A' && isIP(record.data) === 4 ? [record.data] : []),
  AAAA: (record) => (record.type === 'AAAA' && isIP(record.data) === 6 ? [record.data] : []),
  CNAME: (record) => (record.type === 'CNAME' ? [canonicalName(record.data) ?? ''].filter((name) => name !== '') : []),
  MX: (record) => (record.type === 'MX' ? [{ preference: record.data.preference ?? 0, exchange: bare(record.data.exchange) }] : []),
  TLSA: (record) => {
    if (record.type !== 'TLSA') return []
    const { usage, selector, matchingType, certificate } = record.data
    return [{ usage, selector, matchingType, data: Uint8Array.from(certificate) }]
  },
  TXT: (record) => {
    if (record.type !== 'TXT') return []
    const pieces = Array.isArray(record.data) ? record.data : [record.data]
    return [pieces.map((piece) => (typeof piece === 'string' ? piece : piece.toString('latin1'))).join('')]
  },
}

function followAliases(name: string, type: RecordType, answers: readonly ResourceRecord[]): { owner: string; ttls: number[] } {
  const ttls: number[] = []
  let owner = name
  if (type === 'CNAME') return { owner, ttls }
  while (ttls.length < MOST_ALIASES) {
    const alias = answers.find((one) => one.type === 'CNAME' && ownerOf(one) === owner)
    const target = alias?.type === 'CNAME' ? canonicalName(alias.data) : undefined
    if (alias === undefined || target === undefined) break
    owner = target
    ttls.push(ttlOf(alias))
  }
  return { owner, ttls }
}

function ownerOf({ name }: ResourceRecord): string {
  return bare(name)
}

function bare(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}

function ttlOf(record: ResourceRecord): number {
  const ttl = 'ttl' in record ? (record.ttl ?? 0) : 0
  // RFC 2181 §8: a TTL with the highest bit is none.
  return ttl > 0x7fffffff ? 0 : ttl
}

/** How long nothing may be taken for granted, RFC 2308 §5: as long as the zone says. Without an SOA not at all. */
function negativeTtl({ authorities = [] }: DecodedPacket): number {
  const soa = authorities.find((one) => one.type === 'SOA')
  return soa?.type === 'SOA' ? Math.min(ttlOf(soa), soa.data.minimum ?? 0) : 0
}

function failedFor(rcode: number, packet: DecodedPacket): Failed {
  if (rcode !== SERVFAIL) return { kind: 'failed', why: 'refused', words: `the DNS server refuses to answer (RCODE ${rcode})` }
  const reasons = explanations(packet).join(', ')
  return { kind: 'failed', why: 'servfail', words: `the DNS server failed (SERVFAIL${reasons === '' ? '' : `: ${reasons}`})` }
}

const EXTENDED_ERROR = 15

/** Codes of RFC 8914 §4 that say something to those who look after a domain. The text beside them is a stranger's. */
const EXPLANATIONS: ReadonlyMap<number, string> = new Map([
  [1, 'unknown DNSKEY algorithm'],
  [2, 'unknown DS digest'],
  [6, 'DNSSEC bogus'],
  [7, 'signature expired'],
  [8, 'signature not yet valid'],
  [9, 'DNSKEY missing'],
  [10, 'RRSIGs missing'],
  [11, 'no zone key'],
  [12, 'NSEC missing'],
  [22, 'no name server of the domain can be reached'],
  [23, 'network error'],
])

function explanations({ additionals = [] }: DecodedPacket): string[] {
  const options: readonly unknown[] = additionals.flatMap((one) => (one.type === 'OPT' ? one.options : []))
  return options.flatMap((option) => {
    if (typeof option !== 'object' || option === null || !('code' in option) || option.code !== EXTENDED_ERROR) return []
    const data = 'data' in option && option.data instanceof Uint8Array ? option.data : undefined
    return EXPLANATIONS.get((data?.[0] ?? 0) * 256 + (data?.[1] ?? 0)) ?? []
  })
}

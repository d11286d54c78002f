import { groupByName, signatureScheme, type CipherSuite, type ProtocolName } from '../../registry/index.ts'
import { applyItems, type GnutlsSettings } from './gnutls-parse.ts'
import { GNUTLS_SIGNATURES, type GnutlsLists } from './gnutls-items.ts'
import { gnutlsSuiteOf, type GnutlsSuite } from './gnutls-suites.ts'

/** Why GnuTLS does not take a priority string. */
export interface GnutlsRefusal {
  readonly at: number
  readonly length: number
  readonly culprit: string
  readonly why: string
  readonly remedy: string
}

/** What a GnuTLS priority string means. */
export interface GnutlsPriority {
  readonly priority: string
  /** In order of preference. */
  readonly protocols: readonly ProtocolName[]
  /** Such as `DTLS1.2`. */
  readonly dtls: readonly string[]
  readonly suites: readonly CipherSuite[]
  /** IANA names of the groups that are offered with these suites and protocols, in order. */
  readonly groups: readonly string[]
  /** IANA names, in order. */
  readonly signatureSchemes: readonly string[]
  /** Without `%`. */
  readonly options: readonly string[]
  /** The lists as the string leaves them, in GnuTLS names, as `gnutls-cli -l` prints them. */
  readonly lists: GnutlsLists
  readonly refused: GnutlsRefusal | undefined
}

/**
 * Reads a priority string as GnuTLS 3.7 and 3.8 do, gnutls_priority_init(3). `@SYSTEM` and its kind depend on a file of
 * the machine and are refused. Never throws.
 */
export function parseGnutlsPriority(priority: string): GnutlsPriority {
  const settings = applyItems(priority)
  if (settings.refused !== undefined) return empty(priority, settings, settings.refused)
  const protocols = spokenProtocols(settings)
  if (protocols.length === 0) return empty(priority, settings, insufficient(priority))
  const kx = onlyTls13(protocols) && !hasPsk(settings.lists.kx) ? [] : settings.lists.kx
  const made = makeSuites(settings.lists, kx)
  const groups = offeredGroups(settings.lists.groups, made, protocols)
  const schemes = signatures(settings.lists.signatures, protocols)
  const left = afterChecks(protocols, groups, schemes, settings)
  if (left.length === 0 || made.length === 0) return empty(priority, settings, insufficient(priority))
  return {
    priority,
    protocols: left.flatMap((name) => TLS_NAMES[name] ?? []),
    dtls: left.filter((name) => name.startsWith('DTLS')),
    suites: speakable(made, left),
    groups,
    signatureSchemes: [...new Set(schemes.map((code) => signatureScheme.name(code)))],
    options: settings.options,
    lists: { ...settings.lists, protocols: left, kx },
    refused: undefined,
  }
}

const TLS_NAMES: Readonly<Record<string, ProtocolName>> = {
  'TLS1.0': 'TLSv1',
  'TLS1.1': 'TLSv1.1',
  'TLS1.2': 'TLSv1.2',
  'TLS1.3': 'TLSv1.3',
}

function empty(priority: string, { lists, options }: GnutlsSettings, refused: GnutlsRefusal): GnutlsPriority {
  return { priority, protocols: [], dtls: [], suites: [], groups: [], signatureSchemes: [], options, lists, refused }
}

function insufficient(priority: string): GnutlsRefusal {
  return {
    at: 0,
    length: priority.length,
    culprit: priority,
    why: 'it leaves no protocol version or no cipher suite',
    remedy: 'Begin with NORMAL, or add at least VERS-, a cipher, a MAC and a key exchange after NONE.',
  }
}

const isTls13 = (name: string): boolean => name === 'TLS1.3'
const isDatagram = (name: string): boolean => name.startsWith('DTLS')
const hasPsk = (kx: readonly string[]): boolean => kx.some((name) => name === 'PSK' || name === 'DHE-PSK' || name === 'ECDHE-PSK')

/** SSL 3.0 is not compiled in; NULL, SRP, RSA-PSK and %NO_EXTENSIONS exclude TLS 1.3. */
function spokenProtocols({ lists, options }: GnutlsSettings): string[] {
  const old =
    lists.ciphers.includes('NULL') || lists.kx.some((kx) => kx.startsWith('SRP') || kx === 'RSA-PSK') || options.includes('NO_EXTENSIONS')
  return lists.protocols.filter((name) => name !== 'SSL3.0' && !(old && isTls13(name)))
}

function onlyTls13(protocols: readonly string[]): boolean {
  return protocols.every(isTls13)
}

/** TLS 1.3 first, then by key exchange, cipher and MAC, each in its order. */
function makeSuites(lists: GnutlsLists, kx: readonly string[]): GnutlsSuite[] {
  return ['', ...kx].flatMap((exchange) =>
    lists.ciphers.flatMap((cipher) => lists.macs.flatMap((mac) => gnutlsSuiteOf(exchange, cipher, mac) ?? [])),
  )
}

/** Only what the highest version allows: TLS 1.2 suites without TLS 1.2 go, older ones stay. */
function speakable(made: readonly GnutlsSuite[], protocols: readonly string[]): CipherSuite[] {
  const highest = (names: readonly string[]): number =>
    Math.max(-1, ...names.map((name) => (name === 'DTLS0.9' ? 0 : Number(name.slice(-1)))))
  const tls = highest(protocols.filter((name) => !isDatagram(name)))
  const dtls = highest(protocols.filter(isDatagram))
  return made.filter((one) => tls >= one.tls || (one.dtls !== undefined && dtls >= one.dtls)).map((one) => one.suite)
}

/** Curves are offered when a suite or TLS 1.3 needs them, finite fields likewise; whichever is needed first comes first. */
function offeredGroups(listed: readonly string[], made: readonly GnutlsSuite[], protocols: readonly string[]): string[] {
  const names = listed.filter((name) => !NO_CURVE.includes(name))
  const blocks: ('curve' | 'field')[] = []
  const need = (block: 'curve' | 'field'): void => {
    if (!blocks.includes(block)) blocks.push(block)
  }
  for (const { kx } of made) {
    if (/^ECDHE|^ANON-ECDH|^VKO/.test(kx)) need('curve')
    else if (/^DHE|^ANON-DH/.test(kx)) need('field')
  }
  if (protocols.some(isTls13)) for (const name of names) need(isField(name) ? 'field' : 'curve')
  return blocks.flatMap((block) => names.filter((name) => isField(name) === (block === 'field'))).flatMap(ianaGroup)
}

/** GnuTLS has the names of these curves of GOST, but Nettle does not compute on them. */
const NO_CURVE: readonly string[] = ['GC256A', 'GC256C', 'GC256D', 'GC512B', 'GC512C']

const isField = (name: string): boolean => name.startsWith('FFDHE')

function ianaGroup(name: string): string[] {
  const group = groupByName(`GROUP-${name}`)
  return group === undefined ? [] : [group.name]
}

function signatures(names: readonly string[], protocols: readonly string[]): number[] {
  const old = protocols.some((name) => !isTls13(name))
  const tls13 = protocols.some(isTls13)
  return names.flatMap((name) => {
    const [, code, versions] = GNUTLS_SIGNATURES.find(([known]) => known === name) ?? ['']
    const fits = versions === 'both' || (versions === 'old' && old) || (versions === 'new' && tls13)
    return code !== undefined && fits ? [code] : []
  })
}

/** Versions that the other lists make impossible: without signatures no 1.2 and later, without groups or beside a gap no 1.3. */
function afterChecks(
  protocols: readonly string[],
  groups: readonly string[],
  schemes: readonly number[],
  { lists }: GnutlsSettings,
): string[] {
  const signed = schemes.length > 0 ? protocols : protocols.filter((name) => !/1\.[23]$/.test(name))
  const tls13 = protocols.some(isTls13)
  const gap = !protocols.includes('TLS1.2') && protocols.some((name) => name === 'TLS1.0' || name === 'TLS1.1') && tls13
  const groupless = tls13 && groups.length === 0 && !hasPsk(lists.kx)
  return gap || groupless ? signed.filter((name) => !isTls13(name)) : [...signed]
}

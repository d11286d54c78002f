import { PROTOCOLS, type ProtocolName } from '../../registry/index.ts'
import type { Site } from './sites.ts'
import { since, type TomcatVersion } from './versions.ts'

/** What a list of protocols comes to. */
export interface ProtocolMeaning {
  readonly protocols: readonly ProtocolName[] | 'unknown'
  readonly sslv2Hello: boolean | 'unknown'
  /** Versions that depend on a library which nobody names. */
  readonly maybe: readonly ProtocolName[]
  readonly problem?: ProtocolProblem
}

export interface ProtocolProblem {
  readonly id: 'settings-fails-open' | 'settings-stops-start' | 'settings-unknown-protocol'
  readonly fact: string
  readonly remedy: string
}

const UNKNOWN: ProtocolMeaning = { protocols: 'unknown', sslv2Hello: 'unknown', maybe: [] }
const SPELLING = 'Write the names exactly as SSLv3, TLSv1, TLSv1.1, TLSv1.2, TLSv1.3; `postern settings mend` does.'

/** What the value means; undefined: the attribute is not there. */
export function meaningOf({ grammar }: Site, value: string | undefined, version: TomcatVersion): ProtocolMeaning {
  if (grammar === 'either' || grammar === 'none') return UNKNOWN
  if (grammar === 'jsse') return value === undefined ? UNKNOWN : jsseMeaning(value, version)
  if (grammar === 'apr') return aprMeaning(value ?? 'all', version)
  return hostMeaning(value ?? 'all')
}

/** All that the native library of that time has a name for. Its OpenSSL may have had more. */
const NATIVE_ALL: ProtocolMeaning = { protocols: ['SSLv2', 'SSLv3', 'TLSv1'], sslv2Hello: true, maybe: ['TLSv1.1', 'TLSv1.2'] }

/** `SSLProtocol`. More than one protocol: hellos in the format of SSL 2.0 are answered too. */
function aprMeaning(value: string, version: TomcatVersion): ProtocolMeaning {
  const [strict, tokens] = [since(version, '7.0.13'), since(version, '7.0.57')]
  if (tokens === true) return aprTokens(value, version)
  const whole = ['SSLv2', 'SSLv3', 'TLSv1', 'SSLv2+SSLv3'].find((one) => one.toLowerCase() === value.toLowerCase())
  if (whole !== undefined) return aprList(PROTOCOLS.filter((one) => whole.split('+').includes(one)))
  if (value.toLowerCase() === 'all') return tokens === 'unknown' ? UNKNOWN : NATIVE_ALL
  const named = `SSLProtocol is ${JSON.stringify(value)}, which this version`
  const remedy = 'Use TLSv1 or all, or a newer Tomcat: this one has no words for more.'
  if (strict === 'unknown') {
    const fact = `${named} may not know: depending on the release it is read, stops the start, or turns everything on, SSL 2.0 included.`
    return { ...UNKNOWN, problem: { id: 'settings-fails-open', fact, remedy } }
  }
  if (!strict) {
    const fact = `${named} does not know: it turns everything on, SSL 2.0 and SSL 3.0 included.`
    return { ...NATIVE_ALL, problem: { id: 'settings-fails-open', fact, remedy } }
  }
  return { ...UNKNOWN, problem: { id: 'settings-stops-start', fact: `${named} does not know: the connector does not start.`, remedy } }
}

/** Since 7.0.57: names with `+` or `-` before them, blanks and case not counting. */
function aprTokens(value: string, version: TomcatVersion): ProtocolMeaning {
  const chosen = new Set<ProtocolName>()
  for (const token of value.split(/(?=[+-])/)) {
    const name = token
      .replace(/^\s*[+-]/, '')
      .trim()
      .toLowerCase()
    const known = PROTOCOLS.filter((one) => (name === 'all' ? ALL_TLS.includes(one) : one.toLowerCase() === name))
    if (known.length === 0 || (known.includes('TLSv1.3') && since(version, '7.0.92') !== true && name !== 'all')) {
      const fact = `SSLProtocol has ${JSON.stringify(token)}, which this version does not know: the connector does not start.`
      return { ...UNKNOWN, problem: { id: 'settings-stops-start', fact, remedy: 'Write TLSv1, TLSv1.1 or TLSv1.2, with + between.' } }
    }
    for (const one of known) if (token.trim().startsWith('-')) chosen.delete(one)
    if (!token.trim().startsWith('-')) for (const one of known) chosen.add(one)
  }
  const all = /all/i.test(value) && since(version, '7.0.92') === true && !/-\s*TLSv1\.3/i.test(value)
  return { ...aprList(PROTOCOLS.filter((one) => chosen.has(one))), maybe: all ? ['TLSv1.3'] : [] }
}

const ALL_TLS: readonly ProtocolName[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2']

function aprList(protocols: readonly ProtocolName[]): ProtocolMeaning {
  return { protocols, sslv2Hello: protocols.length > 1, maybe: [] }
}

/** Between commas, trimmed, and to the letter: what is no name is left out. */
function jsseMeaning(value: string, version: TomcatVersion): ProtocolMeaning {
  const tokens = value.split(',').map((token) => token.trim())
  const known = PROTOCOLS.filter((name) => name !== 'SSLv2' && tokens.includes(name))
  const hello = tokens.includes('SSLv2Hello')
  const odd = tokens.filter((token) => token !== 'SSLv2Hello' && !known.some((name) => name === token))
  const listed = odd.map((token) => JSON.stringify(token)).join(', ')
  if (known.length === 0 && !hello) {
    const strict = since(version, '7.0.36')
    const nothing = strict === true ? 'nothing is turned on' : 'the list does not count, and everything is on that Java has on'
    const fact = `None of ${listed} is a protocol to the letter: ${nothing}${strict === 'unknown' ? ', or from 7.0.36 on, nothing is' : ''}.`
    return { ...UNKNOWN, problem: { id: strict === true ? 'settings-stops-start' : 'settings-fails-open', fact, remedy: SPELLING } }
  }
  const meaning = { protocols: known, sslv2Hello: hello, maybe: [] }
  if (odd.length === 0) return meaning
  const fact = `${listed} is no protocol to the letter, and is left out of the list.`
  return { ...meaning, problem: { id: 'settings-unknown-protocol', fact, remedy: SPELLING } }
}

/** `protocols` of `SSLHostConfig`: `+`, `-` and `,` before names, to the letter but for `all`. Nothing valid stops the start. */
function hostMeaning(value: string): ProtocolMeaning {
  const chosen = new Set<string>()
  for (const token of value.split(/(?=[-+,])/).map((part) => part.trim())) {
    const name = token.replace(/^[-+,]/, '').trim()
    const names = name.toLowerCase() === 'all' ? ['SSLv2Hello', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] : [name]
    for (const one of names) if (token.startsWith('-')) chosen.delete(one)
    if (!token.startsWith('-')) for (const one of names) if (one !== '') chosen.add(one)
  }
  const known = PROTOCOLS.filter((name) => name !== 'SSLv2' && chosen.has(name))
  const hello = chosen.has('SSLv2Hello')
  const odd = [...chosen].filter((name) => name !== 'SSLv2Hello' && !known.some((one) => one === name))
  const listed = odd.map((token) => JSON.stringify(token)).join(', ')
  if (known.length === 0) {
    const fact = `${listed === '' ? 'Nothing' : listed} is all that is left of the protocols: the connector does not start.`
    return { ...UNKNOWN, problem: { id: 'settings-stops-start', fact, remedy: SPELLING } }
  }
  const meaning = { protocols: known, sslv2Hello: hello, maybe: [] }
  if (odd.length === 0) return meaning
  const fact = `${listed} is no protocol to the letter, and is left out of the list.`
  return { ...meaning, problem: { id: 'settings-unknown-protocol', fact, remedy: SPELLING } }
}

/** The versions that can be written. */
export function writable({ grammar }: Site, version: TomcatVersion): readonly ProtocolName[] {
  if (grammar === 'either' || grammar === 'none') return []
  if (grammar === 'apr' && since(version, '7.0.57') !== true) return ['TLSv1']
  const tls13 = grammar === 'host' || grammar === 'alias' || since(version, '7.0.92') === true
  return tls13 ? [...ALL_TLS, 'TLSv1.3'] : ALL_TLS
}

/** How these versions are written in the attribute; undefined where there is no way. */
export function printProtocols(
  site: Site,
  attribute: string,
  protocols: readonly ProtocolName[],
  version: TomcatVersion,
): string | undefined {
  const text = PROTOCOLS.filter((one) => protocols.includes(one)).join(
    site.grammar === 'jsse' || attribute === 'sslEnabledProtocols' ? ',' : '+',
  )
  const means = meaningOf(site, text, version)
  const right = means.problem === undefined && means.protocols !== 'unknown' && means.protocols.join() === [...protocols].join()
  return right ? text : undefined
}

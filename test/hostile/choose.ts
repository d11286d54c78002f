import { extension, groups, signatureSchemes, supportedVersions, type ClientHello } from './client-hello.ts'
import { Alert, Extension, FALLBACK_SCSV, Group, SSL3, TLS12, TLS13 } from './numbers.ts'
import type { Reaction, Script } from './script.ts'
import { isChaCha, keyExchange, needsTls12, signerOf, type KeyExchange } from './suites.ts'

/** What a server below TLS 1.3 settles on. */
export interface Choice {
  readonly version: number
  readonly suite: number
  readonly keyExchange: KeyExchange
  readonly compression: number
  /** For ECDHE; 0 otherwise. */
  readonly group: number
  /** For signed key exchanges of TLS 1.2; undefined before it and for anonymous ones. */
  readonly signature: number | undefined
}

export type Version = { readonly version: number } | { readonly refuse: Reaction }

/** The version that the script answers this hello with. */
export function chooseVersion(script: Script, hello: ClientHello): Version {
  const listed = script.readsSupportedVersions ? supportedVersions(hello) : undefined
  const offered = script.versions.filter((one) => (listed ? listed.includes(one) : one <= Math.min(hello.version, TLS12)))
  const best = Math.max(...script.versions)
  if (offered.length === 0) {
    const { version } = script.refusals
    if (version === 'answers-with-best') return { version: Math.min(best, TLS12) }
    return { refuse: version }
  }
  const version = Math.max(...offered)
  const fallback = script.fallbackScsv && hello.suites.includes(FALLBACK_SCSV)
  if (fallback && version < best) return { refuse: { alert: Alert.inappropriateFallback } }
  return { version }
}

/** The suites of one version in the server's order. Those of TLS 1.2 are left out below it. */
export function suitesOf(script: Script, version: number): readonly number[] {
  const { suites } = script
  if (!isList(suites)) return suites[version] ?? []
  return version >= TLS12 ? suites : suites.filter((suite) => !needsTls12(suite))
}

function isList(suites: Script['suites']): suites is readonly number[] {
  return Array.isArray(suites)
}

/** Suite, group, compression and signature scheme for SSLv3 to TLS 1.2, or the refusal. */
export function choose(script: Script, hello: ClientHello, version: number): Choice | { readonly refuse: Reaction } {
  const usable = suitesOf(script, version).filter((suite) => hello.suites.includes(suite))
  const withGroup = usable.filter((suite) => !needsGroup(suite) || chooseGroup(script, hello) !== undefined)
  const withField = withGroup.filter((suite) => !needsField(suite) || fieldOf(script, hello) !== undefined)
  if (withField.length === 0) return { refuse: usable.length > 0 && withGroup.length === 0 ? script.refusals.group : script.refusals.suite }
  const suite = preferred(script, hello, withField)
  if (script.poison?.suites.includes(suite)) return { refuse: script.poison.reaction }
  const compression = script.compressions.find((one) => hello.compressions.includes(one))
  if (compression === undefined) return { refuse: { alert: Alert.illegalParameter } }
  const kx = keyExchange(suite)
  const signature = version === TLS12 ? chooseSignature(script, hello, kx) : undefined
  if (signature === 'none') return { refuse: script.refusals.suite }
  return { version, suite, keyExchange: kx, compression, group: needsGroup(suite) ? (chooseGroup(script, hello) ?? 0) : 0, signature }
}

function preferred(script: Script, hello: ClientHello, usable: readonly number[]): number {
  const byClient = hello.suites.filter((suite) => usable.includes(suite))
  const first = byClient[0]!
  if (script.order === 'client') return first
  const offered = hello.suites.find((suite) => suite !== 0x00ff && suite !== FALLBACK_SCSV)
  // OpenSSL's PRIORITIZE_CHACHA looks at the client's first suite, whether or not it is shared.
  const chacha = script.order === 'server-but-chacha-by-client' && offered !== undefined && isChaCha(offered)
  return (chacha ? usable.find(isChaCha) : undefined) ?? usable[0]!
}

function needsGroup(suite: number): boolean {
  return keyExchange(suite).startsWith('ECDH') && keyExchange(suite) !== 'ECDH'
}

function needsField(suite: number): boolean {
  return /^DHE|^DH_anon/.test(keyExchange(suite))
}

/** The group of ECDHE. A client without the extension takes any, RFC 8422 §4. */
function chooseGroup(script: Script, hello: ClientHello): number | undefined {
  const offered = groups(hello)
  if (!offered) return script.groups.find((group) => group === Group.secp256r1) ?? script.groups[0]
  if (script.groupOrder === 'client') return offered.find((group) => script.groups.includes(group))
  return script.groups.find((group) => offered.includes(group))
}

/** Which field DHE uses for this hello. */
export function fieldOf(script: Script, hello: ClientHello): Script['dh']['prime'] | undefined {
  const ffdhe = (groups(hello) ?? []).some((group) => group >= Group.ffdhe2048 && group <= 0x1ff)
  const habit = ffdhe ? script.dh.withFfdheGroups : script.dh.withoutFfdheGroups
  if (habit === 'none') return undefined
  return habit === 'same' ? script.dh.prime : habit
}

/** The low byte names the algorithm of a scheme: 1 RSA, 2 DSA, 3 ECDSA; RSA-PSS is 0x0804 to 0x0806. RFC 8446 §4.2.3. */
function chooseSignature(script: Script, hello: ClientHello, kx: KeyExchange): number | undefined | 'none' {
  const signer = signerOf(kx)
  if (!signer) return undefined
  const fits = (scheme: number): boolean => {
    if (scheme >= 0x0804 && scheme <= 0x0806) return signer === 'RSA'
    return scheme < 0x0700 && (scheme & 0xff) === { RSA: 1, DSS: 2, ECDSA: 3 }[signer]
  }
  // Without the extension SHA-1 is meant, RFC 5246 §7.4.1.4.1.
  const offered = signatureSchemes(hello) ?? [0x0201, 0x0202, 0x0203]
  return script.signatureSchemes.find((scheme) => fits(scheme) && offered.includes(scheme)) ?? 'none'
}

/** The client speaks of secure renegotiation, by extension or by suite, RFC 5746 §3.6. */
export function offersRenegotiationInfo(hello: ClientHello): boolean {
  return hello.suites.includes(0x00ff) || extension(hello, Extension.renegotiationInfo) !== undefined
}

/** The last eight bytes of ServerHello.random that tell of a downgrade, RFC 8446 §4.1.3. */
export function sentinel(script: Script, version: number): Buffer | undefined {
  const best = Math.max(...script.versions)
  if (!script.sentinel || version >= best || best < TLS12 || version === SSL3) return undefined
  if (version === TLS12 && best === TLS13) return Buffer.from('DOWNGRD\x01', 'latin1')
  return version < TLS12 ? Buffer.from('DOWNGRD\x00', 'latin1') : undefined
}

import { suiteIs, type OpensslGeneration } from '../../policy/index.ts'
import { defaultTls13Suites } from '../openssl/tls13-suites.ts'
import type { SettingsFile } from '../settings-file.ts'
import type { LegWords, Origin } from '../words.ts'
import { valueOf } from '../xml/edits.ts'
import { ciphersOf, type CipherMeaning } from './ciphers.ts'
import { meaningOf, type ProtocolMeaning } from './protocols.ts'
import { givenFor, isProperty, type Given, type Site } from './sites.ts'
import { setsTls13Apart, type TomcatVersion } from './versions.ts'

/** What the words of a leg come from. */
export interface Scene {
  readonly file: SettingsFile
  readonly site: Site
  readonly version: TomcatVersion
  readonly openssl: OpensslGeneration | undefined
}

export const MANUAL = 'tomcat.apache.org, "The HTTP Connector"'

/** The value of a setting that may have two names; `several` where they contradict each other. */
export function only(given: readonly Given[]): Given | undefined | 'several' {
  return new Set(given.map(({ value }) => value)).size > 1 ? 'several' : given[0]
}

export function protocolsMeant({ file, site, version }: Scene): ProtocolMeaning {
  const given = only(givenFor(file, site, 'protocols'))
  if (given === 'several' || isProperty(given?.value ?? '')) return { protocols: 'unknown', sslv2Hello: 'unknown', maybe: [] }
  return meaningOf(site, given?.value, version)
}

export function ciphersMeant({ file, site, version, openssl }: Scene): CipherMeaning {
  const given = only(givenFor(file, site, 'ciphers'))
  if (given === 'several' || isProperty(given?.value ?? '')) return { suites: 'unknown', odd: [] }
  return ciphersOf(site, given?.value, version, openssl)
}

export function wordsOf(scene: Scene): LegWords {
  const meaning = protocolsMeant(scene)
  const fixed = (why: string): Origin => ({ kind: 'fixed', why, source: MANUAL })
  const native = scene.site.grammar === 'apr'
  const dhOf = native ? 'it may stand in the certificate file' : 'it is a property of Java, jdk.tls.ephemeralDHKeySize'
  return {
    protocols: { value: meaning.protocols, origin: originOf(scene, 'protocols') },
    suites: suitesWord(scene, meaning),
    order: orderWord(scene),
    groups: { value: 'unknown', origin: fixed('no attribute that Postern reads names the curves') },
    dh: { value: 'unknown', origin: fixed(`the size of DHE stands elsewhere: ${dhOf}`) },
    sslv2Hello: { value: meaning.sslv2Hello, origin: originOf(scene, 'protocols') },
  }
}

function suitesWord(scene: Scene, { protocols }: ProtocolMeaning): LegWords['suites'] {
  const { suites } = ciphersMeant(scene)
  const origin = originOf(scene, 'ciphers')
  if (suites === 'unknown' || isProperty(valueOf(scene.site.holder, 'cipherSuites') ?? '')) return { value: 'unknown', origin }
  const newer = tls13Suites(
    scene,
    suites.filter((suite) => suiteIs(suite, 'tls1.3')),
  )
  const spoken = protocols === 'unknown' || protocols.includes('TLSv1.3')
  return { value: [...(spoken ? newer : []), ...suites.filter((suite) => !suiteIs(suite, 'tls1.3'))], origin }
}

/** In newer versions they have an attribute and a default of their own; names in `ciphers` are moved into it. */
function tls13Suites({ site, version }: Scene, named: readonly string[]): readonly string[] {
  if (!setsTls13Apart(version) || site.grammar !== 'host') return named
  const list = valueOf(site.holder, 'cipherSuites')
  if (list !== undefined) return list.split(/[:, ]+/).filter((name) => suiteIs(name, 'tls1.3'))
  return named.length > 0 ? named : defaultTls13Suites('1.1.1')
}

/** Java asks a client first, or not, by its age; OpenSSL and `SSLHostConfig` ask the client unless they are told. */
function orderWord(scene: Scene): LegWords['order'] {
  const { file, site } = scene
  const origin = originOf(scene, 'order')
  const given = only(givenFor(file, site, 'order'))
  if (given === 'several' || site.grammar === 'either' || site.grammar === 'none') return { value: 'unknown', origin }
  if (given === undefined) return { value: site.grammar === 'jsse' ? 'unknown' : 'client', origin }
  const value = given.value.trim().toLowerCase()
  if (value === 'true') return { value: 'server', origin }
  return { value: value === 'false' ? 'client' : 'unknown', origin }
}

function originOf({ file, site, version }: Scene, what: keyof Site['names']): Origin {
  const [given] = givenFor(file, site, what)
  if (given !== undefined) return { kind: 'file', setting: given.name, place: given.place }
  const [setting] = site.names[what]
  if (setting === undefined) return { kind: 'fixed', why: 'no attribute of this Connector is read for it', source: MANUAL }
  return { kind: 'default', setting, of: version.reading.text, source: MANUAL }
}

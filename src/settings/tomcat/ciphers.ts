import { opensslName, resolveCipherList, suiteIs, type OpensslGeneration } from '../../policy/index.ts'
import { cipherSuites, suiteByName } from '../../registry/index.ts'
import { opensslAbility } from '../openssl/openssl-ability.ts'
import { exclusionsFor } from '../openssl/openssl-list.ts'
import { listForEngines, suitesOfEngines, type Engines } from '../openssl/several-engines.ts'
import { defaultTls13Suites } from '../openssl/tls13-suites.ts'
import type { Site } from './sites.ts'
import { since, type TomcatVersion } from './versions.ts'

/** What an empty list means since the old default, which was everything, was given up. */
const DEFAULT_LIST = 'HIGH:!aNULL:!eNULL:!EXPORT:!DES:!RC4:!MD5:!kRSA'

export interface CipherMeaning {
  /** IANA names, those of TLS 1.3 first where the list has them. */
  readonly suites: readonly string[] | 'unknown'
  /** Names that are none in this grammar. */
  readonly odd: readonly string[]
}

/** What a cipher list comes to; undefined: the attribute is not there. */
export function ciphersOf(site: Site, list: string | undefined, version: TomcatVersion, openssl?: OpensslGeneration): CipherMeaning {
  const { grammar } = site
  if (grammar === 'either' || grammar === 'none') return { suites: 'unknown', odd: [] }
  if (grammar === 'jsse') return jsseList(list)
  if (grammar === 'host' || grammar === 'alias') return hostList(list ?? DEFAULT_LIST, openssl)
  const old = since(version, '7.0.0') !== true ? 'ALL' : undefined
  const given = list ?? old
  return { suites: (given === undefined ? undefined : suitesOfEngines(given, nativeEngines(version, openssl))) ?? 'unknown', odd: [] }
}

/** The OpenSSL that the native library of that time may have been built with. */
export function nativeEngines(version: TomcatVersion, openssl?: OpensslGeneration): Engines {
  if (openssl !== undefined) return [openssl]
  return since(version, '7.0.0') === true ? ['1.0.2', '1.1.1'] : ['1.0.2']
}

/** Names of Java between commas. `ALL` and nothing mean what this Java has, which no file tells. */
function jsseList(list: string | undefined): CipherMeaning {
  if (list === undefined || list.trim().toUpperCase() === 'ALL') return { suites: 'unknown', odd: [] }
  const names = list.split(',').map((name) => name.trim())
  const known = names.flatMap((name) => {
    const suite = suiteByName(name)
    return suite !== undefined && (suite.jsse === name || suite.iana === name) ? [suite.iana] : []
  })
  const odd = names.filter((name) => name !== '' && !known.some((iana) => iana === suiteByName(name)?.iana))
  return { suites: known.length === 0 ? 'unknown' : [...new Set(known)], odd }
}

/** Since 8.5 a list of OpenSSL or names between commas, for Java too, which has fewer suites than OpenSSL. */
function hostList(list: string, openssl?: OpensslGeneration): CipherMeaning {
  const names = namesIn(list)
  if (names !== undefined) return { suites: names.map((name) => suiteByName(name)?.iana ?? name), odd: [] }
  const older = suitesOfEngines(list.replaceAll(',', ':'), hostEngines(openssl), 0)
  if (older === undefined) return { suites: 'unknown', odd: [list] }
  const words = list.split(/[:, ]+/).filter((word) => word !== '' && !understood(word, hostEngines(openssl)))
  return { suites: [...defaultTls13Suites('1.1.1'), ...older.filter(isJava)], odd: words }
}

/**
 * Tomcat reads such lists by itself, in the language of OpenSSL and with every suite that any OpenSSL ever had, as its
 * `OpenSSLCipherConfigurationParser` of 10.1.60 shows.
 */
function hostEngines(openssl?: OpensslGeneration): Engines {
  return openssl === undefined ? ['1.1.1', '3.5', '1.0.2'] : [openssl]
}

function understood(word: string, engines: Engines): boolean {
  const bare = word.replace(/^[-+!]/, '')
  if (word.startsWith('@') || bare.startsWith('DEFAULT') || suiteByName(bare) !== undefined) return true
  return engines.some((generation) => resolveCipherList(bare, { generation }).refused === undefined)
}

function isJava(iana: string): boolean {
  return suiteByName(iana)?.jsse !== undefined
}

/** The names, where the list has nothing but names of suites. */
function namesIn(list: string): readonly string[] | undefined {
  const names = list.split(/[:, ]+/).filter((name) => name !== '')
  return names.length > 0 && names.every((name) => suiteByName(name) !== undefined) ? names : undefined
}

/** Suites up to TLS 1.2 that can be asked for where nothing is known of those that are there. */
export function writableSuites({ grammar }: Site, version: TomcatVersion, openssl?: OpensslGeneration): readonly string[] {
  if (grammar === 'apr') {
    const [first, ...others] = nativeEngines(version, openssl).map((generation) => opensslAbility(generation).suites)
    return (first ?? []).filter((suite) => others.every((other) => other.includes(suite)))
  }
  const able = cipherSuites.filter((suite) => suite.au !== 'anon' && suite.bits > 0 && !suiteIs(suite.iana, 'tls1.3'))
  return able.filter((suite) => suite.jsse !== undefined).map(({ iana }) => iana)
}

export interface CipherWish {
  /** Up to TLS 1.2, in order. */
  readonly older: readonly string[]
  /** Of TLS 1.3; undefined where this list does not decide about them. */
  readonly newer: readonly string[] | undefined
}

/** The shortest list that means exactly this; undefined where there is none. */
export function printCiphers(
  site: Site,
  current: string | undefined,
  { older, newer }: CipherWish,
  version: TomcatVersion,
  openssl?: OpensslGeneration,
): string | undefined {
  if (site.grammar === 'apr')
    return listForEngines(current ?? (since(version, '7.0.0') === true ? undefined : 'ALL'), older, nativeEngines(version, openssl))
  const wanted = [...(newer ?? []), ...older]
  if (site.grammar === 'jsse') return wanted.flatMap((name) => suiteByName(name)?.jsse ?? []).join(',') || undefined
  const candidates = [...excluding(current ?? DEFAULT_LIST, older, hostEngines(openssl)), naming(current, wanted)]
  const right = (list: string): boolean => {
    const { suites } = ciphersOf(site, list, version, openssl)
    if (suites === 'unknown') return false
    const part = (tls13: boolean) => suites.filter((suite) => suiteIs(suite, 'tls1.3') === tls13)
    return sameSuites(part(false), older) && (newer === undefined || sameSuites(part(true), newer))
  }
  return candidates.filter(right).toSorted((one, other) => one.length - other.length)[0]
}

/** The list as it is, with words taken out. */
function excluding(current: string, older: readonly string[], engines: Engines): readonly string[] {
  if (namesIn(current) !== undefined) return []
  return engines.flatMap((generation) => {
    const use = { generation, securityLevel: 0 }
    const own = suitesOfEngines(current, [generation], 0) ?? []
    const words = exclusionsFor(
      current,
      own.filter((suite) => older.includes(suite) || !isJava(suite)),
      use,
    )
    return words === undefined ? [] : [[current, ...words].join(':!')]
  })
}

/** Names one by one: those that stand there already as they do, with what stood between them. */
function naming(current: string | undefined, wanted: readonly string[]): string {
  const there = current === undefined ? [] : (namesIn(current) ?? [])
  const kept = there.filter((name) => wanted.includes(suiteByName(name)?.iana ?? name))
  const added = wanted.filter((iana) => !kept.some((name) => suiteByName(name)?.iana === iana))
  const names = added.map((iana) => {
    const suite = suiteByName(iana)
    return suite === undefined ? iana : (opensslName(suite, '1.1.1') ?? iana)
  })
  const between = there.length > 1 && current?.includes(',') === true ? ',' : ':'
  return [...(added.length === 0 ? kept : []), ...(added.length === 0 ? [] : [...kept, ...names])].join(between)
}

function sameSuites(one: readonly string[], wanted: readonly string[]): boolean {
  return one.length === wanted.length && one.every((suite) => wanted.includes(suite))
}

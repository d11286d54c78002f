import { PROTOCOLS, type ProtocolName } from '../../src/registry/index.ts'
import { suitesOf } from './choose.ts'
import { SSL3, TLS10, TLS11, TLS12, TLS13 } from './numbers.ts'
import { PRIMES } from './primes.ts'
import type { Truth } from './row.ts'
import { script as complete, type Script } from './script.ts'
import { keyExchange, signerOf } from './suites.ts'

const NUMBERS: Readonly<Record<Exclude<ProtocolName, 'SSLv2'>, number>> = {
  SSLv3: SSL3,
  TLSv1: TLS10,
  'TLSv1.1': TLS11,
  'TLSv1.2': TLS12,
  'TLSv1.3': TLS13,
}

/**
 * What an audit of a server with this script has to find. Habits that are flaws or moods are not judged here, nor the groups
 * of a server that has ECDHE in SSLv3 alone: clients cannot name any there.
 */
export function truthOf(given: Parameters<typeof complete>[0]): Truth {
  const script = complete(given)
  const suites = Object.fromEntries(PROTOCOLS.map((name) => [name, usableSuites(script, name)]))
  const protocols = Object.fromEntries(PROTOCOLS.map((name) => [name, (suites[name] ?? []).length > 0]))
  const before13 = [...new Set(PROTOCOLS.filter((name) => name !== 'TLSv1.3' && name !== 'SSLv2').flatMap((name) => suites[name] ?? []))]
  const ecdhe = before13.some((suite) => /^ECDH(E|_anon)/.test(keyExchange(suite)))
  return {
    reach: 'whole',
    protocols,
    suites,
    order: script.order === 'client' ? 'client' : 'server',
    ...(script.order === 'server-but-chacha-by-client' ? { prefersClientChaCha: true } : {}),
    ...(ecdhe && !script.versions.some((version) => version > SSL3 && version < TLS13)
      ? {}
      : {
          groupOrder: script.groupOrder,
          groups: [...new Set([...(protocols['TLSv1.3'] ? script.tls13.groups : []), ...(ecdhe ? script.groups : [])])],
        }),
    ...dhOf(script, before13),
    sslv2Hello: script.sslv2Hello === 'answers',
    features: featuresOf(script, before13),
  }
}

function usableSuites(script: Script, name: ProtocolName): readonly number[] {
  if (name === 'SSLv2') return script.sslv2?.kinds ?? []
  if (!script.versions.includes(NUMBERS[name])) return []
  if (name === 'TLSv1.3') return script.tls13.groups.length > 0 ? script.tls13.suites : []
  return suitesOf(script, NUMBERS[name]).filter((suite) => usable(script, suite, NUMBERS[name]))
}

function usable(script: Script, suite: number, version: number): boolean {
  const kx = keyExchange(suite)
  if (script.poison?.suites.includes(suite)) return false
  if (/^ECDH(E|_anon)/.test(kx) && script.groups.length === 0) return false
  if (/^DHE|^DH_anon/.test(kx) && script.dh.withFfdheGroups === 'none' && script.dh.withoutFfdheGroups === 'none') return false
  const signer = signerOf(kx)
  if (version < TLS12 || !signer) return true
  return script.signatureSchemes.some((scheme) =>
    scheme >= 0x0804 ? signer === 'RSA' : (scheme & 0xff) === { RSA: 1, DSS: 2, ECDSA: 3 }[signer],
  )
}

function dhOf(script: Script, suites: readonly number[]): Pick<Truth, 'dh'> {
  const exported = suites.some((suite) => /^DH.*EXPORT$/.test(keyExchange(suite)))
  if (!exported && !suites.some((suite) => /^DHE|^DH_anon/.test(keyExchange(suite)))) return {}
  const name = exported ? script.dh.exportPrime : script.dh.prime
  return { dh: { bits: PRIMES[name].length * 8, prime: name.startsWith('custom') ? 'custom' : 'known', reused: script.reuses.dh } }
}

function featuresOf(script: Script, before13: readonly number[]): NonNullable<Truth['features']> {
  if (before13.length === 0) return { compression: [false, 'not-applicable'], heartbeat: [false, 'not-applicable'] }
  const oldest = Math.min(...script.versions)
  const best = Math.max(...script.versions)
  return {
    secureRenegotiation: script.renegotiationInfo,
    compression: script.compressions[0] === 1,
    heartbeat: script.versions.some((version) => version > SSL3 && version < TLS13)
      ? script.heartbeat !== undefined
      : [false, 'not-applicable'],
    fallbackScsv: best > oldest ? script.fallbackScsv : [true, false, 'unknown', 'not-applicable'],
  }
}

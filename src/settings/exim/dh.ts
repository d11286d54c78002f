import { dhBitsOf } from '../openssl/dh-file.ts'
import type { Origin } from '../words.ts'
import type { Setup } from './build.ts'
import { NAMED_PRIMES } from './defaults.ts'
import { settingOf } from './settings.ts'

/** The parameters for DHE of the server. */
export interface Parameters {
  /** Null: there are none. */
  readonly bits: number | null | 'unknown'
  readonly origin: Origin
  /** Exim knows no prime of this name, and no handshake succeeds. */
  readonly refused: boolean
}

export function parametersOf(setup: Setup): Parameters {
  const { value, origin } = settingOf(setup, setup.config.main, 'tls_dhparam')
  const told = (bits: Parameters['bits'], refused = false): Parameters => ({ bits, origin, refused })
  if (value === undefined || value === 'historic') return told('unknown')
  if (value === 'none') return told(null)
  if (value.startsWith('/')) {
    const text = setup.more(value)?.text
    return told((text === undefined ? undefined : dhBitsOf(text)) ?? 'unknown')
  }
  const bits = NAMED_PRIMES.get(value === '' ? 'default' : value)
  return bits === undefined ? told('unknown', true) : told(bits)
}

/** With OpenSSL, parameters above this size do not count. */
export function mostBits(setup: Setup): number | undefined {
  const { value } = settingOf(setup, setup.config.main, 'tls_dh_max_bits')
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined
}

/** The prime of RFC 7919 §A that is large enough, by Exim's name; undefined: there is none. */
export function primeFor(bits: number): string | undefined {
  return [...NAMED_PRIMES].find(([name, size]) => name.startsWith('ffdhe') && size >= bits)?.[0]
}

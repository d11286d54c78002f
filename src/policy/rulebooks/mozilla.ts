import type { ProtocolName } from '../../registry/index.ts'
import type { KeyMatch, Rule, Rulebook } from '../rulebook.ts'

/** One configuration of Mozilla's Server Side TLS guidelines, in the words of their JSON. */
export interface MozillaConfiguration {
  readonly name: string
  readonly title: string
  readonly edition: string
  readonly date: string
  readonly tlsVersions: readonly ProtocolName[]
  /** `ciphersuites` and `ciphers.iana`. */
  readonly ciphers: readonly string[]
  readonly tlsCurves: readonly string[]
  /** `certificate_types`, `certificate_curves` and `rsa_key_size`. */
  readonly keys: readonly KeyMatch[]
  readonly smallestRsaKey?: number
  readonly dhParamSize?: number
  readonly maximumCertificateLifespan: number
  readonly serverPreferredOrder: boolean
}

const SOURCE = 'https://ssl-config.mozilla.org/guidelines/'
const IN = { verdict: 'good', says: 'in the list' } as const
const OUT = { verdict: 'bad', says: 'not in the list' } as const

/** A rulebook out of a configuration: what it lists is good, everything else is not part of it. */
export function mozillaRulebook(configuration: MozillaConfiguration): Rulebook {
  const { name, title, edition, date } = configuration
  return {
    name,
    title,
    edition,
    date,
    source: `${SOURCE}${edition}.json`,
    note: 'Left out: HSTS, which is for the web alone, and OCSP stapling, because authorities are ending OCSP (Let’s Encrypt did in August 2025).',
    rules: [...handshakeRules(configuration), ...certificateRules(configuration)],
  }
}

function handshakeRules({ tlsVersions, ciphers, tlsCurves, dhParamSize, serverPreferredOrder }: MozillaConfiguration): readonly Rule[] {
  const newest = tlsVersions.at(-1) ?? 'TLSv1.3'
  return [
    { subject: 'protocol', match: tlsVersions, ...IN, section: 'tls_versions' },
    { subject: 'protocol', ...OUT, section: 'tls_versions' },
    {
      subject: 'protocol-missing',
      match: [newest],
      evenWithNewer: true,
      verdict: tlsVersions.length === 1 ? 'bad' : 'weak',
      says: 'in the list, not offered',
      section: 'tls_versions',
    },
    { subject: 'suite', match: { names: ciphers }, ...IN, section: 'ciphers' },
    { subject: 'suite', ...OUT, section: 'ciphers' },
    { subject: 'group', match: { names: tlsCurves }, ...IN, section: 'tls_curves' },
    { subject: 'group', ...OUT, section: 'tls_curves' },
    ...(dhParamSize === undefined ? [] : dhRules(dhParamSize)),
    ...(serverPreferredOrder
      ? [
          {
            subject: 'behaviour',
            match: ['suite-order'],
            ...OUT,
            says: 'server_preferred_order',
            section: 'server_preferred_order',
          } as const,
        ]
      : []),
  ]
}

function dhRules(bits: number): readonly Rule[] {
  return [
    { subject: 'dh', match: { belowBits: bits }, verdict: 'bad', says: `at least ${bits} bits`, section: 'dh_param_size' },
    { subject: 'dh', verdict: 'good', says: `at least ${bits} bits`, section: 'dh_param_size' },
  ]
}

function certificateRules({ keys, smallestRsaKey, maximumCertificateLifespan: days }: MozillaConfiguration): readonly Rule[] {
  const tooSmall: readonly Rule[] =
    smallestRsaKey === undefined
      ? []
      : [
          {
            subject: 'certificate-key',
            match: { leaf: true, types: ['RSA', 'RSA-PSS'], belowBits: smallestRsaKey },
            ...OUT,
            section: 'rsa_key_size',
          },
        ]
  return [
    ...tooSmall,
    ...keys.map((key): Rule => ({ subject: 'certificate-key', match: { ...key, leaf: true }, ...IN, section: 'certificate_types' })),
    { subject: 'certificate-key', match: { leaf: true }, ...OUT, section: 'certificate_types' },
    { subject: 'certificate-hash', match: ['SHA-256', 'SHA-384', 'SHA-512'], ...IN, section: 'certificate_signatures' },
    { subject: 'certificate-hash', ...OUT, section: 'certificate_signatures' },
    {
      subject: 'certificate-lifetime',
      match: { overDays: days },
      verdict: 'bad',
      says: `at most ${days} days`,
      section: 'maximum_certificate_lifespan',
    },
    { subject: 'certificate-lifetime', verdict: 'good', says: `at most ${days} days`, section: 'maximum_certificate_lifespan' },
  ]
}

/** `tls_curves` of 5.8 and 6.0, in IANA names. */
export const MOZILLA_CURVES: readonly string[] = ['X25519MLKEM768', 'x25519', 'secp256r1', 'secp384r1']

/** `ciphersuites` of every edition. */
export const MOZILLA_TLS13: readonly string[] = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']

/** `ciphers` of intermediate in 5.8 and 6.0. */
export const MOZILLA_INTERMEDIATE: readonly string[] = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
]

/** `certificate_curves` of every edition. */
export const MOZILLA_ECDSA: KeyMatch = { types: ['ECDSA'], curves: ['secp256r1', 'secp384r1'] }

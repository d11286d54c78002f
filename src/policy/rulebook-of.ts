import { FEATURES, FLAWS } from './features.ts'
import type { FindingId } from './findings.ts'
import type { AllowedKey, CertificateDemand, Policy } from './policy.ts'
import type { Rule, Rulebook } from './rulebook.ts'

/** A policy as a rulebook, so that it can be compared and shown beside those of others: what it does not allow is `bad`. */
export function rulebookOf(policy: Policy): Rulebook {
  const { name, title, edition, date, source } = policy
  return { name, title, edition, date, source, rules: [...handshakeRules(policy), ...certificateRules(policy), ...behaviourRules(policy)] }
}

const ALLOWED = { verdict: 'good', says: 'allowed' } as const
const NOT_ALLOWED = { verdict: 'bad', says: 'not allowed' } as const
const REQUIRED = { verdict: 'bad', says: 'required' } as const

function handshakeRules({ protocols, suites, groups, signatureSchemes, dh }: Policy): readonly Rule[] {
  const strongEnough = dh.primes === undefined ? {} : { match: { primes: dh.primes } }
  return [
    { subject: 'protocol', match: protocols.allowed, ...ALLOWED, section: 'protocols' },
    { subject: 'protocol', ...NOT_ALLOWED, section: 'protocols' },
    { subject: 'protocol-missing', match: protocols.required, evenWithNewer: true, ...REQUIRED, section: 'protocols' },
    { subject: 'suite', match: { names: suites }, ...ALLOWED, section: 'ciphers' },
    { subject: 'suite', ...NOT_ALLOWED, section: 'ciphers' },
    { subject: 'group', match: { names: groups }, ...ALLOWED, section: 'groups' },
    { subject: 'group', ...NOT_ALLOWED, section: 'groups' },
    { subject: 'signature', match: signatureSchemes, ...ALLOWED, section: 'signatures' },
    { subject: 'signature', ...NOT_ALLOWED, section: 'signatures' },
    { subject: 'dh', match: { belowBits: dh.minBits }, verdict: 'bad', says: `at least ${dh.minBits} bits`, section: 'dh' },
    { subject: 'dh', ...strongEnough, ...ALLOWED, section: 'dh' },
    { subject: 'dh', ...NOT_ALLOWED, section: 'dh' },
  ]
}

function certificateRules({ certificate: { keys, hashes, maxDays } }: Policy): readonly Rule[] {
  const lifetime: readonly Rule[] =
    maxDays === undefined
      ? []
      : [
          {
            subject: 'certificate-lifetime',
            match: { overDays: maxDays },
            verdict: 'bad',
            says: `at most ${maxDays} days`,
            section: 'certificate',
          },
          { subject: 'certificate-lifetime', ...ALLOWED, section: 'certificate' },
        ]
  return [
    ...keys.flatMap(keyRules),
    { subject: 'certificate-key', match: { leaf: true }, ...NOT_ALLOWED, section: 'certificate' },
    { subject: 'certificate-hash', match: hashes, ...ALLOWED, section: 'certificate' },
    { subject: 'certificate-hash', ...NOT_ALLOWED, section: 'certificate' },
    ...lifetime,
  ]
}

function keyRules({ type, minBits, curves }: AllowedKey): readonly Rule[] {
  const match = { leaf: true, types: [type], ...(curves === undefined ? {} : { curves }) }
  const allowed: Rule = { subject: 'certificate-key', match, ...ALLOWED, section: 'certificate' }
  if (minBits === undefined) return [allowed]
  const small = { ...match, belowBits: minBits }
  return [{ subject: 'certificate-key', match: small, verdict: 'bad', says: `at least ${minBits} bits`, section: 'certificate' }, allowed]
}

const FINDINGS_OF_DEMAND: Readonly<Record<CertificateDemand, readonly FindingId[]>> = {
  dates: ['certificate-expired', 'certificate-not-yet-valid'],
  name: ['certificate-name'],
  trust: ['certificate-trust', 'certificate-self-signed'],
}

function behaviourRules({ features, flaws, order, sslv2Hello, certificate: { demands = [] } }: Policy): readonly Rule[] {
  const named = (names: readonly string[]) => FEATURES.filter(({ name }) => names.includes(name)).map(({ finding }) => finding)
  return [
    { subject: 'behaviour', match: named(features.required), ...REQUIRED, section: 'features' },
    { subject: 'behaviour', match: named(features.forbidden), ...NOT_ALLOWED, section: 'features' },
    {
      subject: 'behaviour',
      match: FLAWS.filter(({ name }) => flaws?.forbidden.includes(name)).map(({ finding }) => finding),
      ...NOT_ALLOWED,
      section: 'base',
    },
    ...(demands.length === 0
      ? []
      : [
          {
            subject: 'behaviour',
            match: demands.flatMap((demand) => FINDINGS_OF_DEMAND[demand]),
            ...REQUIRED,
            section: 'certificate',
          } as const,
        ]),
    ...(order === 'server' ? [{ subject: 'behaviour', match: ['suite-order'], ...REQUIRED, section: 'order' } as const] : []),
    ...(sslv2Hello ? [] : [{ subject: 'behaviour', match: ['sslv2-hello'], ...NOT_ALLOWED, section: 'sslv2Hello' } as const]),
  ]
}

import type { AllowedKey, KeyType, Policy } from '../policy/index.ts'
import { cipherSuites, groups, PROTOCOLS, signatureScheme } from '../registry/index.ts'
import type { Inexpressible } from './adapter.ts'
import type { Leg } from './words.ts'

/**
 * What the wire has to show once a plan is carried out: the policy, without what settings do not decide (certificates, signatures,
 * features), and widened by what the plan has said it cannot express.
 */
export function plannedPolicy(policy: Policy, { words, door, role }: Leg, inexpressible: readonly Inexpressible[]): Policy {
  const given = new Set(inexpressible.filter((one) => one.door === door && one.role === role).map(({ word }) => word))
  const widened = <T>(word: Inexpressible['word'], own: readonly T[], is: readonly T[] | 'unknown', all: readonly T[]): readonly T[] => {
    if (!given.has(word)) return own
    return is === 'unknown' ? all : [...new Set([...own, ...is])]
  }
  const protocols = widened('protocols', policy.protocols.allowed, words.protocols.value, PROTOCOLS)
  const offered = words.protocols.value
  return {
    ...policy,
    protocols: {
      allowed: protocols,
      required: policy.protocols.required.filter((one) => !given.has('protocols') || offered === 'unknown' || offered.includes(one)),
    },
    suites: widened('suites', policy.suites, words.suites.value, ALL_SUITES),
    groups: widened('groups', policy.groups, words.groups.value, ALL_GROUPS),
    signatureSchemes: signatureScheme.names,
    dh: given.has('dh') ? { minBits: typeof words.dh.value === 'number' ? words.dh.value : 0 } : policy.dh,
    order: given.has('order') ? 'any' : policy.order,
    sslv2Hello: policy.sslv2Hello || given.has('sslv2Hello'),
    certificate: { keys: EVERY_KEY, hashes: EVERY_HASH },
    features: { required: [], forbidden: [] },
  }
}

const ALL_SUITES = cipherSuites.map((suite) => suite.iana)
const ALL_GROUPS = groups.map((group) => group.name)
const KEY_TYPES: readonly KeyType[] = ['RSA', 'RSA-PSS', 'ECDSA', 'DSA', 'DH', 'Ed25519', 'Ed448', 'ML-DSA', 'unknown']
const EVERY_KEY: readonly AllowedKey[] = KEY_TYPES.map((type) => ({ type }))
const EVERY_HASH = ['MD5', 'SHA-1', 'SHA-224', 'SHA-256', 'SHA-384', 'SHA-512', 'none', 'unknown']

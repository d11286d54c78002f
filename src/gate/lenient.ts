import type { Policy } from '../policy/index.ts'
import { cipherSuites, groups, signatureScheme, type CipherSuite } from '../registry/index.ts'

/**
 * The same policy for those who cannot keep to it, and are let in to be watched or told so: what it wants comes first, and behind it
 * everything that still protects something. Nothing without encryption or without a certificate is among it: whoever has no better would be
 * none the worse in plain text.
 */
export function lenient(policy: Policy): Policy {
  const spare = cipherSuites
    .filter(({ au, enc, exportGrade }) => au !== 'anon' && enc !== 'NULL' && enc !== 'None' && !exportGrade)
    .toSorted((one, other) => worth(other) - worth(one))
  return {
    ...policy,
    name: `${policy.name}, leniently`,
    protocols: { allowed: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'], required: [] },
    suites: joined(
      policy.suites,
      spare.map(({ iana }) => iana),
    ),
    groups: joined(
      policy.groups,
      groups.map(({ name }) => name),
    ),
    signatureSchemes: joined(policy.signatureSchemes, signatureScheme.names),
    dh: { minBits: Math.min(policy.dh.minBits, WEAKEST_DH) },
    order: 'server',
    sslv2Hello: true,
    certificate: policy.certificate,
  }
}

/** Whoever cannot have the best has the best that is left: what nobody can read later, what nobody can change, and long keys. */
function worth({ forwardSecrecy, aead, bits }: CipherSuite): number {
  return (forwardSecrecy ? 2048 : 0) + (aead ? 1024 : 0) + bits
}

/** Java 6 and 7 know no larger ones, and refuse those. */
const WEAKEST_DH = 1024

function joined(first: readonly string[], others: readonly string[]): readonly string[] {
  return [...new Set([...first, ...others])]
}

import type { CipherSuite } from '../../registry/index.ts'
import { resolveCipherList, type Resolution } from './resolve.ts'

/**
 * The suites that a program goes on with, which for a refused list depends on what was refused and holds only for a
 * program that does not look at the result: an invalid command leaves what was set before (DEFAULT in a fresh context),
 * a list that selects nothing leaves TLS 1.3 alone, or in 1.0.2 nothing at all.
 */
export function suitesInForce(resolution: Resolution): readonly CipherSuite[] {
  const { refused, suites, generation, securityLevel } = resolution
  if (refused === undefined) return suites
  const before = resolveCipherList('DEFAULT', { generation }).suites
  if (refused.reason === 'invalid command') return before
  return securityLevel === undefined ? [] : before.filter((suite) => suite.protocol === 'TLSv1.3')
}

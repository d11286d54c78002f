import { groupByName, PROTOCOLS, suiteByName, type CipherSuite, type NamedGroup, type ProtocolName } from '../../registry/index.ts'

/** Those that the registry knows, in the same order. */
export function namedSuites(names: readonly string[]): readonly CipherSuite[] {
  return names.map((name) => suiteByName(name)).filter((suite) => suite !== undefined)
}

/** Those that the registry knows, in the same order. */
export function namedGroups(names: readonly string[]): readonly NamedGroup[] {
  return names.map((name) => groupByName(name)).filter((group) => group !== undefined)
}

const NEWEST_FIRST = PROTOCOLS.toReversed()

const AGE: ReadonlyMap<ProtocolName, number> = new Map(PROTOCOLS.map((protocol, index) => [protocol, index]))

/** Negative where the first is older. */
export function compareVersions(left: ProtocolName, right: ProtocolName): number {
  return (AGE.get(left) ?? 0) - (AGE.get(right) ?? 0)
}

/** Versions from the oldest one that is on up to the first hole: SSL_CTX_set_options(3), SSL_OP_NO_TLSv1. Newest first. */
export function lowestBlock(versions: readonly ProtocolName[]): readonly ProtocolName[] {
  const block: ProtocolName[] = []
  for (const version of PROTOCOLS) {
    if (versions.includes(version)) block.unshift(version)
    else if (block.length > 0) break
  }
  return block
}

/** The newest of them that is not newer than `limit`. */
export function newestUpTo(versions: readonly ProtocolName[], limit: ProtocolName): ProtocolName | undefined {
  return newestFirst(versions).find((version) => version !== 'TLSv1.3' && compareVersions(version, limit) <= 0)
}

/** Newest first, each once. */
export function newestFirst(versions: readonly ProtocolName[]): readonly ProtocolName[] {
  return NEWEST_FIRST.filter((version) => versions.includes(version))
}

/** Whether the suite exists in this version: AEAD and SHA-2 suites from TLS 1.2 on (RFC 5246 §A.5), those of TLS 1.3 only there. */
export function usableIn(suite: CipherSuite, version: ProtocolName): boolean {
  if (suite.protocol === 'TLSv1.3' || version === 'TLSv1.3') return suite.protocol === version
  return compareVersions(suite.protocol, version) <= 0
}

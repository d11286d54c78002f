import type { ProtocolName } from '../registry/index.ts'
import type { Finding } from './finding.ts'
import type { CataloguedPeer } from './negotiate/catalogue/peer.ts'
import type { HandshakeClient } from './negotiate/ends.ts'
import type { Posture } from './posture.ts'
import { suiteIs } from './suite-classes.ts'

/** A peer of the catalogue, as far as it matters here. */
export interface NeedyPeer extends Pick<CataloguedPeer, 'name' | 'more'> {
  readonly client: Pick<HandshakeClient, 'versions' | 'suites' | 'maxDhBits' | 'sslv2Hello'>
}

/** What the remedy of a finding takes away. */
interface Removal {
  readonly protocols?: readonly ProtocolName[]
  readonly suite?: (name: string) => boolean
  /** The least size of finite-field groups afterwards, in bits. */
  readonly smallestDh?: number
  readonly sslv2Hello?: true
}

/** Whether the remedy of any of these may cut somebody off: whoever wants to know whom loads the catalogue. */
export function isAnyNeeded(findings: readonly Finding[]): boolean {
  return findings.some((finding) => removalOf(finding) !== undefined)
}

/**
 * The findings with the names of those peers that can connect now and could not any more once the remedy of the finding is applied to the
 * posture. Only protocols, suites and group sizes are looked at; of what a peer may have beside what is known it is never in need.
 */
export function withNeededBy(findings: readonly Finding[], posture: Posture, peers: readonly NeedyPeer[]): readonly Finding[] {
  const able = peers.filter((peer) => canConnect(peer, posture, {}))
  return findings.map((finding) => {
    const removal = removalOf(finding)
    const neededBy = removal === undefined ? [] : able.filter((peer) => !canConnect(peer, posture, removal)).map(({ name }) => name)
    return neededBy.length === 0 ? finding : { ...finding, neededBy }
  })
}

const PROTOCOL_REMOVALS: ReadonlyMap<string, readonly ProtocolName[]> = new Map<string, readonly ProtocolName[]>([
  ['protocol-sslv2', ['SSLv2']],
  ['protocol-sslv3', ['SSLv3']],
  ['protocol-tls1-0', ['TLSv1']],
  ['protocol-tls1-1', ['TLSv1.1']],
  ['poodle', ['SSLv3']],
  ['beast', ['SSLv3', 'TLSv1']],
  ['drown', ['SSLv2']],
])

function removalOf({ id, verdict, subjects }: Finding): Removal | undefined {
  if (verdict !== 'weak' && verdict !== 'bad') return undefined
  const protocols = PROTOCOL_REMOVALS.get(id)
  if (protocols !== undefined) return { protocols }
  if (id.startsWith('suites-')) return { suite: (name) => subjects.includes(name) }
  if (id === 'sweet32') return { suite: (name) => suiteIs(name, '64-bit-block') }
  if (id === 'freak') return { suite: (name) => suiteIs(name, 'export') }
  if (id === 'logjam' || id === 'dh-size') return { suite: (name) => suiteIs(name, 'export'), smallestDh: 2048 }
  return id === 'sslv2-hello' ? { sslv2Hello: true } : undefined
}

function canConnect({ client, more = [] }: NeedyPeer, posture: Posture, removal: Removal): boolean {
  if (client.sslv2Hello === true && (posture.sslv2Hello === false || removal.sslv2Hello === true)) return false
  const dhBits = Math.max(posture.dh?.bits ?? 0, removal.smallestDh ?? 0)
  const tooLarge = client.maxDhBits !== undefined && dhBits > client.maxDhBits
  // The newest version that both have is used, and an old client that is offered DHE with too large a group fails in it.
  const protocol = client.versions.findLast(
    (name) => posture.protocols[name].offered === true && removal.protocols?.includes(name) !== true,
  )
  if (protocol === undefined) return more.includes('versions')
  const offered = posture.protocols[protocol].suites
  if (more.includes('suites')) return offered.length > 0
  const shared = offered.filter((suite) => client.suites.includes(suite) && removal.suite?.(suite) !== true)
  return shared.some((suite) => !(tooLarge && suiteIs(suite, 'dhe')))
}

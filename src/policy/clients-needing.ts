import type { ProtocolName } from '../registry/index.ts'
import type { FindingId } from './findings.ts'
import { KNOWN_CLIENTS, type KnownClient } from './known-clients.ts'
import type { Posture } from './posture.ts'
import { suiteIs } from './suite-classes.ts'

/** What the remedy of a finding takes away. */
interface Removal {
  readonly protocols?: readonly ProtocolName[]
  readonly suite?: (name: string) => boolean
  /** The least size of finite-field groups afterwards, in bits. */
  readonly smallestDh?: number
  readonly sslv2Hello?: true
}

/**
 * The known clients that can connect now and could not any more once the remedy of this finding is applied to the posture,
 * by name. Only protocols, suites and group sizes are looked at.
 */
export function clientsThatNeed(id: FindingId, posture: Posture, suites: readonly string[]): readonly string[] {
  const removal = removalOf(id, suites)
  if (removal === undefined) return []
  return KNOWN_CLIENTS.filter((client) => canConnect(client, posture, {}) && !canConnect(client, posture, removal)).map(({ name }) => name)
}

const PROTOCOL_REMOVALS: Readonly<Partial<Record<FindingId, readonly ProtocolName[]>>> = {
  'protocol-sslv2': ['SSLv2'],
  'protocol-sslv3': ['SSLv3'],
  'protocol-tls1-0': ['TLSv1'],
  'protocol-tls1-1': ['TLSv1.1'],
  poodle: ['SSLv3'],
  beast: ['SSLv3', 'TLSv1'],
  drown: ['SSLv2'],
}

function removalOf(id: FindingId, suites: readonly string[]): Removal | undefined {
  const protocols = PROTOCOL_REMOVALS[id]
  if (protocols !== undefined) return { protocols }
  if (id.startsWith('suites-')) return { suite: (name) => suites.includes(name) }
  if (id === 'sweet32') return { suite: (name) => suiteIs(name, '64-bit-block') }
  if (id === 'freak') return { suite: (name) => suiteIs(name, 'export') }
  if (id === 'logjam' || id === 'dh-size') return { suite: (name) => suiteIs(name, 'export'), smallestDh: 2048 }
  return id === 'sslv2-hello' ? { sslv2Hello: true } : undefined
}

function canConnect(client: KnownClient, posture: Posture, removal: Removal): boolean {
  if (client.sslv2Hello === true && (posture.sslv2Hello === false || removal.sslv2Hello === true)) return false
  const dhBits = Math.max(posture.dh?.bits ?? 0, removal.smallestDh ?? 0)
  const tooLarge = client.largestDh !== undefined && dhBits > client.largestDh
  // The newest version that both have is used, and an old client that is offered DHE with too large a group fails in it.
  const protocol = client.protocols.findLast(
    (name) => posture.protocols[name].offered === true && removal.protocols?.includes(name) !== true,
  )
  if (protocol === undefined) return false
  const shared = posture.protocols[protocol].suites.filter((suite) => client.suites.includes(suite) && removal.suite?.(suite) !== true)
  return shared.some((suite) => !(tooLarge && suiteIs(suite, 'dhe')))
}

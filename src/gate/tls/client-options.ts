import { constants } from 'node:crypto'
import type { ConnectionOptions } from 'node:tls'
import type { Policy } from '../../policy/index.ts'
import type { NamedGroup } from '../../registry/index.ts'
import { NODE_PROTOCOLS, type NodeProtocol } from './abilities.ts'
import type { Inexpressible } from './inexpressible.ts'
import { contextLists, refuseNothing, switchedOff, versionRange, type ContextOptions } from './node-options.ts'
import { speakable, type Speakable } from './speakable.ts'

/** One hello that a client may send. */
export interface ClientAttempt {
  /** Without gaps, oldest first. */
  readonly protocols: readonly NodeProtocol[]
  /** For `tls.connect()`. */
  readonly options: Omit<ContextOptions, 'honorCipherOrder' | 'sessionIdContext' | 'dhparam'> &
    Readonly<Pick<ConnectionOptions, 'minDHSize'>>
}

/** A policy as this Node can keep it as a client. */
export interface ClientContext {
  /** One after the other, each over a connection of its own, as long as `isVersionRefusal()`. */
  readonly attempts: readonly ClientAttempt[]
  readonly spoken: Speakable
  readonly inexpressible: readonly Inexpressible[]
}

export interface ClientWishes {
  /** See `ServerWishes`. */
  readonly emptyFragments?: boolean
}

/**
 * A policy as options of Node for the client role. OpenSSL's client offers only the lowest versions up to the first gap: so versions with gaps between
 * them become several attempts, the newest versions first. Throws `POLICY_UNSPEAKABLE` where nothing is left.
 */
export function clientContext(policy: Policy, wishes: ClientWishes = {}): ClientContext {
  const spoken = speakable(policy, { role: 'client' })
  refuseNothing(policy, spoken)
  const lists = { ...contextLists(policy, spoken), ...keyShares(spoken) }
  const always =
    constants.SSL_OP_NO_RENEGOTIATION |
    (wishes.emptyFragments === false ? constants.SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS : 0) |
    // RFC 5746 §4.1 leaves it to clients whether they talk to servers that are older than it.
    (policy.features.required.includes('secureRenegotiation') ? 0 : constants.SSL_OP_LEGACY_SERVER_CONNECT)
  const attempts = blocks(spoken.protocols).map((protocols) => ({
    protocols,
    options: {
      ...lists,
      ...versionRange(protocols),
      secureOptions: always | switchedOff(protocols),
      minDHSize: Math.max(1, policy.dh.minBits),
    },
  }))
  return { attempts, spoken, inexpressible: [...spoken.inexpressible, ...clientLosses(policy, spoken)] }
}

/**
 * Groups, with a key share for the one that comes first. Few servers know hybrids: where one of those does, the first curve has a share too, since a server
 * that finds none for itself asks for another hello, and a round trip more (RFC 8446 §4.1.4).
 */
function keyShares({ groups }: Speakable): Pick<ContextOptions, 'ecdhCurve'> {
  const usable = groups.filter(({ tls13 }) => tls13)
  const [first] = usable
  const curve = usable.find(({ kind }) => kind === 'ecdhe')
  if (first === undefined || curve === undefined || first === curve) return {}
  const mark = (group: NamedGroup): string => (group === first || group === curve ? '*' : '')
  return { ecdhCurve: groups.flatMap((group) => (group.openssl === undefined ? [] : `${mark(group)}${group.openssl}`)).join(':') }
}

/** Versions that follow each other, the newest first. */
function blocks(protocols: readonly NodeProtocol[]): readonly (readonly NodeProtocol[])[] {
  const found: NodeProtocol[][] = []
  for (const [index, protocol] of NODE_PROTOCOLS.entries()) {
    if (!protocols.includes(protocol)) continue
    const before = NODE_PROTOCOLS[index - 1]
    const block = found.at(-1)
    if (block !== undefined && before !== undefined && block.includes(before)) block.push(protocol)
    else found.push([protocol])
  }
  return found.toReversed()
}

function clientLosses({ sslv2Hello, dh, protocols }: Policy, { suites }: Speakable): readonly Inexpressible[] {
  const losses: Inexpressible[] = []
  if (sslv2Hello && protocols.allowed.some((protocol) => protocol !== 'TLSv1.3'))
    losses.push({ part: 'sslv2Hello', name: 'SSLv2Hello', why: 'the OpenSSL inside Node sends no such hello', demanded: false })
  if (dh.primes !== undefined && suites.some(({ kx }) => kx === 'DHE'))
    losses.push({ part: 'dh', name: dh.primes.join(', '), why: 'Node shows a client how long a prime is and not which', demanded: true })
  return losses
}

/** Codes of a server that wants another version: its alert, and its answer in a version that was not offered. */
const VERSION_REFUSALS = /ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|WRONG_SSL_VERSION|VERSION_TOO_LOW/

/** Whether an attempt failed for its versions, so that the next one may do better. Anything else is no reason to offer less. */
export function isVersionRefusal(error: Error & { readonly code?: unknown }): boolean {
  return typeof error.code === 'string' && VERSION_REFUSALS.test(error.code)
}

import {
  cataloguedClients,
  cataloguedServers,
  type CataloguedPeer,
  type HandshakeCertificate,
  type PeerUse,
} from '../../policy/negotiate/index.ts'
import type { Plan, PlannedLeg } from '../plan.ts'
import type { Leg } from '../words.ts'
import { clientsOfLeg, ECDSA_KEY, RSA_KEY, serversOfLeg } from './ends-of-leg.ts'
import type { Foretold, ForetoldLeg, ForetoldPeer, PeerCase, PeerChange } from './foretold.ts'
import { foretellClient, foretellServer } from './handshakes.ts'
import { usesOfDoor } from './uses-of-door.ts'

/**
 * What a plan does to every known peer, for each leg that it has a policy for: before, after, and who is cut off. Settings say nothing
 * of certificates, so a server is taken to have one with an RSA key of 2048 bits, and again one with an ECDSA key of 256 bits.
 */
export function foretell({ product, legs }: Pick<Plan, 'product' | 'legs'>): readonly ForetoldLeg[] {
  const known = new Map<string, readonly ForetoldPeer[]>()
  return legs
    .filter(({ policy }) => policy !== undefined)
    .map((leg) => {
      const uses = usesOfDoor(product, leg.door, leg.role, leg.after.listens)
      const key = JSON.stringify([leg.role, uses, valuesOf(leg.before), valuesOf(leg.after)])
      const peers = known.get(key) ?? peersOf(leg, uses)
      known.set(key, peers)
      return { door: leg.door, role: leg.role, opportunistic: leg.after.opportunistic ?? false, uses, peers }
    })
}

function valuesOf({ words, posture }: Leg): readonly unknown[] {
  return [...Object.values(words).map(({ value }) => value), posture.certificates]
}

function peersOf(leg: PlannedLeg, uses: readonly PeerUse[]): readonly ForetoldPeer[] {
  const meant = (peer: CataloguedPeer): boolean => peer.uses.some((use) => uses.includes(use))
  if (leg.role === 'client') {
    const [before, after] = [clientsOfLeg(leg.before), clientsOfLeg(leg.after)]
    return cataloguedServers()
      .filter(meant)
      .map((row) => peer(row, [caseOf('any', foretellServer(row, before), foretellServer(row, after))]))
  }
  const keys: readonly (readonly [PeerCase['key'], HandshakeCertificate])[] =
    leg.before.posture.certificates.length > 0
      ? [['any', RSA_KEY]]
      : [
          ['RSA', RSA_KEY],
          ['ECDSA', ECDSA_KEY],
        ]
  const doors = keys.map(([key, certificate]) => ({
    key,
    before: serversOfLeg(leg.before, certificate),
    after: serversOfLeg(leg.after, certificate),
  }))
  return cataloguedClients()
    .filter(meant)
    .map((row) =>
      peer(row, alike(doors.map(({ key, before, after }) => caseOf(key, foretellClient(row, before), foretellClient(row, after))))),
    )
}

function caseOf(key: PeerCase['key'], before: Foretold, after: Foretold): PeerCase {
  return { key, before, after, change: changeOf(before, after) }
}

const WORST_FIRST: readonly PeerChange[] = ['cut-off', 'maybe-cut-off', 'saved', 'changed', 'unclear', 'same']

function peer({ name, certainty, note }: CataloguedPeer, cases: readonly PeerCase[]): ForetoldPeer {
  const change = WORST_FIRST.find((one) => cases.some((each) => each.change === one)) ?? 'same'
  return { name, certainty, ...(note === undefined ? {} : { note }), cases, change }
}

/** What a change from one to the other does. */
export function changeOf(before: Foretold, after: Foretold): PeerChange {
  if (after.verdict === 'fails')
    return { connects: 'cut-off' as const, unknown: 'maybe-cut-off' as const, fails: 'same' as const }[before.verdict]
  if (after.verdict === 'unknown') return before.verdict === 'connects' ? 'maybe-cut-off' : before.verdict === 'fails' ? 'unclear' : 'same'
  if (before.verdict !== 'connects') return before.verdict === 'fails' ? 'saved' : 'unclear'
  return JSON.stringify(before) === JSON.stringify(after) ? 'same' : 'changed'
}

/** One case where both kinds of certificates come to the same, with what each of them would lead to. */
function alike(cases: readonly PeerCase[]): readonly PeerCase[] {
  const [one, other] = cases
  if (one === undefined || other === undefined) return cases
  const [before, after] = [union(one.before, other.before), union(one.after, other.after)]
  if (before === undefined || after === undefined) return cases
  return [caseOf('any', before, after)]
}

function union(one: Foretold, other: Foretold): Foretold | undefined {
  if (one.verdict === 'connects' && other.verdict === 'connects') {
    const both = <T>(these: readonly T[], those: readonly T[]): readonly T[] => [...new Set([...these, ...those])]
    return {
      verdict: 'connects',
      versions: both(one.versions, other.versions),
      suites: both(one.suites, other.suites),
      groups: both(one.groups, other.groups),
    }
  }
  return one.verdict === other.verdict ? one : undefined
}

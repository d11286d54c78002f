import {
  negotiate,
  type CataloguedClient,
  type CataloguedServer,
  type HandshakeClient,
  type HandshakeServer,
  type Outcome,
} from '../../policy/negotiate/index.ts'
import { PROTOCOLS } from '../../registry/index.ts'
import { EVERY_SUITE, type PossibleEnds } from './ends-of-leg.ts'
import type { Foretold } from './foretold.ts'

/** Every outcome that is possible, and whether the peer may have more than is known of it. */
interface Possible {
  readonly outcomes: readonly Outcome[]
  /** What they would be if the peer had everything that it may have. */
  readonly atBest: readonly Outcome[] | undefined
}

/** What becomes of a known client at a door that may be any of these. */
export function foretellClient(row: CataloguedClient, door: PossibleEnds<HandshakeServer> | undefined): Foretold {
  if (door === undefined) return VERSIONS_UNKNOWN
  const { client, more, orderUnknown } = row
  const reversed = orderUnknown === true ? reversedOf(client) : undefined
  const outcomes = door.ends.flatMap((server) => [
    negotiate(client, server),
    ...(reversed !== undefined && server.order === 'client' ? [negotiate(reversed, server)] : []),
  ])
  const best = more === undefined ? undefined : bestOf(client, more)
  return merge({ outcomes, atBest: best && door.ends.map((server) => negotiate(best, server)) }, door)
}

/** What becomes of the product as a client, which may be any of these, at a known server. */
export function foretellServer(row: CataloguedServer, product: PossibleEnds<HandshakeClient> | undefined): Foretold {
  if (product === undefined) return VERSIONS_UNKNOWN
  const { server, more, orderUnknown } = row
  const other = orderUnknown === true ? otherOrderOf(server) : undefined
  const servers = [server, ...(other === undefined ? [] : [other])]
  const outcomes = product.ends.flatMap((client) => servers.map((one) => negotiate(client, one)))
  const best = more === undefined ? undefined : bestOf(server, more)
  return merge({ outcomes, atBest: best && product.ends.map((client) => negotiate(client, best)) }, product)
}

const VERSIONS_UNKNOWN: Foretold = { verdict: 'unknown', why: 'The settings do not say which versions they allow.' }

/** Ends are known again by what they are, not by what they look like, so that each is made once. */
const others = new WeakMap<object, object>()
const bests = new WeakMap<object, object>()

function once<T extends object>(known: WeakMap<object, object>, end: T, make: () => T): T {
  const had = known.get(end)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what stands there was made of this very end
  if (had !== undefined) return had as T
  const made = make()
  known.set(end, made)
  return made
}

function reversedOf(client: HandshakeClient): HandshakeClient {
  return once(others, client, () => ({ ...client, suites: client.suites.toReversed() }))
}

function otherOrderOf(server: HandshakeServer): HandshakeServer {
  return once(others, server, () => ({ ...server, order: server.order === 'server' ? 'client' : 'server' }))
}

function bestOf<T extends HandshakeClient | HandshakeServer>(end: T, more: readonly ('suites' | 'versions')[]): T {
  return once(bests, end, () => ({
    ...end,
    ...(more.includes('suites') ? { suites: [...new Set([...end.suites, ...EVERY_SUITE])], groups: everyGroup(end) } : {}),
    ...(more.includes('versions') ? { versions: PROTOCOLS.filter((name) => name !== 'SSLv2') } : {}),
  }))
}

/** Who may have more suites may have the groups for them. */
function everyGroup({ groups = [] }: HandshakeClient | HandshakeServer): readonly string[] {
  return [...new Set([...groups, 'secp256r1', 'secp384r1', 'secp521r1', 'x25519'])]
}

function merge({ outcomes, atBest }: Possible, { anySuite, open }: PossibleEnds<unknown>): Foretold {
  const agreed = outcomes.filter((outcome) => outcome.agreed)
  const [refusal] = outcomes.filter((outcome) => !outcome.agreed)
  if (refusal === undefined) return anySuite ? depends(open) : connects(agreed, atBest !== undefined)
  if (agreed.length > 0) return depends(open)
  if (atBest === undefined || atBest.every((outcome) => !outcome.agreed)) {
    const { by, reason, why } = atBest?.find((outcome) => !outcome.agreed) ?? refusal
    return { verdict: 'fails', by, reason, why }
  }
  return { verdict: 'unknown', why: 'Not everything that it has is known.' }
}

function depends(open: readonly string[]): Foretold {
  const words = open.length === 0 ? 'the order in which it has its suites' : open.join(', ')
  return { verdict: 'unknown', why: `It hangs on what is not known: ${words}.` }
}

type Agreement = Extract<Outcome, { agreed: true }>

function connects(agreed: readonly Agreement[], maybeMore: boolean): Foretold {
  const distinct = <T>(values: readonly T[]): readonly T[] => [...new Set(values)]
  return {
    verdict: 'connects',
    versions: distinct(agreed.map(({ version }) => version)),
    suites: maybeMore ? [] : distinct(agreed.map(({ suite }) => suite)),
    groups: maybeMore
      ? []
      : distinct(agreed.map(({ group, dhBits }) => group ?? (dhBits === undefined ? '' : `DHE of ${dhBits} bits`))).filter(
          (name) => name !== '',
        ),
  }
}

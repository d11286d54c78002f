import { policyOf, rulebookByName } from '../../policy/index.ts'
import { PosternError } from '../../errors.ts'
import { closeBehind } from '../closing.ts'
import { networkOf } from '../config/places.ts'
import { inAscii } from '../names/in-ascii.ts'
import { openNames } from '../names/open-names.ts'
import type { MailRoute, Names, StsFound } from '../names/names.ts'
import { candidates, type Candidate } from './candidates.ts'
import { isFailure, mostTelling, type HopFailure } from './hop-failure.ts'
import { legsOf } from './legs.ts'
import { onwardOf, type Onward } from './onward.ts'
import type { OutletConfig } from './outlet-config.ts'
import { openCandidate } from './reaching.ts'
import { TlsMemory } from './tls-memory.ts'

/** What would become of a message to a domain now, hop by hop. */
export interface Explanation {
  readonly domain: string
  /** Why DANE is off, in a sentence. */
  readonly warning?: string
  /** Undefined where one relay is for all. */
  readonly route?: MailRoute
  readonly sts?: StsFound
  readonly hops: readonly ExplainedHop[]
  /** The first hop that takes it, by its place among them; undefined where none does. */
  readonly through?: number
  /** Where none does: what whoever sends hears. */
  readonly said?: string
}

/** One that was tried, or why it was not. */
export type ExplainedHop =
  | (Onward & {
      /** The policy that its TLS is measured by. */
      readonly policy: string
      /** What it announces behind TLS, or in the clear where there is none. */
      readonly abilities?: readonly string[]
    })
  | { readonly failed: string }

export interface ExplainOptions {
  /** The name that we go by. */
  readonly clientName: string
  readonly lmtp: boolean
  readonly now: () => Date
  readonly tell: (line: string) => void
  /** Milliseconds to connect, and for each conversation. */
  readonly patience: { readonly connect: number; readonly talk: number }
}

/** An outlet of which nothing is said. */
export function usualOutlet(now: Date): OutletConfig {
  const rulebook = rulebookByName(USUAL)
  if (rulebook === undefined) throw new PosternError('bug', 'GATE_USUAL', `Cannot find the rulebook ${USUAL}`)
  return {
    leg: {
      title: 'an outlet without words',
      tls: 'opportunistic',
      implicit: false,
      policy: policyOf(rulebook, { now }),
      wishes: {},
      stages: [{ from: undefined, stage: 'observe' }],
      usualStage: true,
      ca: undefined,
      name: undefined,
      plainAfterTls: 'observe',
      to: undefined,
    },
    destinations: [],
    clients: ['127.0.0.0/8', '::1'].flatMap((text) => networkOf(text) ?? []),
    mailHostsHere: 'refuse',
    resolver: undefined,
    state: undefined,
    reports: undefined,
  }
}

const USUAL = 'mozilla-intermediate'

/** Goes to every next hop as far as a message would, and says good-bye before MAIL. Never rejects. */
export async function explainOutlet(config: OutletConfig, domain: string, options: ExplainOptions): Promise<Explanation> {
  const { resolver, state } = config
  const { now, tell } = options
  const resolvers = resolver === undefined ? undefined : [resolver]
  const names = await openNames({ resolvers, now: () => now().getTime(), random: Math.random, state, tell })
  try {
    return await explainWith(names, config, domain, options)
  } finally {
    names.close()
  }
}

async function explainWith(names: Names, config: OutletConfig, domain: string, options: ExplainOptions): Promise<Explanation> {
  const legs = legsOf(config)
  const isRelayed = legs.forDomain(inAscii(domain))?.to !== undefined
  const [route, sts] = isRelayed ? [] : await Promise.all([names.mailRoute(domain), names.sts(domain)])
  const hops: ExplainedHop[] = []
  const failures: HopFailure[] = []
  for await (const one of candidates(domain, { legs, names, memory: new TlsMemory(), mailHostsHere: config.mailHostsHere })) {
    const hop = isFailure(one) ? { failed: one.said } : await tried(one, options)
    hops.push(hop)
    if (hop.failed !== undefined) failures.push({ said: hop.failed })
  }
  const through = hops.findIndex(({ failed }) => failed === undefined)
  return {
    domain,
    ...(names.warning === undefined ? {} : { warning: names.warning }),
    ...(route === undefined ? {} : { route }),
    ...(sts === undefined ? {} : { sts }),
    hops,
    ...(through < 0 ? { said: mostTelling(failures).said } : { through }),
  }
}

async function tried(candidate: Candidate, { clientName, lmtp, now, patience }: ExplainOptions): Promise<ExplainedHop> {
  const opened = await openCandidate(candidate, { clientName, lmtp, now, patience: { ...patience, reach: patience.connect } })
  const hop = { ...onwardOf(candidate, opened), policy: candidate.leg.policy.name }
  if (isFailure(opened)) return hop
  opened.stream.write('QUIT\r\n')
  closeBehind(opened.stream)
  return { ...hop, abilities: [...opened.abilities].map(([keyword, rest]) => (rest === '' ? keyword : `${keyword} ${rest}`)) }
}

import type { Policy } from '../../policy/index.ts'
import { stageAt } from '../config/config.ts'
import { lenient } from '../lenient.ts'
import { clientContext, type ClientContext } from '../tls/client-options.ts'
import type { Negotiated } from '../tls/negotiated.ts'
import type { Stage } from '../verdict.ts'
import type { Demand } from './demand.ts'
import type { LegConfig } from './outlet-config.ts'
import { Secret } from './secret.ts'

/** How next hops are spoken to, made once for all connections. */
export interface Leg extends LegConfig {
  readonly strict: ClientContext
  /** What the stage allows: the policy, or whatever still protects something. */
  readonly attemptsAt: (now: Date, demand: Pick<Demand, 'keepsPolicy'>) => ClientContext['attempts']
  readonly stageAt: (now: Date, demand: Pick<Demand, 'keepsPolicy'>) => Stage
  readonly secret: Secret | undefined
}

/** Throws `POLICY_UNSPEAKABLE`. */
export function openLeg(config: LegConfig): Leg {
  const strict = clientContext(config.policy, config.wishes)
  const spare = clientContext(lenient(config.policy), config.wishes)
  const stage: Leg['stageAt'] = (now, { keepsPolicy }) => (keepsPolicy === true ? 'refuse' : stageAt(config.stages, now))
  const secret = config.login === undefined ? undefined : new Secret(config.login, () => performance.now())
  return {
    ...config,
    secret,
    strict,
    stageAt: stage,
    attemptsAt: (now, demand) => (stage(now, demand) === 'refuse' ? strict : spare).attempts,
  }
}

/** Why what was negotiated is not what the policy allows, as a clause; undefined where it is. */
export function whyTooWeak({ protocol, suite }: Negotiated, { strict }: Leg): string | undefined {
  const { protocols, suites } = strict.spoken
  if (!protocols.some((one) => one === protocol)) return `it speaks ${protocol}, and ${listed(protocols)} is allowed`
  return suites.some(({ iana }) => iana === suite) ? undefined : `it speaks ${suite}, which is not allowed`
}

/** Who has to change what, for replies. */
export function policyWords({ policy, title }: { readonly policy: Pick<Policy, 'name'>; readonly title: string }): string {
  return `the policy ${policy.name} of ${title}`
}

export function listed(names: readonly string[]): string {
  return names.join(' or ')
}

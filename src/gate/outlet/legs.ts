import { inAscii } from '../names/in-ascii.ts'
import type { Legs } from './candidates.ts'
import { openLeg } from './leg.ts'
import type { OutletConfig } from './outlet-config.ts'

/** How destinations are spoken to, made once. Throws `POLICY_UNSPEAKABLE`. */
export function legsOf({ leg, destinations }: OutletConfig): Legs {
  const usual = openLeg(leg)
  const others = destinations.map((one) => ({ domains: one.domains.map(inAscii), mx: one.mx.map(inAscii), leg: openLeg(one.leg) }))
  return {
    forDomain: (domain) => others.find(({ domains }) => isNamed(domains, domain))?.leg ?? (usual.to === undefined ? undefined : usual),
    forHost: (host) => others.find(({ mx }) => isNamed(mx, host))?.leg ?? usual,
  }
}

/** A star stands for one whole label, the first. */
function isNamed(names: readonly string[], name: string): boolean {
  return names.includes(name) || names.includes(name.replace(/^[^.]+/, '*'))
}

import { isAnyNeeded, withNeededBy, type NeedyPeer } from '../policy/index.ts'
import type { ProductName } from './adapter.ts'
import { usesOfDoor } from './foretell/uses-of-door.ts'
import type { JudgedLeg, Plan } from './plan.ts'

/** Legs whose findings name the known peers that need what is wrong. The catalogue is loaded where there is something to need, and nowhere else. */
export async function namedWhoNeeds<L extends JudgedLeg>(product: ProductName, legs: readonly L[]): Promise<readonly L[]> {
  if (!legs.some(({ findings }) => isAnyNeeded(findings))) return legs
  const { oldClients, oldServers } = await import('../policy/negotiate/catalogue/index.ts')
  return legs.map((leg) => {
    const uses = usesOfDoor(product, leg.door, leg.role, leg.listens)
    const peers: readonly NeedyPeer[] =
      leg.role === 'server'
        ? oldClients(uses)
        : oldServers(uses).map(({ server: { versions, suites }, ...rest }) => ({ ...rest, client: { versions, suites } }))
    return { ...leg, findings: withNeededBy(leg.findings, leg.posture, peers) }
  })
}

/** The same for the legs of a plan, before and after. */
export async function planWithNeeds(plan: Plan): Promise<Plan> {
  const named = await namedWhoNeeds(
    plan.product,
    plan.legs.flatMap(({ before, after }) => [before, after]),
  )
  return {
    ...plan,
    legs: plan.legs.map((leg, index) => ({ ...leg, before: named[2 * index] ?? leg.before, after: named[2 * index + 1] ?? leg.after })),
  }
}

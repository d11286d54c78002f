import type { Policy } from '../policy/index.ts'
import type { Auditor } from '../settings/index.ts'
import { findDoors } from './find-doors.ts'
import type { Network } from './network.ts'

const BETWEEN_KNOCKS_MS = 200
const KNOCK_MS = 1000

type Proved = Awaited<ReturnType<Auditor['prove']>>

/** Looks at doors from outside, for whoever changes settings. */
export function auditorOf(network: Network): Auditor {
  return {
    waitFor: (doors, patience) => waitFor(doors, patience, network),
    prove: (door, policy) => proveDoor(door, policy, network),
    receive: async (target, policy, options) => {
      const { receive } = await import('../audit/index.ts')
      return receive(target, policy, options)
    },
  }
}

/** Knocks until every door answers at one of its addresses, or the time is up. */
async function waitFor(doors: readonly string[], patience: number, { resolveOptions }: Network): Promise<readonly string[]> {
  const { findOpenDoors, parseTarget, resolveTarget } = await import('../audit/index.ts')
  const until = performance.now() + patience
  let closed = doors
  while (closed.length > 0) {
    const still: string[] = []
    for (const door of closed) {
      const places = await Promise.all(parseTarget(door).map((target) => resolveTarget(target, resolveOptions)))
      const endpoints = places.flatMap((place) => place.endpoints)
      const open = await findOpenDoors(endpoints, { timeout: KNOCK_MS, parallel: 1 })
      if (open.length === 0) still.push(door)
    }
    closed = still
    if (closed.length === 0 || performance.now() >= until) break
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_KNOCKS_MS))
  }
  return closed
}

/** Every door behind the target has to keep to the policy. Each refusal is heard twice: a service that was just started may refuse somebody for a moment. */
async function proveDoor(door: string, policy: Policy, network: Network): Promise<Proved> {
  const { parseTarget, prove } = await import('../audit/index.ts')
  const found = await findDoors(parseTarget(door), network)
  const proved: Proved[] = []
  for (const one of found) {
    if (!('door' in one)) {
      proved.push({ keeps: 'unknown', why: [one.error.message] })
      continue
    }
    const { keeps, checks, problem } = await prove(one.door, policy, { ...network, now: new Date(), twice: true })
    const why = checks.filter(({ verdict }) => verdict === (keeps === 'no' ? 'broken' : 'unknown')).map(({ fact }) => fact)
    proved.push({ keeps, why: problem === null ? why : [...why, problem.message] })
  }
  const keeps = (['no', 'unknown'] as const).find((verdict) => proved.some((one) => one.keeps === verdict))
  return keeps === undefined && proved.length > 0
    ? { keeps: 'yes', why: [] }
    : { keeps: keeps ?? 'unknown', why: [...new Set(proved.flatMap(({ why }) => why))] }
}

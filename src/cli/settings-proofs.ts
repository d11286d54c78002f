import { PosternError } from '../errors.ts'
import { shellLine } from '../settings/apply/index.ts'
import { plannedPolicy, type Auditor, type Plan, type PlannedLeg, type ProofOrder } from '../settings/index.ts'
import type { ProofWishes } from './settings-options.ts'

/** What is proved on the wire after a change, and what is not, in sentences. */
export interface Proofs {
  readonly orders: readonly ProofOrder[]
  readonly unproved: readonly string[]
}

/** A leg that a policy is meant for, and what the wire has to show there. */
interface Wanted extends ProofOrder {
  readonly leg: PlannedLeg
}

/** A leg that nothing proves, and why, as the end of a sentence. */
interface Unproved {
  readonly leg: PlannedLeg
  readonly why: string
}

/** A door that nobody knocks at in vain for longer than this was closed before. */
const KNOCK_MS = 1

/**
 * Which door has to prove which policy: those that were named, else those where the settings say they listen and somebody answers
 * before the change. Errors, both `input`: `PROVE_DOOR`, `TARGET_SYNTAX`.
 */
export async function proofsOf(plan: Plan, { prove: targets, receive, send }: ProofWishes, auditor: Auditor | undefined): Promise<Proofs> {
  const all = plan.legs.flatMap((leg): Wanted[] =>
    leg.policy === undefined ? [] : [{ door: leg.door, policy: plannedPolicy(leg.policy, leg.after, plan.inexpressible), leg }],
  )
  const wanted = all.filter(({ leg }) => leg.role === 'server')
  const clients = all.filter(({ leg }) => leg.role === 'client')
  const outgoing = await received(clients, receive, send)
  const { orders, without } =
    targets === false ? unasked(wanted) : targets.length > 0 ? await named(wanted, targets) : await listening(wanted, auditor)
  return { orders: [...orders, ...outgoing.orders], unproved: sentences([...without, ...outgoing.without]) }
}

interface Chosen {
  readonly orders: readonly ProofOrder[]
  readonly without: readonly Unproved[]
}

function unasked(wanted: readonly Wanted[]): Chosen {
  return { orders: [], without: wanted.map(({ leg }) => ({ leg, why: 'nobody asked for it' })) }
}

/** Each target listens for one leg. */
async function received(clients: readonly Wanted[], targets: readonly string[], send: string | undefined): Promise<Chosen> {
  const { receivePlace } = targets.length === 0 ? { receivePlace: () => undefined } : await import('../audit/index.ts')
  const connect = send === undefined ? {} : { connect: shellLine(send) }
  const proved = new Set<PlannedLeg>()
  const orders = targets.map((text): ProofOrder => {
    const { leg, policy, door, target } = legNamed(text, clients) ?? fail(whichDoor('--receive', text, clients))
    receivePlace(target)
    proved.add(leg)
    return { door: target, policy, client: { leg: door, ...connect } }
  })
  const why = `what it offers shows only where it connects to; --receive DOOR=TARGET listens there`
  return { orders, without: clients.flatMap(({ leg }) => (proved.has(leg) ? [] : [{ leg, why }])) }
}

async function named(wanted: readonly Wanted[], targets: readonly string[]): Promise<Chosen> {
  const { parseTarget } = await import('../audit/index.ts')
  const [first] = wanted
  const alike = new Set(wanted.map(({ policy }) => JSON.stringify(policy))).size === 1
  const proved = new Set<PlannedLeg>()
  const orders = targets.map((text): ProofOrder => {
    const own = legNamed(text, wanted)
    if (own !== undefined) {
      proved.add(own.leg)
      return { door: own.target, policy: own.policy }
    }
    if (first === undefined || !alike || text.includes('=')) throw whichDoor('--prove', text, wanted)
    for (const { leg } of wanted) if (leg.after.listens?.includes(text) === true) proved.add(leg)
    return { door: text, policy: first.policy }
  })
  for (const { door } of orders) parseTarget(door)
  return { orders, without: wanted.flatMap(({ leg }) => (proved.has(leg) ? [] : [{ leg, why: 'no --prove names it' }])) }
}

/** `DOOR=TARGET`, or a target alone where there is only one leg. */
function legNamed(text: string, wanted: readonly Wanted[]): (Wanted & { readonly target: string }) | undefined {
  const own = wanted.find(({ door }) => text.startsWith(`${door}=`))
  if (own !== undefined) return { ...own, target: text.slice(own.door.length + 1) }
  const [only, ...others] = wanted
  return only === undefined || others.length > 0 || text.includes('=') ? undefined : { ...only, target: text }
}

function fail(error: PosternError): never {
  throw error
}

/** Whoever does not answer before the change cannot be asked whether it has held. */
async function listening(wanted: readonly Wanted[], auditor: Auditor | undefined): Promise<Chosen> {
  const places = new Map<string, Wanted>()
  for (const one of wanted) for (const target of one.leg.after.listens ?? []) if (!places.has(target)) places.set(target, one)
  const closed = auditor === undefined ? [...places.keys()] : await auditor.waitFor([...places.keys()], KNOCK_MS)
  const open = [...places].filter(([target]) => !closed.includes(target))
  const proved = new Set(open.map(([, { leg }]) => leg))
  return {
    orders: open.map(([door, { policy }]) => ({ door, policy })),
    without: wanted.flatMap(({ leg }) => (proved.has(leg) ? [] : [{ leg, why: whyNot(leg, closed) }])),
  }
}

function whyNot({ after: { listens = [] } }: PlannedLeg, closed: readonly string[]): string {
  const own = listens.filter((target) => closed.includes(target))
  if (own.length > 0) return `${own.join(' and ')} did not answer before the change either; --prove DOOR=TARGET says where it is`
  return 'the settings do not say where it can be met; --prove DOOR=TARGET does'
}

/** Doors with the same reason are told together. */
function sentences(all: readonly Unproved[]): readonly string[] {
  return [...Map.groupBy(all, ({ why }) => why)].map(([why, legs]) => {
    const doors = legs.map(({ leg: { door, role } }) => `${door} (${role})`)
    const more = doors.length - MOST_NAMED
    const names = more > 1 ? `${doors.slice(0, MOST_NAMED).join(', ')} and ${more} more` : doors.join(', ')
    return `Not proved: ${names}: ${why}.`
  })
}

const MOST_NAMED = 6

function whichDoor(option: '--prove' | '--receive', text: string, wanted: readonly ProofOrder[]): PosternError {
  const target = text.replace(/^.*=/, '')
  const choices = wanted.map(({ door }) => JSON.stringify(`${door}=${target}`))
  const untold =
    option === '--prove' ? 'it is not said which door of these settings it is, and they will differ' : 'it is not said which client it is'
  const what = text === target && choices.length > 0 ? untold : 'these settings have no such door'
  const role = option === '--prove' ? 'server' : 'client'
  return new PosternError('input', 'PROVE_DOOR', `Cannot prove ${text}: ${what}`, {
    remedy: choices.length === 0 ? `Leave ${option} out: these settings have no ${role} role.` : `Write ${choices.join(' or ')}.`,
  })
}

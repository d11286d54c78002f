import type { AuditDoor, Endpoint, Target } from '../audit/index.ts'
import { PosternError } from '../errors.ts'
import type { Network } from './network.ts'

/** A door to talk to, or a target of which there is none, and why. */
export type Found = { readonly door: AuditDoor } | { readonly target: string; readonly error: PosternError }

/** A door that nobody named and that has not answered by then is closed. */
const DOOR_PATIENCE_MS = 3000
/** Names that are looked up, and doors that are knocked at, at once. */
const AT_ONCE = 64

/** The doors that targets mean, in their order. What cannot be found stands where it was asked for and never stops the rest. */
export async function findDoors(targets: readonly Target[], { resolveOptions, sni }: Network): Promise<readonly Found[]> {
  const { answering, doorOf, resolveTarget } = await import('../audit/index.ts')
  const resolutions = await each(targets, async (target) => ({ target, ...(await resolveTarget(target, resolveOptions)) }))
  const all = resolutions.flatMap(({ endpoints }) => endpoints)
  const open = new Set(await answering(all, { timeout: DOOR_PATIENCE_MS, parallel: AT_ONCE }))
  const doors = new Map<Endpoint, AuditDoor>()
  await each([...open], async (endpoint) => doors.set(endpoint, await doorOf(endpoint, sni)))
  const names = await Promise.all(targets.map(nameOf))
  return resolutions.flatMap(({ target, endpoints, problems }, index): readonly Found[] => {
    const name = names[index] ?? ''
    const found = endpoints.flatMap((endpoint) => doors.get(endpoint) ?? []).map((door) => ({ door }))
    const failed = problems.map(({ error }) => ({ target: name, error }))
    return found.length + failed.length > 0 ? [...failed, ...found] : [{ target: name, error: noDoor(target.host) }]
  })
}

async function nameOf(target: Target): Promise<string> {
  const { targetUrl } = await import('../audit/index.ts')
  return target.kind === 'door' ? targetUrl(target) : target.host
}

function noDoor(host: string): PosternError {
  return new PosternError('world', 'NO_DOOR', `Cannot find a door of ${host}: none of the usual ports answers`, {
    remedy: `Name the door, such as smtp://${host} or ${host}:2525, and check that no firewall drops connections.`,
  })
}

/** Does the same with each, so many at once, and gives the results in order. */
async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = []
  const queue = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker))
  return results
}

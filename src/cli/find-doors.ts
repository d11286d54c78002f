import type { AuditDoor, Endpoint, Target } from '../audit/index.ts'
import { PosternError } from '../errors.ts'
import type { Network } from './network.ts'

/** A door to talk to, or a target of which there is none, and why. */
export type Found = { readonly door: AuditDoor } | { readonly target: string; readonly error: PosternError }

/** A door that nobody named and that has not answered by then is closed. */
const DOOR_PATIENCE_MS = 3000
/** Names that are looked up, and doors that are listened at, at once. */
const AT_ONCE = 64

/**
 * The doors that targets mean, in their order, each once however often it is named. What cannot be found stands where it was asked
 * for and never stops the rest. `folded` is told of each door that is named again in other words.
 */
export async function findDoors(
  targets: readonly Target[],
  { resolveOptions, sni, parallel }: Network,
  folded: (name: string) => void = () => undefined,
): Promise<readonly Found[]> {
  const { answering, doorOf, eachAtOnce, resolveTarget, targetUrl } = await import('../audit/index.ts')
  const nameOf = (target: Target): string => (target.kind === 'door' ? targetUrl(target) : target.host)
  const distinct = distinctTargets(targets, nameOf, folded)
  const resolutions = await each(distinct, async (target) => ({ target, ...(await resolveTarget(target, resolveOptions)) }))
  const all = resolutions.flatMap(({ endpoints }) => endpoints)
  const open = new Set(await answering(all, { timeout: DOOR_PATIENCE_MS, parallel }))
  const doors = new Map<Endpoint, AuditDoor>()
  await eachAtOnce([...open], { all: AT_ONCE, ofAddress: parallel }, async (endpoint) => doors.set(endpoint, await doorOf(endpoint, sni)))
  const seen = new Set<string>()
  return resolutions.flatMap(({ target, endpoints, problems }): readonly Found[] => {
    const found = endpoints.flatMap((endpoint) => doors.get(endpoint) ?? [])
    const failed = problems.map(({ error }) => ({ target: nameOf(target), error }))
    if (found.length + failed.length === 0) return [{ target: nameOf(target), error: noDoor(target.host) }]
    const fresh = found.filter((door) => {
      const key = `${door.url} ${placeOf(door)}`
      if (seen.has(key)) folded(door.url)
      return !seen.has(key) && seen.add(key)
    })
    return [...failed, ...fresh.map((door) => ({ door }))]
  })
}

/** What an audit talks to. Doors of one place answer alike, whatever they are called. */
export function placeOf({ address, port, dialect, beginning, serverName }: AuditDoor): string {
  return [address, port, dialect.name, beginning, serverName].join(' ')
}

/** Without those that mean the same as an earlier one. Nobody wants to hear of a line that stands there twice. */
function distinctTargets(
  targets: readonly Target[],
  nameOf: (target: Target) => string,
  folded: (name: string) => void,
): readonly Target[] {
  const first = new Map<string, Target>()
  for (const target of targets) {
    const key = `${target.kind === 'door' && target.guessed === 'banner' ? 'guessed ' : ''}${nameOf(target)}`
    const before = first.get(key)
    if (before === undefined) first.set(key, target)
    else if (before.text !== target.text) folded(nameOf(target))
  }
  return [...first.values()]
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

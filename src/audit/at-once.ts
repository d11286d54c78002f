/** Something at a server. */
export interface Addressed {
  /** An IP address. */
  readonly address: string
}

export interface AtOnce {
  /** So many at once, all together. */
  readonly all: number
  /** So many of one address at once: servers count what comes from one client, at whichever door. */
  readonly ofAddress: number
}

/** Does the same with each, and gives the results in the order of the items. */
export async function eachAtOnce<T extends Addressed, R>(
  items: readonly T[],
  { all, ofAddress }: AtOnce,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = []
  const servers = Map.groupBy(items.entries(), ([, { address }]) => address)
  // A queue stands there as often as it may be served at once.
  const queues = [...servers.values()].flatMap((server) => {
    const queue = server.values()
    return Array.from({ length: Math.min(ofAddress, server.length) }, () => queue)
  })
  const waiting = queues.values()
  const worker = async (): Promise<void> => {
    for (const queue of waiting) for (const [index, item] of queue) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(all, queues.length) }, worker))
  return results
}

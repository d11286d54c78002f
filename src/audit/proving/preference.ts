/** What was taken out of a list, in which the client's best stands first. */
export interface Choice {
  readonly list: readonly number[]
  readonly taken: number
}

/**
 * Whether the client is the one who chooses: each of two choices was offered in both lists, and each time the one that stood before the
 * other was taken.
 */
export function isOfClient(one: Choice, other: Choice): boolean {
  return one.taken !== other.taken && standsBefore(one, other.taken) && standsBefore(other, one.taken)
}

/** What stands before the one that was taken. */
export function passedOver({ list, taken }: Choice): ReadonlySet<number> {
  return new Set(list.slice(0, Math.max(0, list.indexOf(taken))))
}

function standsBefore({ list, taken }: Choice, other: number): boolean {
  return list.includes(other) && list.includes(taken) && list.indexOf(taken) < list.indexOf(other)
}

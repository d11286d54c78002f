/** Told of whatever is thrown on the way. */
export type Failed = (error: unknown) => void

/** For work that nobody awaits: what it throws ends what it is part of, and nothing else. */
export function attempt(work: () => void, failed: Failed): void {
  try {
    work()
  } catch (error) {
    failed(error)
  }
}

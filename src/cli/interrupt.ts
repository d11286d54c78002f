import type { Terminal } from './terminal.ts'

/** What a shell says of a program that SIGINT has ended: 128 + 2. */
export const INTERRUPTED = 130

/** What the work comes to, or undefined as soon as somebody presses Ctrl-C. A second Ctrl-C ends the program. */
export async function orInterrupted<T>(work: Promise<T>, { onInterrupt }: Pick<Terminal, 'onInterrupt'>): Promise<T | undefined> {
  if (onInterrupt === undefined) return work
  const stopped = Promise.withResolvers<undefined>()
  const release = onInterrupt(() => stopped.resolve(undefined))
  try {
    return await Promise.race([work, stopped.promise])
  } finally {
    release()
  }
}

import type { Duplex } from 'node:stream'
import type { HopOutcome } from '../../dialects/index.ts'

/** `lost`: it has closed the connection; `late`: it did not answer in time. */
export type Unfinished = { readonly kind: 'lost' } | { readonly kind: 'late' }

export type Conversed = HopOutcome | Unfinished

/** What is said to a server, octet by octet of what it says. */
interface Script<Outcome> {
  readonly push: (bytes: Uint8Array) => { readonly send: string; readonly outcome: Outcome | undefined }
}

/**
 * Talks with a server until the script has come to an outcome. Not one octet behind that is read; nothing listens any more. `first`: what is said before
 * anything is heard. `patience`: milliseconds for all of it.
 */
export function converse<Outcome>(stream: Duplex, script: Script<Outcome>, first: string, patience: number): Promise<Outcome | Unfinished> {
  return new Promise((resolve) => {
    const end = (outcome: Outcome | Unfinished): void => {
      clearTimeout(timer)
      stream.off('readable', read)
      stream.off('end', gone)
      stream.off('close', gone)
      resolve(outcome)
    }
    const read = (): void => {
      const chunk: unknown = stream.read()
      if (!(chunk instanceof Buffer)) return
      const { send, outcome } = script.push(chunk)
      if (send !== '') stream.write(send, 'latin1')
      if (outcome !== undefined) end(outcome)
    }
    const gone = (): void => end({ kind: 'lost' })
    const timer = setTimeout(() => end({ kind: 'late' }), patience)
    stream.on('readable', read)
    stream.on('end', gone)
    stream.on('close', gone)
    if (first !== '') stream.write(first, 'latin1')
    read()
  })
}

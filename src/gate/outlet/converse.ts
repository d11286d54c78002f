import type { Duplex } from 'node:stream'
import type { HopOpening, HopOutcome } from '../../dialects/index.ts'

/** `lost`: it has closed the connection; `late`: it did not answer in time. */
export type Conversed = HopOutcome | { readonly kind: 'lost' | 'late' }

/**
 * Talks with a next hop until the script has come to an outcome. Not one octet behind that is read; nothing listens any more. `first`: what is said before
 * anything is heard. `patience`: milliseconds for all of it.
 */
export function converse(stream: Duplex, opening: HopOpening, first: string, patience: number): Promise<Conversed> {
  return new Promise((resolve) => {
    const end = (outcome: Conversed): void => {
      clearTimeout(timer)
      stream.off('readable', read)
      stream.off('end', gone)
      stream.off('close', gone)
      resolve(outcome)
    }
    const read = (): void => {
      const chunk: unknown = stream.read()
      if (!(chunk instanceof Buffer)) return
      const { send, outcome } = opening.push(chunk)
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

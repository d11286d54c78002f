import { connect, type Socket } from 'node:net'
import { PosternError } from '../errors.ts'
import { placeText, type Place } from './config/places.ts'

/** Connects in the clear. `patience`: milliseconds. Rejects with a `PosternError` `GATE_BACKEND`, `world`. */
export function connectPlain(place: Place, patience: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: place.host, port: place.port, noDelay: true })
    const fail = (cause: Error | undefined, why: string): void => {
      socket.destroy()
      reject(
        new PosternError('world', 'GATE_BACKEND', `Cannot reach the server behind at ${placeText(place)}: ${why}`, {
          remedy: 'Start it, or correct its address under backend.',
          cause,
        }),
      )
    }
    const late = (): void => fail(undefined, `no answer within ${patience / 1000} s`)
    const failed = (error: Error): void => fail(error, error.message)
    socket.setTimeout(patience, late)
    socket.once('error', failed)
    socket.once('connect', () => {
      socket.setTimeout(0)
      socket.off('timeout', late)
      socket.off('error', failed)
      resolve(socket)
    })
  })
}

/** The first of several that can be reached. Rejects with the error of the last. */
export async function connectFirst<B>(backends: readonly B[], reach: (backend: B) => Promise<Socket>): Promise<Socket> {
  let last: unknown
  for (const backend of backends) {
    try {
      return await reach(backend)
    } catch (error) {
      last = error
    }
  }
  throw last
}

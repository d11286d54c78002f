import { connect, type Socket } from 'node:net'
import { PosternError } from '../errors.ts'
import { policyOf, rulebookByName, type Policy } from '../policy/index.ts'
import type { BackendConfig } from './config/config.ts'
import { placeText, type Place } from './config/places.ts'
import type { ClientFacts } from './facts.ts'
import type { BackendTrust } from './tls/backend-trust.ts'
import { clientContext, type ClientAttempt } from './tls/client-options.ts'
import { secureBackend } from './tls/secure-backend.ts'

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

/** A way to a server behind, made once for all connections. Throws `POLICY_UNSPEAKABLE`. `patience`: milliseconds for each step. */
export function wayTo(backend: BackendConfig, patience: number, now: Date): (facts: ClientFacts) => Promise<Socket> {
  const { place, tls } = backend
  if (tls === 'none') return () => connectPlain(place, patience)
  const { attempts } = clientContext(backend.policy ?? usual(now))
  const how = { trust: trustIn(backend), title: placeText(place), patience }
  return async () => {
    let last: unknown
    for (const attempt of attempts) {
      try {
        return await secureBackend(await connectPlain(place, patience), { ...how, attempt })
      } catch (error) {
        if (!mayDoBetter(error, attempt, attempts)) throw error
        last = error
      }
    }
    throw last
  }
}

/** Versions with gaps between them take several hellos, the newest first. */
function mayDoBetter(error: unknown, attempt: ClientAttempt, attempts: readonly ClientAttempt[]): boolean {
  return error instanceof PosternError && error.code === 'GATE_BACKEND_VERSION' && attempt !== attempts.at(-1)
}

/** A certificate is looked at where it is said for whom it has to be, or who vouches for it. */
function trustIn({ name, ca }: BackendConfig): BackendTrust {
  if (name === undefined && ca === undefined) return { kind: 'none' }
  return { kind: 'authority', ...(ca === undefined ? {} : { ca: [ca] }), ...(name === undefined ? {} : { name }) }
}

function usual(now: Date): Policy {
  const rulebook = rulebookByName(USUAL)
  if (rulebook === undefined) throw new PosternError('bug', 'GATE_USUAL', `Cannot find the rulebook ${USUAL}`)
  return policyOf(rulebook, { now })
}

const USUAL = 'mozilla-intermediate'

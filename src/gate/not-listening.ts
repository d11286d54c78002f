import { PosternError } from '../errors.ts'
import type { ServiceConfig } from './config/config.ts'
import { placeText, type Place } from './config/places.ts'

/** A service cannot listen where it shall. `before`: a service of the same gate at the same port, which may be what is in the way. */
export function notListening(
  { name, listen }: ServiceConfig,
  before: { readonly name: string; readonly place: Place } | undefined,
  cause: unknown,
): PosternError {
  const what = `Cannot listen on ${placeText(listen)} for ${name}`
  if (before === undefined)
    return new PosternError('world', 'GATE_LISTEN', what, {
      remedy: 'Stop whoever listens there, choose another place, or let the gate have low ports (CAP_NET_BIND_SERVICE).',
      cause,
    })
  return new PosternError('world', 'GATE_LISTEN', `${what}: this gate serves ${before.name} on ${placeText(before.place)} until it does`, {
    remedy: 'From one address to all of them, or back, on one port: stop the gate, and start it again.',
    cause,
  })
}

import type { TLSSocket } from 'node:tls'

/** Connections are looked at so often, in milliseconds. */
const LOOK_EVERY_MS = 10_000
/** What may come in between two looks without carrying anything, in octets: some 2,400 updates of keys, or four records that are padding. */
const MOST_BARE = 64 * 1024
/** So many octets of TLS may come for each that is carried either way. One alone in a record of TLS 1.0 has ninety, with the empty record before it. */
const MOST_FOR_ONE = 128

interface Watched {
  readonly under: { readonly bytesRead: number }
  readonly stream: TLSSocket
  readonly flooded: () => void
  came: number
  carried: number
}

const watched = new Set<Watched>()
let timer: NodeJS.Timeout | undefined

/**
 * Has `flooded` called when much comes in that carries nothing, such as one KeyUpdate after the other (RFC 8446 §4.6.3): OpenSSL answers them by itself,
 * has a limit for empty records and for warnings and none for these, and Node says nothing of any. What came and what was carried is counted in any case, so that a look at
 * all connections now and then is enough. `under`: what TLS goes over.
 */
export function watchBareRecords(under: Watched['under'], stream: TLSSocket, flooded: () => void): void {
  const one = { under, stream, flooded, came: under.bytesRead, carried: stream.bytesRead + stream.bytesWritten }
  watched.add(one)
  stream.once('close', () => watched.delete(one))
  timer ??= setInterval(lookAtAll, LOOK_EVERY_MS).unref()
}

function lookAtAll(): void {
  for (const one of watched) look(one)
  if (watched.size > 0) return
  clearInterval(timer)
  timer = undefined
}

function look(one: Watched): void {
  const came = one.under.bytesRead
  const carried = one.stream.bytesRead + one.stream.bytesWritten
  const bare = came - one.came - MOST_FOR_ONE * (carried - one.carried)
  one.came = came
  one.carried = carried
  if (bare > MOST_BARE) one.flooded()
}

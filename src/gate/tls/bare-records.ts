import type { ByteStream } from '../byte-stream.ts'
import { Present } from '../present.ts'

/** Connections are looked at so often, in milliseconds. */
const LOOK_EVERY_MS = 10_000
/** What may come between two looks and carry nothing, in octets: some 2,400 updates of keys, or four records that are padding. */
const MOST_BARE = 64 * 1024
/** So many octets of TLS may come for each that they carry. One alone in a record of TLS 1.0 has ninety, with the empty record before it. */
const MOST_FOR_ONE = 128
/** A record that is padded to its utmost, and carries one octet (RFC 8446 §5.4): the content with its type, the tag and the header. */
const PADDED_RECORD = 2 ** 14 + 1 + 16 + 5
/** What may be padding between two looks, in octets: 128 records, or 78,000 updates of keys, which keep a core busy for a tenth of the time. */
const MOST_PADDING = 2 * 1024 * 1024

interface Watched {
  /** What TLS goes over. */
  readonly under: { readonly bytesRead: number }
  /** What was carried from the client. What is carried to it excuses nothing: a download makes a client send no TLS, but keys anew for gigabytes (RFC 8446 §5.5). */
  readonly stream: { readonly bytesRead: number }
  readonly flooded: () => void
  came: number
  carried: number
}

const watched = new Present<Watched>()
let timer: NodeJS.Timeout | undefined

/**
 * Has `flooded` called when much comes in that carries nothing, such as one KeyUpdate after the other (RFC 8446 §4.6.3): OpenSSL answers them by itself,
 * has a limit for empty records and for warnings and none for these, and Node says nothing of any. What came and what was carried is counted in any case, so that a look at
 * all connections now and then is enough. `under`: what TLS goes over.
 */
export function watchBareRecords(under: Watched['under'], stream: Watched['stream'] & Pick<ByteStream, 'once'>, flooded: () => void): void {
  const one = { under, stream, flooded, came: under.bytesRead, carried: stream.bytesRead }
  const seat = watched.enter(one)
  stream.once('close', () => watched.leave(seat))
  timer ??= setInterval(lookAtAll, LOOK_EVERY_MS).unref()
}

function lookAtAll(): void {
  for (const one of watched) look(one)
  if (watched.size > 0) return
  clearInterval(timer)
  timer = undefined
}

function look(one: Watched): void {
  const came = one.under.bytesRead - one.came
  const carried = one.stream.bytesRead - one.carried
  one.came += came
  one.carried += carried
  if (isFlood(came, carried)) one.flooded()
}

/** Octets of TLS that came, and that they carried. Between padding and a flood that carries an octet now and then, only the amount tells. */
function isFlood(came: number, carried: number): boolean {
  const bare = came - MOST_FOR_ONE * carried
  return bare > (came > PADDED_RECORD * carried + MOST_BARE ? MOST_BARE : MOST_PADDING)
}

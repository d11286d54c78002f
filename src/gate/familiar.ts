import { decodeClientHello, EXTENSION_TYPE, ja4, offerOf, type Offer } from '../wire/index.ts'
import type { HelloRecord } from './record.ts'
import { helloRecordOf } from './words.ts'

/** What a hello says of its client. The same object for all who say the same: what follows from one is found out once. */
export interface Heard {
  readonly offer: Offer
  readonly ja4: string | undefined
  /** Both in names. */
  readonly record: HelloRecord
}

/** Most clients of a server are of a few kinds. */
const MOST_KINDS = 512
/** A kind takes some four times as much. Whoever says more is looked at each time. */
const LONGEST_KEY = 4096

/** Extensions that differ each time, and of which nothing here depends but that they are there. */
const FRESH: ReadonlySet<number> = new Set([
  EXTENSION_TYPE.key_share,
  EXTENSION_TYPE.session_ticket,
  EXTENSION_TYPE.pre_shared_key,
  EXTENSION_TYPE.padding,
  EXTENSION_TYPE.cookie,
])

/** Hellos that were heard lately. */
export class FamiliarHellos {
  readonly #kinds = new Map<string, Heard>()

  /** `body`: of a ClientHello. Throws `MalformedError` where it does not decode. */
  heard(body: Uint8Array): Heard {
    const key = keyOf(body)
    const known = key === undefined ? undefined : this.#kinds.get(key)
    if (known !== undefined) return known
    const hello = decodeClientHello(body)
    const heard = heardFrom(offerOf(hello), ja4(hello))
    if (key !== undefined && key.length <= LONGEST_KEY) this.#keep(key, heard)
    return heard
  }

  /** The oldest goes first: a client that says something new each time takes up no more than one place after the other. */
  #keep(key: string, heard: Heard): void {
    const [oldest] = this.#kinds.size < MOST_KINDS ? [] : this.#kinds.keys()
    if (oldest !== undefined) this.#kinds.delete(oldest)
    this.#kinds.set(key, heard)
  }
}

export function heardFrom(offer: Offer, fingerprint: string | undefined): Heard {
  return { offer, ja4: fingerprint, record: { ...helloRecordOf(offer), ...(fingerprint === undefined ? {} : { ja4: fingerprint }) } }
}

/** RFC 8446 §4.1.2: legacy_version, and random behind it. */
const VERSION_LENGTH = 2
const SESSION_ID_AT = 34

/**
 * A hello without what differs each time: everything that an offer and a fingerprint are made of. It is cut out of a text, which takes a tenth of the time
 * that it takes to decode it. Undefined where a length does not fit, which is for whoever decodes it to say.
 */
function keyOf(body: Uint8Array): string | undefined {
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1')
  const suitesAt = SESSION_ID_AT + 1 + text.charCodeAt(SESSION_ID_AT)
  const methodsAt = suitesAt + 2 + u16(text, suitesAt)
  const extensionsAt = methodsAt + 1 + text.charCodeAt(methodsAt)
  // An empty block of extensions is not the same as none.
  const block = extensionsAt === text.length ? '' : '+'
  let key = `${text.slice(0, VERSION_LENGTH)}${text.slice(suitesAt, extensionsAt)}${block}`
  let at = extensionsAt + 2
  let kept = at
  while (at < text.length) {
    const next = at + 4 + u16(text, at + 2)
    if (FRESH.has(u16(text, at))) {
      // The type stays, its length goes with what it is the length of.
      key += text.slice(kept, at + 2)
      if (u16(text, at) === EXTENSION_TYPE.key_share) key += shares(text, at + 4, Math.min(next, text.length))
      kept = next
    }
    at = next
  }
  const whole = block === '' || (at === text.length && extensionsAt + 2 + u16(text, extensionsAt) === text.length)
  return whole ? key + text.slice(kept) : undefined
}

/** The groups of a key_share, RFC 8446 §4.2.8: which of them a server takes follows from these, too. */
function shares(text: string, from: number, to: number): string {
  let groups = ''
  for (let at = from + 2; at + 4 <= to; at += 4 + u16(text, at + 2)) groups += text.slice(at, at + 2)
  // With their number, so that what follows cannot be taken for one of them.
  return `${String.fromCharCode(groups.length)}${groups}`
}

function u16(text: string, at: number): number {
  return text.charCodeAt(at) * 256 + text.charCodeAt(at + 1)
}

import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { IdentityConfig, OcspConfig, PairConfig } from './config/config.ts'
import { askResponder, waysToAsk } from './ask-responder.ts'
import { ocspRequest } from './tls/ocsp-request.ts'
import { readStaple, type Certified, type Staple } from './tls/ocsp-response.ts'
import { certificatesIn } from './tls/pem.ts'
import type { StapleList } from './tls/staples.ts'

/** What keeping staples does besides looking. */
export interface StaplingEvents {
  readonly now: () => Date
  /** From now on these are stapled, and no others. */
  readonly staple: (staples: StapleList) => void
  /** A line for the operator. */
  readonly tell: (line: string) => void
}

/** A certificate whose state is asked for. */
interface Kept {
  readonly file: string
  readonly ocsp: OcspConfig
  readonly sha256: string
  readonly certified: Certified | undefined
  staple: Staple | undefined
  /** The responder is asked no earlier. */
  next: number
  /** What was said of it last, so that it is said once. */
  trouble: string | undefined
}

/** Between two questions that were not answered, in milliseconds. */
const AGAIN_MS = 5 * 60 * 1000

/** No answer is so fresh that it is not asked for once a day. */
const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Keeps responses of OCSP for certificates: reads them out of files that somebody else keeps new, or asks responders, halfway through the life of what is
 * there. What it has stays through failures until it expires. Whatever is stapled was looked into before.
 */
export class Stapling {
  readonly #every: number
  readonly #events: StaplingEvents
  #kept: readonly Kept[] = []
  #stapled = ''
  #timer: NodeJS.Timeout | undefined

  /** `every`: milliseconds from look to look. */
  constructor(every: number, events: StaplingEvents) {
    this.#every = every
    this.#events = events
  }

  /** From now on these are looked after, and none of those before. What is known of a certificate that stays is kept. */
  watch(identities: readonly IdentityConfig[]): void {
    const before = new Map(this.#kept.map((one) => [one.sha256, one]))
    const kept = identities.flatMap(({ pairs }) => pairs.flatMap((pair) => keptOf(pair)))
    this.#kept = kept.map((one) => ({ ...one, staple: before.get(one.sha256)?.staple }))
    this.stop()
    if (kept.length === 0 && before.size === 0) return
    void this.#lookAgain()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async #lookAgain(): Promise<void> {
    const kept = this.#kept
    await Promise.all(kept.map((one) => this.#look(one)))
    // Others may be looked after by now.
    if (kept !== this.#kept) return
    this.#tellGate()
    this.#timer = setTimeout(() => void this.#lookAgain(), this.#every).unref()
  }

  #tellGate(): void {
    const list = this.#kept.flatMap(({ sha256, staple }) => (staple === undefined ? [] : [[sha256, staple.response] as const]))
    const now = list.map(([sha256, response]) => `${sha256} ${Buffer.from(response).toString('base64')}`).join('\n')
    if (now === this.#stapled) return
    this.#stapled = now
    this.#events.staple(list)
  }

  async #look(one: Kept): Promise<void> {
    const now = this.#events.now()
    if (one.staple !== undefined && one.staple.nextUpdate <= now) one.staple = undefined
    const troubles = [await this.#lookIntoFile(one, now), await this.#ask(one, now)].filter((trouble) => trouble !== undefined)
    if (troubles.length > 0) this.#say(one, troubles.join('; '))
    else if (one.staple !== undefined) one.trouble = undefined
  }

  async #lookIntoFile(one: Kept, now: Date): Promise<string | undefined> {
    const { staple: file } = one.ocsp
    if (file === undefined) return undefined
    const response = await readFile(file).catch(() => undefined)
    return response === undefined ? `${file} cannot be read` : this.#take(one, response, now, file)
  }

  async #ask(one: Kept, now: Date): Promise<string | undefined> {
    const url = responderOf(one)
    if (url === undefined || now.getTime() < one.next) return undefined
    one.next = now.getTime() + AGAIN_MS
    if (one.certified === undefined) return undefined
    const { leaf, issuer } = one.certified
    const request = ocspRequest(leaf, issuer)
    let trouble: string | undefined
    for (const how of waysToAsk(url, request)) {
      const response = await askResponder(url, request, how)
      trouble = typeof response === 'string' ? `${url}: ${response}` : this.#take(one, response, now, url)
      if (trouble === undefined) break
    }
    if (trouble === undefined && one.staple !== undefined) one.next = Math.min(halfway(one.staple, now), now.getTime() + DAY_MS)
    return trouble
  }

  /** The one that is true for longer. */
  #take(one: Kept, response: Uint8Array, now: Date, from: string): string | undefined {
    if (one.certified === undefined) return `${one.file} does not have the certificate of its issuer`
    const read = readStaple(response, one.certified, now)
    if (typeof read === 'string') return `${from}: ${read}`
    if (one.staple === undefined || one.staple.nextUpdate <= read.nextUpdate) one.staple = read
    return undefined
  }

  #say(one: Kept, trouble: string): void {
    if (one.trouble === trouble) return
    one.trouble = trouble
    const meanwhile =
      one.staple === undefined ? 'nothing is stapled' : `the staple from before is good until ${one.staple.nextUpdate.toISOString()}`
    this.#events.tell(`${one.file}: no new staple: ${trouble}. Meanwhile ${meanwhile}.`)
  }
}

function keptOf({ certificate, files, ocsp }: PairConfig): readonly Kept[] {
  const [leaf, ...others] = certificatesIn(certificate).map((pem) => new X509Certificate(pem))
  if (ocsp === undefined || leaf === undefined) return []
  const issuer = others.find((one) => leaf.checkIssued(one))
  const sha256 = leaf.fingerprint256.replaceAll(':', '')
  const certified = issuer === undefined ? undefined : { leaf, issuer }
  return [{ file: files[0] ?? '', ocsp, sha256, certified, staple: undefined, next: 0, trouble: undefined }]
}

/** That which the configuration names, or the certificate, RFC 5280 §4.2.2.1. */
function responderOf({ ocsp: { responder }, certified }: Kept): string | undefined {
  if (responder !== 'certificate') return responder
  return /OCSP - URI:(http:\S+)/.exec(certified?.leaf.infoAccess ?? '')?.[1]
}

function halfway({ nextUpdate }: Staple, now: Date): number {
  return Math.max(now.getTime() + AGAIN_MS, (now.getTime() + nextUpdate.getTime()) / 2)
}

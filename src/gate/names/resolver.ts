import type { Answer, Dns, Failed, RecordKinds, RecordType } from './answer.ts'
import { AnswerCache } from './answer-cache.ts'
import { askByUdp, TIMED_OUT } from './ask-udp.ts'
import { canonicalName, interpret, isTruncated, makeQuery, readReply, type Query } from './dns-message.ts'
import { DnsStream } from './dns-stream.ts'
import { isTrusted, resolverText, type ResolverPlace } from './resolver-place.ts'

export interface ResolverOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Any number below 65536, which nobody can foretell. */
  readonly randomId: () => number
  /** For one question with all attempts, in milliseconds. Default: 6000. */
  readonly patience?: number | undefined
  /** Authorities in PEM for resolvers that are asked over TLS, in place of those that Node knows. */
  readonly ca?: string | undefined
}

const PATIENCE_MS = 6000
/** A lost packet is asked for again; where there are several resolvers, the next one is. */
const TRIES = 3

/** Each takes a socket. Who asks more has a flood of names at hand. */
const MOST_UNDER_WAY = 400

const MALFORMED: Failed = { kind: 'failed', why: 'malformed', words: 'the answer of the DNS server cannot be read' }
const TOO_MANY: Failed = { kind: 'failed', why: 'timeout', words: 'too many questions to the DNS server are under way' }

interface Resolver {
  readonly place: ResolverPlace
  readonly stream: DnsStream
}

/** An answer, and how many octets it came in. */
interface Fetched<R> {
  readonly answer: Answer<R>
  readonly size: number
}

/** All questions for one type: those that were answered, and those that are under way. */
class Lookups<R> {
  readonly #fetch: (name: string) => Promise<Fetched<R>>
  readonly #now: () => number
  readonly #cache = new AnswerCache<R>()
  readonly #underWay = new Map<string, Promise<Answer<R>>>()

  constructor(fetch: (name: string) => Promise<Fetched<R>>, now: () => number) {
    this.#fetch = fetch
    this.#now = now
  }

  /** Who asks what another one is asking hears the same. */
  async ask(name: string): Promise<Answer<R>> {
    const known = this.#cache.get(name, this.#now()) ?? this.#underWay.get(name)
    if (known !== undefined) return known
    if (this.#underWay.size >= MOST_UNDER_WAY) return TOO_MANY
    const answer = this.#fetchAndKeep(name)
    this.#underWay.set(name, answer)
    return answer
  }

  async #fetchAndKeep(name: string): Promise<Answer<R>> {
    try {
      const { answer, size } = await this.#fetch(name)
      this.#cache.put(name, answer, this.#now(), size)
      return answer
    } finally {
      this.#underWay.delete(name)
    }
  }
}

/** A stub resolver (RFC 9499 §6): asks others, believes those that are near, and remembers. */
export class StubResolver implements Dns {
  readonly trusted: boolean
  readonly text: string
  readonly #resolvers: readonly Resolver[]
  readonly #options: ResolverOptions
  readonly #lookups: { readonly [T in RecordType]: Lookups<RecordKinds[T]> }

  /** `places`: at least one, in the order in which they are asked. */
  constructor(places: readonly ResolverPlace[], options: ResolverOptions) {
    const trusted = places.filter(isTrusted)
    this.trusted = trusted.length > 0
    // An answer that cannot be trusted in place of one that could be would turn DANE off.
    const used = this.trusted ? trusted : places
    this.text = used.map(resolverText).join(', ')
    this.#resolvers = used.map((place) => ({ place, stream: new DnsStream(place, options.ca) }))
    this.#options = options
    const lookups = <T extends RecordType>(type: T): Lookups<RecordKinds[T]> => new Lookups((name) => this.#fetch(name, type), options.now)
    this.#lookups = {
      A: lookups('A'),
      AAAA: lookups('AAAA'),
      CNAME: lookups('CNAME'),
      MX: lookups('MX'),
      TLSA: lookups('TLSA'),
      TXT: lookups('TXT'),
    }
  }

  async ask<T extends RecordType>(text: string, type: T): Promise<Answer<RecordKinds[T]>> {
    const name = canonicalName(text)
    // DNS could hold it; no host and no domain of mail has such a name.
    if (name === undefined) return { kind: 'none', why: 'nxdomain', secure: false, ttl: 0 }
    return this.#lookups[type].ask(name)
  }

  close(): void {
    for (const { stream } of this.#resolvers) stream.close()
  }

  async #fetch<T extends RecordType>(name: string, type: T): Promise<Fetched<RecordKinds[T]>> {
    const { patience = PATIENCE_MS, randomId } = this.#options
    let last: Failed = TIMED_OUT
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const resolver = this.#resolvers[attempt % this.#resolvers.length]
      if (resolver === undefined) break
      const query = makeQuery(randomId(), name, type)
      const bytes = await fetchReply(resolver, query, patience / TRIES)
      const reply = bytes instanceof Uint8Array ? readReply(bytes) : bytes
      if (reply === undefined) last = MALFORMED
      else if ('kind' in reply) last = reply
      else {
        const answer = interpret(query, reply, this.trusted)
        if (answer.kind !== 'failed') return { answer, size: reply.size }
        last = answer
      }
      // A resolver that has answered says the same again; another one may know better.
      if (isAnswer(last) && attempt + 1 >= this.#resolvers.length) break
    }
    return { answer: last, size: 0 }
  }
}

function isAnswer({ why }: Failed): boolean {
  return why === 'servfail' || why === 'refused'
}

/** Over UDP, and over TCP where that is too short for the answer or not to be relied on (RFC 7766 §5). */
async function fetchReply({ place, stream }: Resolver, query: Query, patience: number): Promise<Uint8Array | Failed> {
  if (place.tls !== undefined) return stream.ask(query, patience)
  const until = performance.now() + patience
  const bytes = await askByUdp(place, query, patience)
  if (bytes === 'flooded' || (bytes instanceof Uint8Array && isTruncated(bytes)))
    return stream.ask(query, Math.max(1, until - performance.now()))
  return bytes
}

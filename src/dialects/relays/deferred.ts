import { PosternError } from '../../errors.ts'
import type { Dialect } from '../dialect.ts'
import { hearing, stillHolds, type Introduction } from '../introduction.ts'
import { DIALECTS } from '../list.ts'
import type { Opening } from '../opening.ts'
import type { Parting, Refusal, Relay, RelayMaker, RelayOptions, RelayStep } from '../relay.ts'
import { latin1, octets } from './lines.ts'
import { STAND_INS, type Answered, type StandIn, type Standing } from './stand-in.ts'

/** Octets that are kept for a server on the way to which somebody is. */
const ENOUGH_KEPT = 32 * 1024

/** Octets that may still come when the client is read no further. */
const MAX_KEPT = 128 * 1024

/** Lines that are answered in the server's place. Each costs a client less to ask than to answer. */
const MAX_ANSWERED = 20

/** What is known of the server behind. */
export interface Known {
  readonly introduction: Introduction
  /** It is told of clients, and so may announce to each what it likes. */
  readonly tellsApart: boolean
}

/**
 * The relay of a dialect, which greets for a server that nobody has connected to, and wants it (`RelayStep.connect`) when the client says the first thing
 * that is for the server alone. Undefined where a client would hear another thing than from the server itself.
 */
export function deferred(dialectName: string, make: RelayMaker, options: RelayOptions, known: Known): Relay | undefined {
  const dialect = DIALECTS.find(({ name }) => name === dialectName)
  const standIn = STAND_INS[dialectName]
  if (dialect === undefined || standIn === undefined || (options.tls !== 'offered' && options.tls !== 'required')) return undefined
  const alone = options.tls === 'required'
  const announces = alone || !known.tellsApart
  const { greetingBehindTls = (text: string) => text } = dialect
  const greeting = announces ? known.introduction.greeting : greetingBehindTls(known.introduction.greeting)
  // A timestamp is good for one connection: RFC 1939 §7.
  const isBound = dialectName === 'pop3' && !alone && !options.hidesLogin && /<[^<>\s]+>/.test(greeting)
  if (isBound || greeting === '') return undefined
  const introduction = { ...known.introduction, greeting }
  return new Deferred(dialect, standIn, { introduction, alone, announces, secure: false }, make(options))
}

class Deferred implements Relay {
  readonly #dialect: Dialect
  readonly #standIn: StandIn
  readonly #relay: Relay
  #standing: Standing
  /** `waiting`: a server was asked for, and has to introduce itself. */
  #stage: 'alone' | 'waiting' | 'met' | 'over' = 'alone'
  #answered = 0
  #upgrades = false
  /** What was answered in the server's place, and it has to be asked as well; empty: nothing that counts. */
  #question = ''
  /** What the server has to hear as soon as it has introduced itself, in the order of the lines. */
  #kept: Uint8Array[] = []
  #keptLength = 0
  #opening: Opening | undefined
  /** What the server has said: before it was asked something, and since. */
  #greeting: string | undefined
  #said = ''

  constructor(dialect: Dialect, standIn: StandIn, standing: Standing, relay: Relay) {
    this.#dialect = dialect
    this.#standIn = standIn
    this.#standing = standing
    this.#relay = relay
  }

  greet(): RelayStep {
    return this.#answer(this.#relay.fromServer(octets(this.#standing.introduction.greeting)))
  }

  fromClient(bytes: Uint8Array): RelayStep {
    return this.#stage === 'over' ? {} : this.#answer(this.#relay.fromClient(bytes))
  }

  fromServer(bytes: Uint8Array): RelayStep {
    if (this.#stage === 'met') return this.#relay.fromServer(bytes)
    return this.#stage === 'waiting' && bytes.length > 0 ? this.#meet(bytes) : {}
  }

  secured(server: 'same' | 'another' = 'same'): RelayStep {
    if (this.#stage === 'over') return {}
    if (this.#stage !== 'alone') return this.#relay.secured(server)
    if (!this.#upgrades) return {}
    // RFC 3207 §4.2: what was said before does not count, so that the server need not hear of it.
    this.#standing = { ...this.#standing, secure: true }
    this.#question = ''
    return this.#answer(this.#relay.secured('another'))
  }

  turnAway(refusal: Refusal): RelayStep {
    return this.#stage === 'over' ? {} : this.#answer(this.#relay.turnAway(refusal))
  }

  serverLost(): RelayStep {
    if (this.#stage === 'over') return {}
    this.#stage = 'met'
    this.#kept = []
    return this.#relay.serverLost()
  }

  lastWords(why: Parting): Uint8Array | undefined {
    return this.#stage === 'over' ? undefined : this.#relay.lastWords?.(why)
  }

  overheard(bytes: Uint8Array): void {
    this.#relay.overheard?.(bytes)
  }

  isFull(): boolean {
    return this.#keptLength >= ENOUGH_KEPT || this.#relay.isFull?.() === true
  }

  isAhead(): boolean {
    return this.#stage === 'waiting' || this.#relay.isAhead?.() === true
  }

  /** Answers what the relay says to a server, as long as that can be done without it. */
  #answer(first: RelayStep): RelayStep {
    let step = first
    while (this.#stage === 'alone' && step.toServer !== undefined) {
      const { toServer, ...rest } = step
      const said = this.#hear(toServer)
      const more = said === '' ? {} : this.#relay.fromServer(octets(said))
      step = joined(rest, more)
      if (this.#isWaiting) step = { ...step, connect: true }
      else if (this.#isOver) step = joined(step, { toClient: octets(this.#standIn.farewell), end: 'too-many-errors' })
    }
    this.#upgrades ||= step.tls !== undefined
    return this.#stage === 'waiting' ? this.#keepFrom(step) : step
  }

  get #isWaiting(): boolean {
    return this.#stage === 'waiting'
  }

  get #isOver(): boolean {
    return this.#stage === 'over'
  }

  /** Gives what is answered in the server's place, and keeps the rest for it. */
  #hear(bytes: Uint8Array): string {
    let said = ''
    let at = 0
    while (at < bytes.length) {
      const end = bytes.indexOf(LF, at) + 1
      const line = end === 0 ? undefined : latin1(bytes.subarray(at, end)).replace(/\r?\n$/, '')
      const answered = line === undefined ? undefined : this.#answerTo(line)
      if (answered === undefined) {
        const { alone, secure } = this.#standing
        this.#stage = alone && !secure ? 'over' : 'waiting'
        this.#keep(bytes.subarray(at))
        break
      }
      said += answered.said
      this.#question = answered.question ?? this.#question
      at = end
    }
    return said
  }

  #answerTo(line: string): Answered | undefined {
    this.#answered += 1
    return this.#answered > MAX_ANSWERED ? undefined : this.#standIn.answer(line, this.#standing)
  }

  #keepFrom({ toServer, ...step }: RelayStep): RelayStep {
    if (toServer === undefined) return step
    this.#keep(toServer)
    return this.#keptLength > MAX_KEPT && step.end === undefined ? joined(step, this.serverLost()) : step
  }

  #keep(bytes: Uint8Array): void {
    this.#kept.push(bytes)
    this.#keptLength += bytes.length
  }

  /** The server introduces itself, line by line, and is told what has to come before what the client wants of it. */
  #meet(bytes: Uint8Array): RelayStep {
    let step: RelayStep = {}
    let at = 0
    while (this.#isWaiting && at < bytes.length) {
      const end = bytes.indexOf(LF, at) + 1 || bytes.length
      step = joined(step, this.#listen(bytes.subarray(at, end)))
      at = end
    }
    return at < bytes.length && !this.#isOver ? joined(step, this.#relay.fromServer(bytes.subarray(at))) : step
  }

  /** `bytes`: of one line. */
  #listen(bytes: Uint8Array): RelayStep {
    this.#opening ??= hearing(this.#dialect, this.#question)
    this.#said += latin1(bytes)
    try {
      const { send } = this.#opening.push(bytes)
      const { outcome } = this.#opening
      if (send !== '') return this.#ask(send)
      if (outcome === undefined) return {}
      if (outcome.kind === 'refused') return this.#refused()
      return outcome.kind === 'ready' && this.#holds() ? this.#handOver(Buffer.concat(this.#kept)) : this.#misbehaves()
    } catch (error) {
      if (error instanceof PosternError && error.fault === 'peer') return this.#misbehaves()
      throw error
    }
  }

  #ask(question: string): RelayStep {
    this.#greeting = this.#said
    this.#said = ''
    return { toServer: octets(question) }
  }

  /** Another time the client hears of the server what is true of it. */
  #misbehaves(): RelayStep {
    const step = this.serverLost()
    return step.end === 'server-lost' ? { ...step, end: 'server-misbehaves' } : step
  }

  /** Nobody may find out in the middle of something that a server cannot do what was announced in its name. */
  #holds(): boolean {
    const { secure, announces, introduction } = this.#standing
    if (secure || !announces) return true
    const isList = this.#question !== '' && !/^HELO\b/i.test(this.#question)
    return stillHolds(this.#dialect, introduction, this.#greeting ?? this.#said, isList ? this.#said : undefined)
  }

  /**
   * The server does not want this client: that is the answer to the first line that was for it. Behind a greeting of the client's the two may go on; anywhere
   * else the server would read as commands what the client has said behind a line that the server has not heard.
   */
  #refused(): RelayStep {
    const mayGoOn = /^(?:EHLO|LHLO|HELO)\b[^\n]*\n$/i.test(latin1(Buffer.concat(this.#kept)))
    this.#handOver(new Uint8Array())
    const step = this.#relay.fromServer(octets(this.#said))
    if (mayGoOn || step.end !== undefined) return step
    this.#stage = 'over'
    const { toServer: _unheard, ...rest } = step
    return { ...rest, end: 'quit' }
  }

  #handOver(kept: Uint8Array): RelayStep {
    this.#stage = 'met'
    this.#kept = []
    this.#keptLength = 0
    return kept.length === 0 ? {} : { toServer: kept }
  }
}

const LF = 0x0a

function joined(one: RelayStep, other: RelayStep): RelayStep {
  return {
    ...one,
    ...other,
    ...both('toServer', one, other),
    ...both('toClient', one, other),
  }
}

function both(side: 'toServer' | 'toClient', one: RelayStep, other: RelayStep): RelayStep {
  const pieces = [one[side], other[side]].filter((bytes) => bytes !== undefined)
  return pieces.length === 0 ? {} : { [side]: Buffer.concat(pieces) }
}

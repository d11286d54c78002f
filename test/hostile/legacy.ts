import { constants, privateDecrypt, randomBytes } from 'node:crypto'
import { Cursor, handshake, u32, vector } from './bytes.ts'
import { identity } from './certificate.ts'
import { choose, type Choice } from './choose.ts'
import { extension, parseClientHello, type ClientHello } from './client-hello.ts'
import { Over, type Connection, type Incoming } from './connection.ts'
import {
  certificateKind,
  certificateMessage,
  certificateRequest,
  certificateStatus,
  serverExtensions,
  serverHello,
  serverKeyExchange,
  serverRandom,
  settle,
  type ServerSecret,
  type Settled,
} from './flight.ts'
import { heartbeatAnswer } from './heartbeat.ts'
import { connectionKeys, prf, transcriptHash, type ConnectionKeys } from './keys.ts'
import { Alert, Content, Extension, Message, SSL3, TLS10 } from './numbers.ts'
import { finiteField } from './primes.ts'
import { protection, type Protection } from './protection.ts'
import { classifyPadding } from './robot.ts'
import type { Reaction } from './script.ts'
import type { Session, Shared } from './shared.ts'
import { bulk, type Bulk } from './suites.ts'
import { MEMORY } from './memory.ts'

/** The one length with which the fixed hello of testssl.sh's ticketbleed probe is well-formed. */
const TICKET_LENGTH = 194

/** Everything one handshake has settled so far. */
interface Handshake {
  readonly hello: ClientHello
  readonly choice: Choice
  readonly settled: Settled
  readonly random: Buffer
  readonly sessionId: Buffer
  readonly secret: ServerSecret
  readonly messages: Buffer[]
  master: Buffer | undefined
}

/** A server of SSLv3 to TLS 1.2. SSLv3 goes no further than the key exchange. */
export class LegacyServer {
  readonly #connection: Connection
  readonly #shared: Shared
  /** Both Finished of the last handshake, RFC 5746 §3.1. */
  #clientVerify: Buffer = Buffer.alloc(0)
  #serverVerify: Buffer = Buffer.alloc(0)
  #renegotiations = 0
  #splits = false
  #written = 0

  constructor(connection: Connection, shared: Shared) {
    this.#connection = connection
    this.#shared = shared
  }

  /** Answers a hello up to the end of the handshake. */
  async accept(hello: ClientHello, version: number): Promise<void> {
    const { script } = this.#connection
    const resumed = this.#resumable(hello, version)
    const choice = resumed ? resumedChoice(version, script.resumesWithSuite ?? resumed.suite) : choose(script, hello, version)
    this.#connection.version = version
    if ('refuse' in choice) return this.#connection.react(choice.refuse)
    await (resumed ? this.#resume(hello, choice, resumed) : this.#full(hello, choice))
  }

  #resumable(hello: ClientHello, version: number): Session | undefined {
    const { script } = this.#connection
    const ticket = extension(hello, Extension.sessionTicket)
    const byTicket = script.tickets?.accepted && ticket ? this.#shared.tickets.get(ticket.toString('hex')) : undefined
    const byId = script.sessionIds === 'resumed' ? this.#shared.sessions.get(hello.sessionId.toString('hex')) : undefined
    const session = byTicket ?? byId
    if (session?.version !== version || !hello.suites.includes(session.suite)) return undefined
    const extended = script.extendedMasterSecret && extension(hello, Extension.extendedMasterSecret) !== undefined
    return session.extendedMasterSecret === extended ? session : undefined
  }

  async #full(hello: ClientHello, choice: Choice): Promise<void> {
    const { script } = this.#connection
    const settled = settle(script, hello, choice, false)
    const random = serverRandom(script, choice.version)
    const sessionId = { none: Buffer.alloc(0), echo: hello.sessionId, resumed: randomBytes(32), forgotten: randomBytes(32) }[
      script.sessionIds
    ]
    const first = this.#hello(hello, choice, settled, random, sessionId)
    const kind = certificateKind(script, choice.keyExchange)
    const exchange = serverKeyExchange(script, this.#shared, hello, choice, random)
    const flight = [
      first,
      ...(kind ? [certificateMessage(identity(kind))] : []),
      ...(settled.certificateStatus ? [certificateStatus()] : []),
      ...(exchange ? [exchange.message] : []),
      ...(script.certificateRequest && kind ? [certificateRequest(choice.version, script.certificateRequest.authorities)] : []),
      handshake(Message.serverHelloDone),
    ]
    const state: Handshake = {
      hello,
      choice,
      settled,
      random,
      sessionId,
      secret: exchange?.secret ?? {},
      messages: [hello.raw, ...flight],
      master: undefined,
    }
    await this.#connection.send(Content.handshake, Buffer.concat(flight.map((message) => script.mangles?.(message) ?? message)))
    await this.#awaitFinished(state)
  }

  #hello(hello: ClientHello, choice: Choice, settled: Settled, random: Buffer, sessionId: Buffer): Buffer {
    const { script } = this.#connection
    const { lies } = script
    return serverHello({
      version: lies.version?.(hello) ?? choice.version,
      suite: lies.suite?.(hello) ?? choice.suite,
      compression: lies.compression ?? choice.compression,
      random,
      sessionId,
      extensions: serverExtensions(script, hello, choice, settled, Buffer.concat([this.#clientVerify, this.#serverVerify])),
    })
  }

  /** From ServerHelloDone to both Finished. */
  async #awaitFinished(state: Handshake): Promise<void> {
    let [sawCcs, reaction]: [boolean, Reaction | undefined] = [false, undefined]
    for (;;) {
      const incoming = await this.#connection.next()
      if (reaction && sawCcs) return this.#connection.react(reaction)
      if (incoming.kind === 'heartbeat') await this.#heartbeat(incoming.body)
      else if (incoming.kind === 'ccs' && !state.master) await this.#earlyCcs(state)
      else if (incoming.kind === 'ccs' && !sawCcs) {
        sawCcs = true
        this.#read(state)
      } else if (incoming.kind !== 'handshake') await this.#refuse(incoming)
      else if (incoming.type === Message.clientKeyExchange && !state.master) reaction = await this.#keyExchange(state, incoming)
      else if (incoming.type === Message.finished && sawCcs) return this.#finish(state, incoming.raw)
      else if (incoming.type === Message.certificate || incoming.type === Message.certificateVerify)
        await this.#clientCertificate(state, incoming)
      else await this.#connection.react({ alert: Alert.unexpectedMessage })
    }
  }

  async #refuse(incoming: Incoming): Promise<void> {
    if (incoming.kind === 'bad') await this.#connection.react({ alert: incoming.alert })
    // Warnings are borne, RFC 5246 §7.2.2; everything else that is not expected ends the connection.
    if (incoming.kind === 'alert' && incoming.level === 1 && incoming.description !== Alert.closeNotify) return
    if (incoming.kind === 'application') await this.#connection.react({ alert: Alert.unexpectedMessage })
    throw new Over()
  }

  async #clientCertificate(state: Handshake, incoming: Incoming & { kind: 'handshake' }): Promise<void> {
    const wanted = this.#connection.script.certificateRequest
    if (!wanted) return this.#connection.react({ alert: Alert.unexpectedMessage })
    const empty = incoming.type === Message.certificate && incoming.body.length <= 3
    if (empty && wanted.required) return this.#connection.react({ alert: Alert.handshakeFailure })
    state.messages.push(incoming.raw)
  }

  async #heartbeat(body: Buffer): Promise<void> {
    const { script } = this.#connection
    await this.#connection.delay(this.#shared.events++)
    const habit = script.heartbeat
    if (habit === undefined) return this.#connection.react({ alert: Alert.unexpectedMessage })
    if (typeof habit === 'object') return this.#connection.react(habit.instead)
    const answer = heartbeatAnswer(habit, body)
    if (answer) await this.#connection.send(Content.heartbeat, answer)
  }

  /** CVE-2014-0224: what a ChangeCipherSpec does before there is a master secret. */
  async #earlyCcs(state: Handshake): Promise<void> {
    const habit = this.#connection.script.earlyCcs
    await this.#connection.delay(this.#shared.events++)
    if (habit === 'accepts') {
      this.#connection.reader = this.#keys(state, Buffer.alloc(0)).reader
      return
    }
    if (habit === 'ignores') return
    if (habit === 'alerts-late') await this.#connection.next()
    await this.#connection.react(habit === 'alerts-late' ? { alert: Alert.unexpectedMessage } : habit.instead)
  }

  /** Takes the premaster secret; gives what has to happen instead when the client's Finished comes. */
  async #keyExchange(state: Handshake, incoming: Incoming & { kind: 'handshake' }): Promise<Reaction | undefined> {
    state.messages.push(incoming.raw)
    const { script } = this.#connection
    const nth = this.#shared.events++
    await this.#connection.delay(nth)
    const kx = state.choice.keyExchange
    if (kx !== 'RSA') {
      state.master = this.#master(state, agreed(state, incoming.body) ?? randomBytes(48))
      return undefined
    }
    const { padding, premaster } = this.#decrypt(state, incoming.body)
    state.master = this.#master(state, premaster)
    const habit = script.padding
    if (!habit) return undefined
    const reaction = habit.flapping ? habit.flapping(nth) : habit.reactions[padding]
    if (reaction && habit.at === 'key-exchange') await this.#connection.react(reaction)
    return reaction
  }

  /** RFC 5246 §7.4.7.1: a premaster secret that is not what it should be is replaced by random bytes. */
  #decrypt(state: Handshake, body: Buffer): { padding: ReturnType<typeof classifyPadding>; premaster: Buffer } {
    const { script } = this.#connection
    const { privateKey } = identity(script.rsaKey)
    const encrypted = state.choice.version === SSL3 ? body : body.subarray(2)
    const random = randomBytes(48)
    try {
      const block = privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encrypted)
      const padding = classifyPadding(block, state.hello.version)
      return { padding, premaster: padding === 'good' ? block.subarray(-48) : random }
    } catch {
      return { padding: 'bad-start', premaster: random }
    }
  }

  /** RFC 5246 §8.1, RFC 7627 §4. */
  #master(state: Handshake, premaster: Buffer): Buffer {
    const { version } = state.choice
    const hash = bulk(state.choice.suite)?.prf ?? 'sha256'
    if (state.settled.extendedMasterSecret)
      return prf(version, hash, premaster, 'extended master secret', transcriptHash(version, hash, state.messages), 48)
    return prf(version, hash, premaster, 'master secret', Buffer.concat([state.hello.random, state.random]), 48)
  }

  #keys(state: Handshake, master: Buffer): { reader: Protection; writer: Protection } {
    const { version, suite } = state.choice
    const known = bulk(suite)
    const form: Bulk = known ?? bulk(0x002f)!
    const keys: ConnectionKeys = connectionKeys(version, form, master, state.random, state.hello.random)
    const encryptThenMac = state.settled.encryptThenMac
    const reader = protection(form, version, keys.client, encryptThenMac)
    const writer = protection(form, version, keys.server, encryptThenMac)
    if (known && version !== SSL3) return { reader, writer }
    // A suite, or a version, that nobody here can finish: every record fails its MAC.
    return { reader: { ...reader, open: () => ({ alert: Alert.badRecordMac }) }, writer }
  }

  #read(state: Handshake): void {
    this.#connection.reader = this.#keys(state, state.master!).reader
  }

  #verify(state: Handshake, label: 'client finished' | 'server finished'): Buffer {
    const { version, suite } = state.choice
    const hash = bulk(suite)?.prf ?? 'sha256'
    return prf(version, hash, state.master!, label, transcriptHash(version, hash, state.messages), 12)
  }

  async #finish(state: Handshake, finished: Buffer): Promise<void> {
    if (!this.#verify(state, 'client finished').equals(finished.subarray(4))) return this.#connection.react({ alert: Alert.decryptError })
    state.messages.push(finished)
    this.#clientVerify = finished.subarray(4)
    const session: Session = {
      version: state.choice.version,
      suite: state.choice.suite,
      secret: state.master!,
      extendedMasterSecret: state.settled.extendedMasterSecret,
      maxEarlyData: 0,
      ageAdd: 0,
    }
    if (this.#connection.script.sessionIds === 'resumed') this.#shared.sessions.set(state.sessionId.toString('hex'), session)
    if (state.settled.ticket) await this.#sendTicket(state, session)
    await this.#sendFinished(state)
  }

  /** RFC 5077 §3.3. */
  async #sendTicket(state: Handshake, session: Session): Promise<void> {
    const habit = this.#connection.script.tickets!
    const ticket = habit.empty ? Buffer.alloc(0) : randomBytes(TICKET_LENGTH)
    if (!habit.empty) this.#shared.tickets.set(ticket.toString('hex'), session)
    const message = handshake(Message.newSessionTicket, u32(habit.lifetime), vector(2, ticket))
    state.messages.push(message)
    await this.#connection.send(Content.handshake, message)
  }

  async #sendFinished(state: Handshake): Promise<void> {
    const { writer } = this.#keys(state, state.master!)
    this.#serverVerify = this.#verify(state, 'server finished')
    const message = handshake(Message.finished, this.#serverVerify)
    state.messages.push(message)
    await this.#connection.send(Content.ccs, Buffer.from([1]))
    this.#connection.writer = writer
    this.#splits = state.choice.version <= TLS10 && bulk(state.choice.suite)?.kind === 'cbc'
    await this.#connection.send(Content.handshake, message)
  }

  /** The abbreviated handshake, RFC 5246 §7.3. */
  async #resume(hello: ClientHello, choice: Choice, session: Session): Promise<void> {
    const { script } = this.#connection
    const settled = { ...settle(script, hello, choice, true), extendedMasterSecret: session.extendedMasterSecret }
    const random = serverRandom(script, choice.version)
    const first = this.#hello(hello, choice, settled, random, this.#resumedId(hello))
    const state: Handshake = {
      hello,
      choice,
      settled,
      random,
      sessionId: hello.sessionId,
      secret: {},
      messages: [hello.raw, first],
      master: session.secret,
    }
    await this.#connection.send(Content.handshake, first)
    await this.#sendFinished(state)
    for (let sawCcs = false; ;) {
      const incoming = await this.#connection.next()
      if (incoming.kind === 'ccs' && !sawCcs) {
        this.#read(state)
        sawCcs = true
      } else if (incoming.kind === 'handshake' && incoming.type === Message.finished && sawCcs) {
        if (!this.#verify(state, 'client finished').equals(incoming.body)) await this.#connection.react({ alert: Alert.decryptError })
        this.#clientVerify = incoming.body
        return
      } else await this.#refuse(incoming)
    }
  }

  #resumedId(hello: ClientHello): Buffer {
    const offered = extension(hello, Extension.sessionTicket)
    if (!offered || offered.length === 0) return hello.sessionId
    const habit = this.#connection.script.tickets?.sessionId
    if (habit === 'own') return randomBytes(32)
    if (habit !== 'echo-and-memory') return hello.sessionId
    // Where the memory begins differs from time to time, as it does in real memory.
    const from = (this.#shared.events++ * 7) % 64
    return Buffer.concat([hello.sessionId, MEMORY.subarray(from, from + 32)]).subarray(0, 32)
  }

  /** Application data of the client; undefined when it has ended. Carries out renegotiations on the way. */
  async receive(): Promise<Buffer | undefined> {
    for (;;) {
      const incoming = await this.#connection.next()
      if (incoming.kind === 'application') return incoming.data
      if (incoming.kind === 'heartbeat') await this.#heartbeat(incoming.body)
      else if (incoming.kind === 'handshake' && incoming.type === Message.clientHello) await this.#renegotiate(incoming.raw)
      else if (incoming.kind === 'alert' && incoming.level === 1 && incoming.description !== Alert.closeNotify) continue
      else if (incoming.kind === 'bad') await this.#connection.react({ alert: incoming.alert })
      else if (incoming.kind === 'alert' || incoming.kind === 'gone') return undefined
      else await this.#connection.react({ alert: Alert.unexpectedMessage })
    }
  }

  async #renegotiate(raw: Buffer): Promise<void> {
    const habit = this.#connection.script.renegotiation
    this.#renegotiations++
    if (habit === 'refuses') return this.#connection.alert(Alert.noRenegotiation, 1)
    if (habit === 'ignores') return undefined
    if (typeof habit === 'object' && 'instead' in habit) return this.#connection.react(habit.instead)
    if (typeof habit === 'object' && this.#renegotiations > habit.times) throw new Over()
    const hello = parseClientHello(raw, this.#connection.version)
    if (!hello) return this.#connection.react({ alert: Alert.decodeError })
    this.#connection.wire.hellos.push(hello)
    const info = extension(hello, Extension.renegotiationInfo)
    const expected = vector(1, this.#clientVerify)
    if (info && !info.equals(expected)) return this.#connection.react({ alert: Alert.handshakeFailure })
    await this.#full(hello, await this.#again(hello))
  }

  async #again(hello: ClientHello): Promise<Choice> {
    const choice = choose(this.#connection.script, hello, this.#connection.version)
    return 'refuse' in choice ? this.#connection.react(choice.refuse) : choice
  }

  /** Sends application data, split as the script says where that disarms BEAST. */
  async write(data: Buffer): Promise<void> {
    const habit = this.#connection.script.splitting
    const nth = this.#written++
    if (this.#splits && habit === 'empty-first') await this.#connection.send(Content.application, Buffer.alloc(0))
    const late = habit === 'one-and-rest-but-first' && nth > 0
    if (this.#splits && data.length > 1 && (habit === 'one-and-rest' || late)) {
      await this.#connection.send(Content.application, data.subarray(0, 1))
      await this.#connection.send(Content.application, data.subarray(1))
    } else await this.#connection.send(Content.application, data)
  }
}

function resumedChoice(version: number, suite: number): Choice {
  return { version, suite, keyExchange: 'RSA', compression: 0, group: 0, signature: undefined }
}

/** The premaster secret of (EC)DHE, RFC 5246 §8.1.2, RFC 8422 §5.10; undefined where it cannot be had. */
function agreed(state: Handshake, body: Buffer): Buffer | undefined {
  const { dh, ecdh } = state.secret
  try {
    if (ecdh) return ecdh.shared(new Cursor(body).vector(1))
    return dh && finiteField(dh.prime).shared(dh.secret, new Cursor(body).vector(2))
  } catch {
    return undefined
  }
}

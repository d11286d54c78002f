import type { ByteStream } from './byte-stream.ts'
import { deferred, type Parting, type RelayMaker, type RelayOptions, type Relay } from '../dialects/index.ts'
import { attempt, type Failed } from './attempt.ts'
import { Behind } from './behind.ts'
import { drop, dropSoon, partsBy, unhook } from './closing.ts'
import { copying } from './copying.ts'
import { DataChannels } from './data/data-channels.ts'
import { secureData } from './data/secure-data.ts'
import { secureAlike } from './tls/secure-backend.ts'
import { tlsFacts, type ClientFacts, type TlsFacts } from './facts.ts'
import type { Heard } from './familiar.ts'
import { HandshakeEnded, type Front, type Rules, type Secured, type SecuredStream } from './front.ts'
import { endedBy, whyNot } from './handshake-ended.ts'
import { readHello } from './hello.ts'
import { Lifetime } from './lifetime.ts'
import { octetsRead } from './links/octets-read.ts'
import { alertRecord, Passing } from './passthrough.ts'
import { onwardBehind } from './outlet/outlet.ts'
import { Patience } from './patience.ts'
import { Pump, type PumpEnd } from './pump.ts'
import { begunRecord, type BegunRecord, type ConnectionRecord, type Ended } from './record.ts'
import { Refusals } from './refusals.ts'
import { isTelling } from './refused-lately.ts'
import { newestIn, recordSentence } from './seen/sentence.ts'
import type { LiveConnection } from './seen/snapshot.ts'
import { watchBareRecords } from './tls/bare-records.ts'
import { missingCertificate } from './tls/client-certificate.ts'
import { withoutServer } from './unreachable.ts'
import { refusalWords } from './words.ts'
import { verdictInRecord, verdictOn, type Verdict } from './verdict.ts'
import type { Offer } from '../wire/index.ts'

/** Serves one client from its first byte to its last. Never throws: what became of it is in the record. */
export function serve(client: ByteStream, facts: ClientFacts, front: Front): void {
  new Connection(client, facts, front).run()
}

/** Records a client that cannot come in. */
export function recordRefused(client: ByteStream, facts: ClientFacts, front: Front, ended: Ended): void {
  new Connection(client, facts, front).finish(ended)
}

/** A client behind its handshake. `turnAway`: why it may not go on, in words for it. */
interface SecuredClient {
  readonly stream: SecuredStream
  readonly turnAway: string | undefined
}

/** From the accepted socket to the pump each step calls the next: a promise for each would cost more than what it waits for. */
class Connection {
  readonly #client: ByteStream
  readonly #front: Front
  readonly #rules: Rules
  readonly since: number = performance.now()
  seat: number | undefined
  readonly #facts: ClientFacts
  #tls: TlsFacts | undefined
  #serverName: string | undefined
  readonly #record: BegunRecord
  #pump: Pump | undefined
  #data: DataChannels | undefined
  readonly #lifetime: Lifetime
  #finished = false
  readonly #behind: Behind
  readonly #refusals: Refusals

  constructor(client: ByteStream, facts: ClientFacts, front: Front) {
    this.#client = client
    this.#front = front
    this.#behind = new Behind(front)
    this.#facts = facts
    this.#rules = front.rulesFor(this.#facts.address)
    this.#record = begunRecord(front, facts, this.#rules)
    this.#refusals = new Refusals(front, this.#rules, this.#record, facts)
    client.on('error', () => client.destroy())
    partsBy(client, () => this.#part('drained'))
    this.#lifetime = new Lifetime(front.timeouts, (why) => this.#part(why))
    client.once('close', () => {
      this.#lifetime.end()
      unhook(client)
    })
  }

  /** With a word where one can be said. */
  #part(why: Parting): void {
    this.finish({ why })
    if (this.#pump?.part(why) !== true) drop(this.#client)
  }

  run(): void {
    this.#front.seen.opened(this)
    attempt(() => this.#begin(), this.#broke)
  }

  #begin(): void {
    const { tls } = this.#front
    if (tls === 'passthrough') return this.#passThrough()
    if (tls === 'starttls' || tls === 'starttls-passthrough') return this.#begunInTheClear(this.#refusals.plainTls())
    if (tls === 'required') return this.#begunInTheClear({ tls })
    if (tls === 'none') return this.#relay(this.#client, { tls })
    this.#secure(({ stream, turnAway }) => this.#relay(stream, { tls: 'begun' }, turnAway), this.#broke)
  }

  readonly #broke = (error: unknown): void => {
    this.#fail(error)
    drop(this.#client)
  }

  #fail(error: unknown): void {
    this.finish(endedBy(error))
    this.#pump?.end('error')
  }

  finish(ended: Ended): void {
    if (this.#finished) return
    this.#finished = true
    const { dialect, log, seen } = this.#front
    this.#data?.close()
    const noted = this.#record
    const sentence = dialect === 'smtp' ? recordSentence(noted, this.#rules.server.versions) : undefined
    if (sentence !== undefined) noted.sentence = sentence
    if (this.#data !== undefined) noted.data = this.#data.counted
    const milliseconds = Math.round(performance.now() - this.since)
    const record: ConnectionRecord = Object.assign(noted, onwardBehind(this.#pump?.server), { bytes: this.bytes, milliseconds, ended })
    seen.ended(this, record)
    log(record)
  }

  get bytes(): ConnectionRecord['bytes'] {
    return this.#pump?.bytes ?? { in: 0, out: 0 }
  }

  /** As it is now, for whoever asks who is there. */
  live(): LiveConnection {
    const { time, service, client, stage, negotiated, verdict } = this.#record
    return {
      time,
      service,
      client,
      stage,
      ...(negotiated === undefined ? {} : { version: negotiated.version, suite: negotiated.suite }),
      ...(verdict === undefined ? {} : { meets: verdict.meets }),
      bytes: this.bytes,
    }
  }

  /** From the hello to TLS, and what is remembered of it. */
  async #secureNoted(): Promise<SecuredClient> {
    const secured = await this.#noted<SecuredClient>((done, failed) => this.#secure(done, failed))
    if (secured.turnAway === undefined) this.#refusals.forget()
    else this.#refusals.note()
    return secured
  }

  async #noted<Found>(look: (done: (found: Found) => void, failed: Failed) => void): Promise<Found> {
    delete this.#record.plainAfterRefusal
    try {
      return await new Promise<Found>(look)
    } catch (error) {
      if (error instanceof HandshakeEnded && isTelling(error.reason)) this.#refusals.note(error.reason)
      throw error
    }
  }

  /** TLS goes on to the server as it is. */
  #passThrough(): void {
    this.#pass((passing) => this.#relay(this.#client, { tls: 'none' }, undefined, () => passing.relay()), this.#broke)
  }

  /** TLS that was asked for here is asked for of the server, and goes on to it as it is. */
  async #passOn(pump: Pump): Promise<void> {
    const passing = await this.#noted<Passing>((done, failed) => this.#pass(done, failed))
    this.#refusals.forget()
    pump.passes(this.#client, (await this.#behind.connectForTls(this.#facts)) ?? 'lost', passing.relay())
  }

  /** From the hello to what is looked at in TLS of others. */
  #pass(next: (passing: Passing) => void, failed: Failed): void {
    const passing = new Passing(this.#rules, this.#front.seen, this.#record, (ended) => this.finish(ended))
    this.#hear((offer, verdict) => {
      passing.admit(this.#client, offer, verdict)
      next(passing)
    }, failed)
  }

  /** What is in the hello, and what follows from it. */
  #hear(next: (offer: Offer, verdict: Verdict) => void, failed: Failed): void {
    readHello(this.#client, this.#front.timeouts.hello, (words) => {
      if (words.kind !== 'hello') return failed(new HandshakeEnded(whyNot(words), words.kind === 'not-tls' && words.plain))
      attempt(() => next(words.heard.offer, this.#judge(words.heard)), failed)
    })
  }

  #judge({ offer, record }: Heard): Verdict {
    this.#record.hello = record
    this.#serverName = offer.serverName
    const { server, stage } = this.#rules
    const { seen, now } = this.#front
    const verdict = verdictOn(offer, server, stage)
    seen.hello(stage, verdict, { address: this.#facts.address, version: newestIn(record.versions) }, now())
    this.#record.verdict = verdictInRecord(verdict)
    return verdict
  }

  /** From the hello to TLS. */
  #secure(done: (client: SecuredClient) => void, failed: Failed): void {
    this.#hear((offer, verdict) => {
      const { strict, lenient, sslv2Hello } = this.#rules
      const isSpared = verdict.kind === 'fails' && verdict.served
      if (offer.sslv2Format && !sslv2Hello && !isSpared) {
        this.#client.end(alertRecord('protocol_version'))
        throw new HandshakeEnded('sslv2-hello')
      }
      const heard = performance.now()
      // Who says no more in the middle of a handshake has gone; who says no more behind it may wait for an answer.
      this.#client.allowHalfOpen = false
      const secure = isSpared ? lenient : strict
      secure(this.#client, offer, {
        secured: (secured) => attempt(() => done(this.#secured(secured, performance.now() - heard)), failed),
        failed,
      })
    }, failed)
  }

  /** `handshake`: milliseconds that it took. */
  #secured(secured: Secured, handshake: number): SecuredClient {
    const { stream, negotiated } = secured
    const { stage } = this.#rules
    stream.allowHalfOpen = true
    watchBareRecords(octetsRead(this.#client), stream, () => {
      this.finish({ why: 'tls-flood' })
      drop(this.#client)
    })
    this.#lifetime.moved()
    this.#front.seen.secured(negotiated, handshake)
    this.#record.negotiated = negotiated
    this.#record.handshakeMilliseconds = Math.round(handshake)
    this.#tls = tlsFacts(secured, this.#serverName)
    const missing = this.#missingCertificate(secured)
    if (missing !== undefined && stage === 'refuse') {
      stream.destroy()
      throw new HandshakeEnded('client-certificate')
    }
    return { stream, turnAway: stage === 'explain' ? refusalWords(this.#record, this.#rules) : undefined }
  }

  /** Why a client needs a certificate that has shown none which is trusted here. */
  #missingCertificate({ clientCertificate }: Secured): string | undefined {
    if (clientCertificate !== undefined) this.#record.clientCertificate = clientCertificate
    const why = missingCertificate(this.#rules.clientCertificates, clientCertificate)
    if (why !== undefined && this.#record.verdict?.meets === true)
      this.#record.verdict = { meets: false, reason: 'client-certificate', why }
    return why
  }

  /** Where it is known how the server greets, nobody connects to it for a client that only comes and goes. */
  #begunInTheClear(tls: Pick<RelayOptions, 'tls' | 'whyTls'>): void {
    const { dialect, relay: make, relayOptions, introduction } = this.#front
    const known = introduction?.recall()
    const relay = known && make && deferred(dialect, make, { ...relayOptions, ...tls, client: this.#facts }, known)
    if (relay === undefined) return this.#relay(this.#client, tls)
    this.#carry(this.#client, undefined, relay).tell(() => relay.greet?.() ?? {})
  }

  #relay(client: ByteStream, tls: Pick<RelayOptions, 'tls' | 'whyTls'>, turnAway?: string, make?: RelayMaker): void {
    const relay = (make ?? this.#front.relay ?? copying)({ ...this.#front.relayOptions, ...tls, client: this.#told })
    const reached = (server: ByteStream | undefined): void => {
      if (client.destroyed) {
        server?.destroy()
        return this.finish({ why: 'client-left' })
      }
      const pump = this.#carry(client, server, relay)
      if (server === undefined) withoutServer(pump, relay)
      this.#turnAway(pump, relay, turnAway)
    }
    void this.#behind.connect(this.#told, this.#serverName).then((server) => attempt(() => reached(server), this.#broke))
  }

  #carry(client: ByteStream, server: ByteStream | undefined, relay: Relay): Pump {
    const pump: Pump = new Pump(client, server, relay, {
      data: (request) => this.#data?.ask(request),
      connect: () => void this.#connectLate(pump),
      tls: (rest) => void this.#upgrade(pump, relay, rest),
      copies: () => this.#lifetime.loggedIn(),
      moved: () => this.#lifetime.moved(),
      unfinished: (what) => patience.heed(what),
      ended: (why: PumpEnd, reason: string | undefined = this.#behind.lost) => {
        patience.heed(undefined)
        if (why === 'server-misbehaves') this.#front.introduction?.forget()
        this.finish({ why, ...(reason === undefined ? {} : { reason }) })
      },
    })
    const patience = new Patience(this.#front.timeouts.head, () => pump.perform(relay.tooSlow?.() ?? {}))
    this.#pump = pump
    this.#data = this.#dataChannels(pump, relay)
    return pump
  }

  /** The client has said something that only the server can answer. */
  async #connectLate(pump: Pump): Promise<void> {
    const server = await this.#behind.connect(this.#told, this.#serverName)
    if (server === undefined) pump.unreached()
    else pump.reached(server)
  }

  #dataChannels(pump: Pump, relay: Relay): DataChannels | undefined {
    const { data, timeouts } = this.#front
    if (data === undefined) return undefined
    if (pump.server !== undefined && secureAlike(pump.server) !== undefined) relay.serverInTls?.()
    return new DataChannels(data, {
      client: this.#facts,
      server: () => pump.server,
      secure: (socket, upload) =>
        secureData(socket, upload, { rules: this.#rules, patience: timeouts.hello, needsResumption: data.needsResumption }),
      ready: (place) => pump.tell(() => relay.dataReady?.(place) ?? {}),
      moved: () => this.#lifetime.moved(),
    })
  }

  async #upgrade(pump: Pump, relay: Relay, rest: Uint8Array): Promise<void> {
    try {
      if (rest.length > 0) this.#client.unshift(rest)
      if (this.#front.tls === 'starttls-passthrough') return await this.#passOn(pump)
      const { stream, turnAway } = await this.#secureNoted()
      // It may go in the meantime, and nobody else has an ear for it yet.
      stream.on('error', () => {})
      pump.secured(stream, pump.server === undefined ? 'same' : await this.#behind.connectAgain(this.#told))
      this.#turnAway(pump, relay, turnAway)
    } catch (error) {
      // Behind the go-ahead nothing but TLS may come, in this segment or a later one.
      if (error instanceof HandshakeEnded && error.plain) this.finish({ why: 'starttls-injection' })
      else this.#fail(error)
      pump.end('client-error')
      dropSoon(this.#client)
    }
  }

  /** What the server behind may know by now. */
  get #told(): ClientFacts {
    return this.#tls === undefined ? this.#facts : { ...this.#facts, tls: this.#tls }
  }

  #turnAway(pump: Pump, relay: Relay, words: string | undefined): void {
    if (words !== undefined) pump.perform(relay.turnAway({ words, temporary: false }))
  }
}

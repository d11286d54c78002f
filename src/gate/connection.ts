import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { deferred, type Parting, type RelayMaker, type RelayOptions, type Relay } from '../dialects/index.ts'
import { Behind } from './behind.ts'
import { drop, dropSoon, partsBy } from './closing.ts'
import { copying } from './copying.ts'
import { DataChannels } from './data/data-channels.ts'
import { secureData } from './data/secure-data.ts'
import { secureAlike } from './tls/secure-backend.ts'
import { tlsFacts, type ClientFacts, type TlsFacts } from './facts.ts'
import { clientKey } from './client-key.ts'
import { HandshakeEnded, type Front, type Rules, type Secure, type Secured } from './front.ts'
import { endedBy, whyNot } from './handshake-ended.ts'
import { readHello } from './hello.ts'
import { Lifetime } from './lifetime.ts'
import { octetsRead } from './links/octets-read.ts'
import { alertRecord, Passing } from './passthrough.ts'
import { onwardBehind } from './outlet/outlet.ts'
import { Patience } from './patience.ts'
import { Pump, type PumpEnd } from './pump.ts'
import type { ConnectionRecord, Ended, NotedRecord } from './record.ts'
import { isTelling } from './refused-lately.ts'
import { newestIn, recordSentence } from './seen/sentence.ts'
import type { LiveConnection } from './seen/snapshot.ts'
import { watchBareRecords } from './tls/bare-records.ts'
import { missingCertificate } from './tls/client-certificate.ts'
import { withoutServer } from './unreachable.ts'
import { plainWords, refusalWords } from './words.ts'
import { verdictOn, type Verdict } from './verdict.ts'
import type { Offer } from '../wire/index.ts'

/** Serves one client from its first byte to its last. Never rejects: what became of it is in the record. */
export async function serve(client: Duplex, facts: ClientFacts, front: Front): Promise<void> {
  const connection = new Connection(client, facts, front)
  try {
    await connection.run()
  } catch (error) {
    connection.fail(error)
    drop(client)
  }
}

/** Records a client that cannot come in. */
export function recordRefused(client: Duplex, facts: ClientFacts, front: Front, ended: Ended): void {
  new Connection(client, facts, front).finish(ended)
}

class Connection {
  readonly #client: Duplex
  readonly #front: Front
  readonly #rules: Rules
  readonly #began: Date
  readonly #clock = performance.now()
  readonly #facts: ClientFacts
  #tls: TlsFacts | undefined
  #serverName: string | undefined
  readonly #record: NotedRecord = {}
  #pump: Pump | undefined
  #data: DataChannels | undefined
  readonly #lifetime: Lifetime
  #finished = false
  readonly #behind: Behind

  constructor(client: Duplex, facts: ClientFacts, front: Front) {
    this.#client = client
    this.#front = front
    this.#behind = new Behind(front)
    this.#facts = facts
    this.#rules = front.rulesFor(this.#facts.address)
    this.#began = front.now()
    client.on('error', () => client.destroy())
    partsBy(client, () => this.#part('drained'))
    this.#lifetime = new Lifetime(front.timeouts, (why) => this.#part(why))
    client.once('close', () => this.#lifetime.end())
  }

  /** With a word where one can be said. */
  #part(why: Parting): void {
    this.finish({ why })
    if (this.#pump?.part(why) !== true) drop(this.#client)
  }

  async run(): Promise<void> {
    const { tls, seen } = this.#front
    seen.opened(this)
    if (tls === 'passthrough') return this.#passedThrough()
    if (tls === 'starttls') return this.#begunInTheClear(this.#plainTls())
    if (tls === 'required') return this.#begunInTheClear({ tls })
    if (tls === 'none') return this.#relayed(this.#client, { tls })
    const { stream, turnAway } = await this.#secure()
    await this.#relayed(stream, { tls: 'begun' }, turnAway)
  }

  fail(error: unknown): void {
    this.finish(endedBy(error))
    this.#pump?.end('error')
  }

  finish(ended: Ended): void {
    if (this.#finished) return
    this.#finished = true
    const { name, log, seen } = this.#front
    const { policy, stage } = this.#rules
    this.#data?.close()
    const sentence = this.#front.dialect === 'smtp' ? recordSentence(this.#record, this.#rules.server.versions) : undefined
    const record: ConnectionRecord = {
      time: this.#began.toISOString(),
      service: name,
      client: { address: this.#facts.address, port: this.#facts.port },
      policy,
      stage,
      ...this.#record,
      ...(sentence === undefined ? {} : { sentence }),
      bytes: this.bytes,
      ...(this.#data === undefined ? {} : { data: this.#data.counted }),
      ...onwardBehind(this.#pump?.server),
      milliseconds: Math.round(performance.now() - this.#clock),
      ended,
    }
    seen.ended(this, record)
    log(record)
  }

  get bytes(): ConnectionRecord['bytes'] {
    return this.#pump?.bytes ?? { in: 0, out: 0 }
  }

  /** As it is now, for whoever asks who is there. */
  live(): LiveConnection {
    const { negotiated, verdict } = this.#record
    return {
      time: this.#began.toISOString(),
      service: this.#front.name,
      client: { address: this.#facts.address, port: this.#facts.port },
      stage: this.#rules.stage,
      ...(negotiated === undefined ? {} : { version: negotiated.version, suite: negotiated.suite }),
      ...(verdict === undefined ? {} : { meets: verdict.meets }),
      bytes: this.bytes,
    }
  }

  /** Senders that are opportunistic come back in plain text when their handshake is refused. */
  #plainTls(): Pick<RelayOptions, 'tls' | 'whyTls'> {
    const { refused, plainAfterRefusal } = this.#front
    const found = refused.of(this.#clientKey)
    if (found === undefined) return { tls: 'offered' }
    const isRefused = plainAfterRefusal === 'refuse'
    this.#record.plainAfterRefusal = isRefused ? 'refused' : 'observed'
    return isRefused ? { tls: 'required', whyTls: { words: plainWords(found.words), temporary: !found.lasting } } : { tls: 'offered' }
  }

  get #clientKey(): string {
    return `${this.#front.name} ${clientKey(this.#facts.address, this.#front.ipv6Prefix)}`
  }

  /** From the hello to TLS, and what is remembered of it. */
  async #secureNoted(): Promise<{ readonly stream: TLSSocket; readonly turnAway: string | undefined }> {
    const { refused } = this.#front
    delete this.#record.plainAfterRefusal
    try {
      const secured = await this.#secure()
      if (secured.turnAway === undefined) refused.forget(this.#clientKey)
      else this.#noteRefused()
      return secured
    } catch (error) {
      if (error instanceof HandshakeEnded && isTelling(error.reason)) this.#noteRefused(error.reason)
      throw error
    }
  }

  /** What the policy does not allow will not be allowed the next time; everything else may be bad luck, or a mistake of ours. */
  #noteRefused(reason = ''): void {
    const words = refusalWords(this.#record, this.#rules)
    this.#front.refused.note(this.#clientKey, { words: words ?? `TLS did not come about (${reason}).`, lasting: words !== undefined })
  }

  /** TLS goes on to the server as it is. */
  async #passedThrough(): Promise<void> {
    const { offer, verdict } = await this.#hear()
    const passing = new Passing(this.#rules, this.#front.seen, this.#record, (ended) => this.finish(ended))
    const refusal = passing.refusalOf(offer, verdict)
    if (refusal !== undefined) {
      this.#client.end(alertRecord(refusal.alert))
      throw new HandshakeEnded(refusal.reason)
    }
    await this.#relayed(this.#client, { tls: 'none' }, undefined, () => passing.relay())
  }

  /** What is in the hello, and what follows from it. */
  async #hear(): Promise<{ readonly offer: Offer; readonly verdict: Verdict }> {
    const { timeouts } = this.#front
    const words = await readHello(this.#client, timeouts.hello)
    if (words.kind !== 'hello') throw new HandshakeEnded(whyNot(words), words.kind === 'not-tls' && words.plain)
    const { offer, record } = words.heard
    this.#record.hello = record
    this.#serverName = offer.serverName
    const { server, stage } = this.#rules
    const { seen, now } = this.#front
    const verdict = verdictOn(offer, server, stage)
    seen.hello(stage, verdict, { address: this.#facts.address, version: newestIn(record.versions) }, now())
    this.#record.verdict =
      verdict.kind === 'meets' ? { meets: true } : { meets: false, reason: verdict.refusal.reason, why: verdict.refusal.why }
    return { offer, verdict }
  }

  /** From the hello to TLS. */
  async #secure(): Promise<{ readonly stream: TLSSocket; readonly turnAway: string | undefined }> {
    const { offer, verdict } = await this.#hear()
    const { strict, lenient, stage, sslv2Hello } = this.#rules
    if (offer.sslv2Format && !sslv2Hello && !(verdict.kind === 'fails' && verdict.served)) {
      this.#client.end(alertRecord('protocol_version'))
      throw new HandshakeEnded('sslv2-hello')
    }
    const heard = performance.now()
    const secured = await this.#handshake(verdict.kind === 'fails' && verdict.served ? lenient : strict, offer.serverName)
    this.#lifetime.moved()
    const handshake = performance.now() - heard
    this.#front.seen.secured(secured.negotiated, handshake)
    this.#record.negotiated = secured.negotiated
    this.#record.handshakeMilliseconds = Math.round(handshake)
    this.#tls = tlsFacts(secured, offer.serverName)
    const missing = this.#missingCertificate(secured)
    if (missing !== undefined && stage === 'refuse') {
      secured.stream.destroy()
      throw new HandshakeEnded('client-certificate')
    }
    return { stream: secured.stream, turnAway: stage === 'explain' ? refusalWords(this.#record, this.#rules) : undefined }
  }

  /** Why a client needs a certificate that has shown none which is trusted here. */
  #missingCertificate({ clientCertificate }: Secured): string | undefined {
    if (clientCertificate !== undefined) this.#record.clientCertificate = clientCertificate
    const why = missingCertificate(this.#rules.clientCertificates, clientCertificate)
    if (why !== undefined && this.#record.verdict?.meets === true)
      this.#record.verdict = { meets: false, reason: 'client-certificate', why }
    return why
  }

  async #handshake(secure: Secure, serverName: string | undefined): Promise<Secured> {
    // Who says no more in the middle of a handshake has gone; who says no more behind it may wait for an answer.
    this.#client.allowHalfOpen = false
    const secured = await secure(this.#client, serverName)
    secured.stream.allowHalfOpen = true
    watchBareRecords(octetsRead(this.#client), secured.stream, () => {
      this.finish({ why: 'tls-flood' })
      drop(this.#client)
    })
    return secured
  }

  /** Where it is known how the server greets, nobody connects to it for a client that only comes and goes. */
  async #begunInTheClear(tls: Pick<RelayOptions, 'tls' | 'whyTls'>): Promise<void> {
    const { dialect, relay: make, relayOptions, introduction } = this.#front
    const known = introduction?.recall()
    const relay = known && make && deferred(dialect, make, { ...relayOptions, ...tls, client: this.#facts }, known)
    if (relay === undefined) return this.#relayed(this.#client, tls)
    this.#carry(this.#client, undefined, relay).tell(() => relay.greet?.() ?? {})
  }

  async #relayed(client: Duplex, tls: Pick<RelayOptions, 'tls' | 'whyTls'>, turnAway?: string, make?: RelayMaker): Promise<void> {
    const relay = (make ?? this.#front.relay ?? copying)({ ...this.#front.relayOptions, ...tls, client: this.#told })
    const server = await this.#behind.connect(this.#told, this.#serverName)
    if (client.destroyed) {
      server?.destroy()
      return this.finish({ why: 'client-left' })
    }
    const pump = this.#carry(client, server, relay)
    if (server === undefined) withoutServer(pump, relay)
    this.#turnAway(pump, relay, turnAway)
  }

  #carry(client: Duplex, server: Duplex | undefined, relay: Relay): Pump {
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
      const { stream, turnAway } = await this.#secureNoted()
      // It may go in the meantime, and nobody else has an ear for it yet.
      stream.on('error', () => {})
      pump.secured(stream, pump.server === undefined ? 'same' : await this.#behind.connectAgain(this.#told))
      this.#turnAway(pump, relay, turnAway)
    } catch (error) {
      // Behind the go-ahead nothing but TLS may come, in this segment or a later one.
      if (error instanceof HandshakeEnded && error.plain) this.finish({ why: 'starttls-injection' })
      else this.fail(error)
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

import { createHash, createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { Cursor, handshake, record, u16, u32, u8, vector } from './bytes.ts'
import { identity } from './certificate.ts'
import { alpn, extension, groups, keyShares, parseClientHello, signatureSchemes, type ClientHello } from './client-hello.ts'
import { extensionBytes, Over, type Connection, type Incoming, type Protection13 } from './connection.ts'
import { serverHello, signWith } from './flight.ts'
import { answerShare } from './groups.ts'
import { expandLabel, extract } from './keys.ts'
import { Alert, Content, Extension, Message, TLS12, TLS13 } from './numbers.ts'
import { openAead, sealAead, xorNonce } from './protection.ts'
import type { Session, Shared } from './shared.ts'

interface Suite13 {
  readonly hash: 'sha256' | 'sha384'
  readonly cipher: string
  readonly keyLength: number
}

/** RFC 8446 §B.4. The CCM suites are chosen where the script has them, but not carried through. */
const SUITES: Readonly<Record<number, Suite13>> = {
  0x1301: { hash: 'sha256', cipher: 'aes-128-gcm', keyLength: 16 },
  0x1302: { hash: 'sha384', cipher: 'aes-256-gcm', keyLength: 32 },
  0x1303: { hash: 'sha256', cipher: 'chacha20-poly1305', keyLength: 32 },
}

/** The random of a HelloRetryRequest, RFC 8446 §4.1.3. */
const RETRY_RANDOM = createHash('sha256').update('HelloRetryRequest').digest()
/** psk_dhe_ke, RFC 8446 §4.2.9. */
const PSK_DHE = 1
/** Refused early data is read over up to this much. */
const SKIPPABLE = 64 * 1024

/** What the first hello led to. */
interface Negotiated {
  readonly suite: number
  readonly form: Suite13
  readonly group: number
}

/** A session that the client came back with. */
interface Returned {
  readonly session: Session
  readonly index: number
}

/** A server of TLS 1.3, RFC 8446 §4. */
export class ModernServer {
  readonly #connection: Connection
  readonly #shared: Shared
  #messages: Buffer[] = []
  #form: Suite13 = SUITES[0x1301]!
  #early: Buffer[] = []

  constructor(connection: Connection, shared: Shared) {
    this.#connection = connection
    this.#shared = shared
  }

  async accept(first: ClientHello, _version: number): Promise<void> {
    this.#connection.version = TLS12
    const negotiated = await this.#negotiate(first)
    this.#form = negotiated.form
    const retried = !keyShares(first).some(([group]) => group === negotiated.group)
    const hello = retried ? await this.#retry(first, negotiated) : first
    this.#messages.push(hello.raw)
    const share = keyShares(hello).find(([group]) => group === negotiated.group)?.[1]
    const answer = share && answerShare(negotiated.group, share)
    if (!answer) return this.#unfinished(hello, negotiated)
    const returned = this.#returned(hello, negotiated)
    const earlyOffered = extension(hello, Extension.earlyData) !== undefined
    await this.#flight(hello, negotiated, answer, returned, earlyOffered && !retried)
  }

  async #negotiate(hello: ClientHello): Promise<Negotiated> {
    const { tls13, refusals } = this.#connection.script
    const suites = tls13.suites.filter((suite) => hello.suites.includes(suite))
    const suite = tls13.suiteOrder === 'server' ? suites[0] : hello.suites.find((one) => suites.includes(one))
    if (suite === undefined) return this.#connection.react(refusals.suite)
    const offered = groups(hello)
    // RFC 8446 §9.2: without supported_groups there is nothing to agree in.
    if (!offered) return this.#connection.react({ alert: 109 })
    const usable = tls13.groups.filter((group) => offered.includes(group))
    const shared = keyShares(hello).find(([group]) => usable.includes(group))?.[0]
    const group = tls13.groupOrder === 'share' ? (shared ?? usable[0]) : usable[0]
    if (group === undefined) return this.#connection.react(refusals.group)
    return { suite, form: SUITES[suite] ?? { ...SUITES[0x1301]!, cipher: '' }, group }
  }

  #helloExtensions(...more: readonly Buffer[]): Buffer {
    return Buffer.concat([extensionBytes(Extension.supportedVersions, u16(TLS13)), ...more])
  }

  /** HelloRetryRequest, RFC 8446 §4.1.4, and the second hello. */
  async #retry(first: ClientHello, negotiated: Negotiated): Promise<ClientHello> {
    const { tls13 } = this.#connection.script
    const more = [extensionBytes(Extension.keyShare, u16(negotiated.group))]
    if (tls13.cookie) more.push(extensionBytes(Extension.cookie, vector(2, randomBytes(32))))
    const retry = this.#helloMessage(first, negotiated.suite, RETRY_RANDOM, this.#helloExtensions(...more))
    const hash = createHash(negotiated.form.hash).update(first.raw).digest()
    this.#messages = [handshake(Message.messageHash, hash), retry]
    await this.#connection.send(Content.handshake, retry)
    if (first.sessionId.length > 0) await this.#connection.send(Content.ccs, u8(1))
    this.#connection.skippable = extension(first, Extension.earlyData) ? SKIPPABLE : 0
    const incoming = await this.#handshakeMessage()
    const hello = incoming.type === Message.clientHello ? parseClientHello(incoming.raw, TLS12) : undefined
    if (!hello) return this.#connection.react({ alert: Alert.unexpectedMessage })
    this.#connection.wire.hellos.push(hello)
    const follows = keyShares(hello).some(([group]) => group === negotiated.group)
    return follows ? hello : this.#connection.react({ alert: Alert.illegalParameter })
  }

  #helloMessage(hello: ClientHello, suite: number, random: Buffer, extensions: Buffer): Buffer {
    const { lies } = this.#connection.script
    const fields = { version: TLS12, suite: lies.suite?.(hello) ?? suite, compression: lies.compression ?? 0, random, extensions }
    return serverHello({ ...fields, sessionId: hello.sessionId })
  }

  /** A group or suite that nobody here computes in: a ServerHello in the right shape, then what looks like ciphertext. */
  async #unfinished(hello: ClientHello, negotiated: Negotiated): Promise<never> {
    const share = extensionBytes(Extension.keyShare, u16(negotiated.group), vector(2, randomBytes(65)))
    const message = this.#helloMessage(hello, negotiated.suite, randomBytes(32), this.#helloExtensions(share))
    await this.#connection.send(Content.handshake, message)
    await this.#connection.wire.write(record(Content.application, TLS12, randomBytes(900)))
    return this.#connection.react('silence')
  }

  /** The first identity that this server gave out and whose binder is right, RFC 8446 §4.2.11. */
  #returned(hello: ClientHello, negotiated: Negotiated): Returned | undefined {
    const data = extension(hello, Extension.preSharedKey)
    const modes = extension(hello, Extension.pskKeyExchangeModes)
    if (!this.#connection.script.tls13.acceptsPsk || !data || !modes?.subarray(1).includes(PSK_DHE)) return undefined
    const cursor = new Cursor(data)
    const list = new Cursor(cursor.vector(2))
    const bindersLength = cursor.left
    const binders = new Cursor(cursor.vector(2))
    for (let index = 0; list.left > 0; index++) {
      const session = this.#shared.tickets.get(list.vector(2).toString('hex'))
      const age = (list.u32() - (session?.ageAdd ?? 0)) >>> 0
      const binder = binders.vector(1)
      if (age < this.#connection.script.tls13.leastTicketAge) continue
      if (session?.version !== TLS13 || SUITES[session.suite]?.hash !== negotiated.form.hash) continue
      const cut = hello.raw.subarray(0, hello.raw.length - bindersLength)
      if (binder.equals(this.#binder(session, cut))) return { session, index }
    }
    return undefined
  }

  #binder(session: Session, truncated: Buffer): Buffer {
    const early = extract(this.#form.hash, this.#zeros(), session.secret)
    const key = this.#derive(early, 'res binder', [])
    return this.#finishedMac(key, [...this.#messages.slice(0, -1), truncated])
  }

  #zeros(): Buffer {
    return Buffer.alloc(this.#form.hash === 'sha384' ? 48 : 32)
  }

  #hash(messages: readonly Buffer[]): Buffer {
    return createHash(this.#form.hash).update(Buffer.concat(messages)).digest()
  }

  #derive(secret: Buffer, label: string, messages: readonly Buffer[]): Buffer {
    return expandLabel(this.#form.hash, secret, label, this.#hash(messages), this.#zeros().length)
  }

  #finishedMac(secret: Buffer, messages: readonly Buffer[]): Buffer {
    const key = expandLabel(this.#form.hash, secret, 'finished', Buffer.alloc(0), this.#zeros().length)
    return createHmac(this.#form.hash, createSecretKey(key)).update(this.#hash(messages)).digest()
  }

  #protection(secret: Buffer): Protection13 {
    const { hash, cipher, keyLength } = this.#form
    return protection13(
      cipher,
      expandLabel(hash, secret, 'key', Buffer.alloc(0), keyLength),
      expandLabel(hash, secret, 'iv', Buffer.alloc(0), 12),
    )
  }

  /** ServerHello to both Finished, then the tickets. RFC 8446 §7.1 for the secrets. */
  async #flight(
    hello: ClientHello,
    negotiated: Negotiated,
    answer: { readonly share: Buffer; readonly secret: Buffer },
    returned: Returned | undefined,
    earlyOffered: boolean,
  ): Promise<void> {
    if (!negotiated.form.cipher) return this.#unfinished(hello, negotiated)
    const { tls13 } = this.#connection.script
    const early = extract(this.#form.hash, this.#zeros(), returned?.session.secret ?? this.#zeros())
    const clientEarly = this.#derive(early, 'c e traffic', this.#messages)
    const takesEarly = earlyOffered && returned?.index === 0 && tls13.acceptsEarlyData && returned.session.maxEarlyData > 0
    const share = extensionBytes(Extension.keyShare, u16(negotiated.group), vector(2, answer.share))
    const psk = returned ? [extensionBytes(Extension.preSharedKey, u16(returned.index))] : []
    const first = this.#helloMessage(hello, negotiated.suite, randomBytes(32), this.#helloExtensions(share, ...psk))
    this.#messages.push(first)
    await this.#connection.send(Content.handshake, first)
    if (hello.sessionId.length > 0 && this.#messages.length === 2) await this.#connection.send(Content.ccs, u8(1))
    const handshakeSecret = extract(this.#form.hash, this.#derive(early, 'derived', []), answer.secret)
    const clientSecret = this.#derive(handshakeSecret, 'c hs traffic', this.#messages)
    const serverSecret = this.#derive(handshakeSecret, 's hs traffic', this.#messages)
    this.#connection.writer13 = this.#protection(serverSecret)
    await this.#encryptedFlight(hello, returned !== undefined, takesEarly, serverSecret)
    const master = extract(this.#form.hash, this.#derive(handshakeSecret, 'derived', []), this.#zeros())
    const [clientApp, serverApp] = [
      this.#derive(master, 'c ap traffic', this.#messages),
      this.#derive(master, 's ap traffic', this.#messages),
    ]
    this.#connection.writer13 = this.#protection(serverApp)
    if (takesEarly) await this.#readEarly(clientEarly)
    this.#connection.skippable = earlyOffered && !takesEarly ? SKIPPABLE : 0
    this.#connection.reader13 = this.#protection(clientSecret)
    await this.#clientFinished(clientSecret)
    this.#connection.reader13 = this.#protection(clientApp)
    await this.#tickets(negotiated.suite, this.#derive(master, 'res master', this.#messages))
  }

  async #encryptedFlight(hello: ClientHello, resumed: boolean, takesEarly: boolean, secret: Buffer): Promise<void> {
    const { script } = this.#connection
    const protocol = script.alpn.find((name) => alpn(hello).includes(name))
    const extensions = [
      ...(protocol ? [extensionBytes(Extension.alpn, vector(2, vector(1, Buffer.from(protocol))))] : []),
      ...(takesEarly ? [extensionBytes(Extension.earlyData)] : []),
      ...script.unsolicited.map(([type, data]) => extensionBytes(type, data)),
    ]
    const flight = [handshake(Message.encryptedExtensions, vector(2, ...extensions))]
    if (!resumed && script.certificateRequest) flight.push(certificateRequest13())
    if (!resumed) flight.push(...(await this.#authentication(hello, [...this.#messages, ...flight])))
    const finished = handshake(Message.finished, this.#finishedMac(secret, [...this.#messages, ...flight]))
    this.#messages.push(...flight, finished)
    await this.#connection.send(Content.handshake, Buffer.concat([...flight, finished]))
  }

  /** Certificate and CertificateVerify, RFC 8446 §4.4. */
  async #authentication(hello: ClientHello, before: readonly Buffer[]): Promise<Buffer[]> {
    const { script } = this.#connection
    const scheme = script.tls13.signatureSchemes.find((one) => signatureSchemes(hello)?.includes(one))
    if (scheme === undefined) return this.#connection.react({ alert: Alert.handshakeFailure })
    const one = identity((scheme & 0xff) === 3 ? 'ecdsa' : script.rsaKey)
    const certificate = handshake(Message.certificate, vector(1), vector(3, vector(3, one.certificate), vector(2)))
    const context = Buffer.concat([Buffer.alloc(64, 0x20), Buffer.from('TLS 1.3, server CertificateVerify\0')])
    const signature = signWith(scheme, one.privateKey, Buffer.concat([context, this.#hash([...before, certificate])]))
    return [certificate, handshake(Message.certificateVerify, u16(scheme), vector(2, signature))]
  }

  /** 0-RTT data up to EndOfEarlyData, RFC 8446 §4.5. */
  async #readEarly(secret: Buffer): Promise<void> {
    this.#connection.reader13 = this.#protection(secret)
    for (;;) {
      const incoming = await this.#next()
      if (incoming.kind === 'application') this.#early.push(incoming.data)
      else if (incoming.kind === 'handshake' && incoming.type === Message.endOfEarlyData) return void this.#messages.push(incoming.raw)
      else await this.#connection.react({ alert: Alert.unexpectedMessage })
    }
  }

  /** The client's Certificate, CertificateVerify and Finished, of which only the last has to come. */
  async #clientFinished(secret: Buffer): Promise<void> {
    let incoming = await this.#handshakeMessage()
    const wanted = this.#connection.script.certificateRequest
    // An empty list of certificates: a context of no bytes, and a length of three bytes that says none.
    const empty = wanted?.required && incoming.type === Message.certificate && incoming.body.length <= 4
    const before: readonly number[] = wanted ? [Message.certificate, Message.certificateVerify] : []
    while (before.includes(incoming.type)) {
      this.#messages.push(incoming.raw)
      incoming = await this.#handshakeMessage()
    }
    if (empty) return this.#connection.react({ alert: Alert.certificateRequired })
    const expected = this.#finishedMac(secret, this.#messages)
    if (incoming.type !== Message.finished || !incoming.body.equals(expected)) return this.#connection.react({ alert: Alert.decryptError })
    this.#messages.push(incoming.raw)
  }

  /** NewSessionTicket, RFC 8446 §4.6.1. */
  async #tickets(suite: number, resumption: Buffer): Promise<void> {
    const { tls13 } = this.#connection.script
    for (let number = 0; number < tls13.tickets; number++) {
      const [nonce, ticket, age] = [u8(number), randomBytes(192), randomBytes(4)]
      const secret = expandLabel(this.#form.hash, resumption, 'resumption', nonce, this.#zeros().length)
      this.#shared.tickets.set(ticket.toString('hex'), {
        version: TLS13,
        suite,
        secret,
        extendedMasterSecret: true,
        maxEarlyData: tls13.maxEarlyData,
        ageAdd: age.readUInt32BE(),
      })
      const extensions = tls13.maxEarlyData > 0 ? [extensionBytes(Extension.earlyData, u32(tls13.maxEarlyData))] : []
      const message = handshake(
        Message.newSessionTicket,
        u32(tls13.ticketLifetime),
        age,
        vector(1, nonce),
        vector(2, ticket),
        vector(2, ...extensions),
      )
      await this.#connection.send(Content.handshake, message)
    }
  }

  /** The next piece but for the compatibility ChangeCipherSpec, RFC 8446 §D.4. */
  async #next(): Promise<Incoming> {
    for (;;) {
      const incoming = await this.#connection.next()
      if (incoming.kind !== 'ccs') return incoming
    }
  }

  async #handshakeMessage(): Promise<Incoming & { kind: 'handshake' }> {
    const incoming = await this.#next()
    if (incoming.kind === 'handshake') return incoming
    if (incoming.kind === 'bad') return this.#connection.react({ alert: incoming.alert })
    if (incoming.kind === 'gone' || incoming.kind === 'alert') throw new Over()
    return this.#connection.react({ alert: Alert.unexpectedMessage })
  }

  async receive(): Promise<Buffer | undefined> {
    const early = this.#early.shift()
    if (early) return early
    const incoming = await this.#next()
    if (incoming.kind === 'application') return incoming.data
    if (incoming.kind === 'bad') return this.#connection.react({ alert: incoming.alert })
    if (incoming.kind === 'handshake') return this.#connection.react({ alert: Alert.unexpectedMessage })
    return undefined
  }

  async write(data: Buffer): Promise<void> {
    await this.#connection.send(Content.application, data)
  }
}

/** RFC 8446 §4.3.2. */
function certificateRequest13(): Buffer {
  const schemes = extensionBytes(Extension.signatureAlgorithms, vector(2, u16(0x0403), u16(0x0804)))
  return handshake(Message.certificateRequest, vector(1), vector(2, schemes))
}

/** RFC 8446 §5.2. */
function protection13(cipher: string, key: Buffer, iv: Buffer): Protection13 {
  let [sent, received] = [0n, 0n]
  const header = (length: number): Buffer => Buffer.concat([u8(Content.application), u16(TLS12), u16(length)])
  return {
    seal(type, plain) {
      const inner = Buffer.concat([plain, u8(type)])
      return sealAead(cipher, key, xorNonce(iv, sent++), header(inner.length + 16), inner)
    },
    open(fragment) {
      if (fragment.length < 17) return undefined
      const inner = openAead(cipher, key, xorNonce(iv, received), header(fragment.length), fragment)
      if (!inner) return undefined
      received++
      let end = inner.length - 1
      while (end > 0 && inner[end] === 0) end--
      return { type: inner[end]!, plain: inner.subarray(0, end) }
    },
  }
}

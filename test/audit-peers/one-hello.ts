/** One hello on a connection of its own, and what came back: read here, byte by byte, since the code under test must not prove itself. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { clientHello } from '../peers/hellos.ts'

/** What is said before TLS: each text is sent, and then waited until what has come since looks like this. */
export type Preamble = readonly { readonly send: string; readonly until?: RegExp }[]

/** Where a server is, and what comes before its TLS. */
export interface Entry {
  readonly port: number
  readonly preamble?: Preamble
  /** The server counts a connection for a while after a refusal: the next one waits until it has let go. */
  readonly lingers?: true
}

/** What one hello was answered with. */
export interface Reply {
  /** Undefined where no ServerHello came. */
  readonly version?: number
  readonly suite?: number
  /** Of a HelloRetryRequest or of an ECDHE ServerKeyExchange. */
  readonly group?: number
  /** Bits of the modulus of a DHE ServerKeyExchange. */
  readonly modulus?: number
  /** `server-hello`, `alert 40`, `closed`, `reset`, `silent`, `text`. */
  readonly how: string
}

export interface Offer {
  readonly version: number
  readonly suites: readonly number[]
  readonly groups: readonly number[]
}

const SERVER_NAME = 'mail.example.test'
const TLS12 = 0x0303
const TLS13 = 0x0304
const SSL3 = 0x0300
const PATIENCE_MS = 4000
/** A server that resets, says nothing, or says in clear that it has enough, is asked again. */
const TRIES = 12

/** Every signature scheme in use: RSA in both paddings, ECDSA, Ed25519, Ed448, DSA. */
// prettier-ignore
const SCHEMES: readonly number[] = [
  0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601,
  0x0303, 0x0301, 0x0203, 0x0201, 0x0402, 0x0302, 0x0202,
]

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff])
const sized = (content: Buffer): Buffer => Buffer.concat([u16(content.length), content])
const numbers = (values: readonly number[]): Buffer => sized(Buffer.concat(values.map(u16)))

/** Says one hello, as often as it takes to hear an answer. */
export function sayHello(entry: Entry, offer: Offer): Promise<Reply> {
  return sayBytes(entry, encode(offer))
}

/** The same for a hello that was made elsewhere. */
export async function sayBytes(entry: Entry, hello: Buffer): Promise<Reply> {
  for (let tries = 1; ; tries++) {
    const reply = await sayOnce(entry, hello)
    if (reply.how !== 'silent' && reply.how !== 'reset' && reply.how !== 'text') return reply
    if (tries === TRIES || (reply.how === 'silent' && tries === 2)) return reply
    await delay(50 * tries)
  }
}

function encode({ version, suites, groups }: Offer): Buffer {
  // Whoever says nothing of secure renegotiation is refused by some, RFC 5746 §3.3.
  const all = version === TLS13 ? suites : [...suites, 0x00ff]
  if (version === SSL3) return clientHello(version, all)
  const name = Buffer.from(SERVER_NAME)
  const common: (readonly [number, Buffer])[] = [
    [0, sized(Buffer.concat([Buffer.from([0]), sized(name)]))],
    [10, numbers(groups)],
    [11, Buffer.from([1, 0])],
    [23, Buffer.alloc(0)],
  ]
  if (version >= TLS12) common.push([13, numbers(SCHEMES)])
  if (version === TLS13) common.push([43, Buffer.from([2, 3, 4])], [45, Buffer.from([1, 1])], [51, numbers([])])
  return clientHello(version, all, common)
}

async function sayOnce({ port, preamble = [], lingers }: Entry, hello: Buffer): Promise<Reply> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  const steps: Preamble = [...preamble, { send: hello.toString('latin1') }]
  let reply: Reply = { how: 'closed' }
  let bytes = Buffer.alloc(0)
  let step = -1
  const go = (): void => {
    do socket.write(steps[++step]?.send ?? '', 'latin1')
    while (step < steps.length - 1 && !waits(steps[step]))
    bytes = Buffer.alloc(0)
  }
  const end = (how: Reply): void => {
    reply = how
    if (lingers === true) socket.end()
    else socket.destroy()
  }
  const timer = setTimeout(() => {
    end({ how: 'silent' })
    socket.destroy()
  }, PATIENCE_MS)
  socket.on('error', (error: NodeJS.ErrnoException) => (reply = { how: error.code === 'EPIPE' ? 'closed' : 'reset' }))
  socket.on('end', () => {
    if (reply.how === 'closed') end(readFlight(bytes, true) ?? reply)
    socket.destroy()
  })
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    if (step < steps.length - 1) {
      if (steps[step]?.until?.test(bytes.toString('latin1')) === true) go()
      return
    }
    const heard = reply.how === 'closed' ? readFlight(bytes) : undefined
    if (heard !== undefined) end(heard)
  })
  go()
  await once(socket, 'close').catch(() => undefined)
  clearTimeout(timer)
  return step === steps.length - 1 ? reply : { how: 'text' }
}

function waits(step: Preamble[number] | undefined): boolean {
  return step?.until !== undefined
}

const RETRY = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c'
const ALERT = 21
const HANDSHAKE = 22
const SERVER_HELLO = 2
const SERVER_KEY_EXCHANGE = 12
const SERVER_HELLO_DONE = 14
const NAMED_CURVE = 3

/** The reply that these bytes make, or undefined while more has to come; with `over` nothing more will. */
function readFlight(bytes: Buffer, over = false): Reply | undefined {
  if (/^[ -~]{3}/.test(bytes.toString('latin1', 0, 3))) return { how: 'text' }
  let messages = Buffer.alloc(0)
  let reply: Reply | undefined
  let alert: string | undefined
  for (let at = 0; at + 5 <= bytes.length;) {
    const content = bytes.subarray(at + 5, at + 5 + bytes.readUInt16BE(at + 3))
    if (content.length < bytes.readUInt16BE(at + 3)) break
    // unrecognized_name as a warning, RFC 6066 §3, is not the answer.
    if (bytes[at] === ALERT && content[0] === 2) alert = `alert ${content[1]}`
    if (bytes[at] === HANDSHAKE) messages = Buffer.concat([messages, content])
    at += 5 + content.length
  }
  for (let at = 0; at + 4 <= messages.length;) {
    const body = messages.subarray(at + 4, at + 4 + messages.readUIntBE(at + 1, 3))
    if (body.length < messages.readUIntBE(at + 1, 3)) break
    const type = messages[at]
    if (type === SERVER_HELLO) reply = readServerHello(body)
    if (type === SERVER_KEY_EXCHANGE && reply?.suite !== undefined) reply = { ...reply, ...readKeyExchange(body) }
    if (type === SERVER_HELLO_DONE || reply?.version === TLS13) return reply
    at += 4 + body.length
  }
  // OpenSMTPD names a suite and breaks off.
  if (alert !== undefined) return reply ?? { how: alert }
  return over ? reply : undefined
}

function readServerHello(body: Buffer): Reply {
  const afterSession = 35 + (body[34] ?? 0)
  const reply = { how: 'server-hello', version: body.readUInt16BE(0), suite: body.readUInt16BE(afterSession) }
  const isRetry = body.subarray(2, 34).toString('hex') === RETRY
  const extensions = body.subarray(afterSession + 5)
  let version: number | undefined
  let group: number | undefined
  for (let at = 0; at + 4 <= extensions.length; at += 4 + extensions.readUInt16BE(at + 2)) {
    const type = extensions.readUInt16BE(at)
    if (type === 43) version = extensions.readUInt16BE(at + 4)
    if (type === 51 && isRetry) group = extensions.readUInt16BE(at + 4)
  }
  return { ...reply, ...(version === undefined ? {} : { version }), ...(group === undefined ? {} : { group }) }
}

/** A curve begins with its type; a prime with its length, whose first byte is never 3 here. */
function readKeyExchange(body: Buffer): Pick<Reply, 'group' | 'modulus'> {
  if (body[0] === NAMED_CURVE) return { group: body.readUInt16BE(1) }
  const prime = body.subarray(2, 2 + body.readUInt16BE(0))
  const start = prime.findIndex((byte) => byte !== 0)
  return start < 0 ? {} : { modulus: (prime.length - start) * 8 - Math.clz32(prime[start] ?? 0) + 24 }
}

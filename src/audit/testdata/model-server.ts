import type { Clear } from '../../dialects/index.ts'
import { alertDescription, type AlertName } from '../../registry/index.ts'
import {
  CONTENT_TYPE,
  decodeClientHello,
  encodeAlert,
  encodeHandshake,
  encodeRecord,
  encodeServerHello,
  FlightReader,
  HANDSHAKE_TYPE,
  type ClientHello,
} from '../../wire/index.ts'
import type { ReadyLine } from '../lanes.ts'
import type { Ending, Line } from '../line.ts'
import { Manners } from '../manners.ts'
import type { Search } from '../search.ts'

/** A server without a socket: what it says to a ClientHello, and how it ends. */
export type Model = (hello: ClientHello) => Uint8Array | Ending

/** Which of these items a server takes: the best of its own order, or the first of the client's. */
export function choice(accepts: readonly number[], by: 'server' | 'client', offered: readonly number[]): number | undefined {
  return by === 'server' ? accepts.find((item) => offered.includes(item)) : offered.find((item) => accepts.includes(item))
}

/** A fatal alert in a record. */
export function alertBytes(name: AlertName, level: 1 | 2 = 2): Uint8Array {
  return recordOf(CONTENT_TYPE.alert, encodeAlert({ level, description: alertDescription.code(name) }))
}

/** A ServerHello up to TLS 1.2 and the end of the flight. */
export function helloBytes(version: number, suite: number): Uint8Array {
  const hello = encodeServerHello({
    legacyVersion: version,
    random: new Uint8Array(32),
    legacySessionIdEcho: new Uint8Array(0),
    cipherSuite: suite,
    legacyCompressionMethod: 0,
    extensions: [],
  })
  return recordOf(
    CONTENT_TYPE.handshake,
    encodeHandshake({ type: HANDSHAKE_TYPE.server_hello, body: hello }),
    encodeHandshake({ type: HANDSHAKE_TYPE.server_hello_done, body: new Uint8Array(0) }),
  )
}

export function recordOf(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return encodeRecord({ type, legacyRecordVersion: 0x0303, fragment: Buffer.concat(parts) })
}

/** The ClientHello in what a client sends. */
export function clientHelloOf(bytes: Uint8Array): ClientHello {
  const reader = new FlightReader()
  reader.push(bytes)
  const item = reader.next()
  if (item?.kind !== 'handshake') throw new Error('no ClientHello')
  return decodeClientHello(item.body)
}

const CLEAR: Clear = {
  banner: '',
  capabilities: [],
  starttls: 'unknown',
  authBeforeTls: [],
  authComplete: false,
  textAfterGoAhead: 'not-applicable',
}

/** A line to a model. What it says comes when the gate opens. */
export function lineTo(model: Model, gate: Promise<void> = Promise.resolve()): Line {
  let said: Uint8Array | Ending = 'silent'
  const line: Pick<Line, 'send' | 'receive' | 'waited'> = {
    waited: 0,
    send: (bytes) => {
      said = model(clientHelloOf(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes))
    },
    receive: async () => {
      await gate
      const heard = said
      if (typeof heard !== 'string') said = 'closed'
      return heard
    },
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- those who say a hello and hear an answer use no more of a line
  return line as Line
}

/** Manners towards a server that stands any number of connections. */
export function calmManners(): Manners {
  return new Manners({
    patience: 100,
    heard: () => undefined,
    lanes: {
      throttled: 0,
      ended: undefined,
      placeOf: () => ({ number: 0, beside: [] }),
      crowded: () => undefined,
      insist: (line, ask) => ask(line),
      alone: () => Promise.reject(new Error('nobody is crowded')),
    },
  })
}

const MOST_ROUNDS = 2000

/** Asks until a search is done, `width` questions at a time, whose answers come in reverse. Gives how many were asked. */
export async function drive(search: Search, model: Model, width = 1): Promise<number> {
  let questions = 0
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (search.done) return questions
    const running: { open: () => void; over: Promise<void> }[] = []
    while (running.length < width) {
      const ask = search.next(false) ?? (running.length === 0 ? undefined : search.next(true))
      if (ask === undefined) break
      const gate = Promise.withResolvers<void>()
      const ready: ReadyLine = { line: lineTo(model, gate.promise), clear: CLEAR, number: ++questions }
      running.push({ open: gate.resolve, over: ask.run(ready) })
    }
    if (running.length === 0) throw new Error('stuck')
    for (const { open, over } of running.toReversed()) {
      open()
      await over
    }
  }
  throw new Error('never ends')
}

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import fc from 'fast-check'

import type { DataRequest, Relay, RelayMaker, RelayOptions, RelayStep } from '../relay.ts'
import { latin1, octets } from './lines.ts'

/** A conversation through a relay, why it is worth a test, and what must come of it. */
export interface Conversation {
  readonly why: string
  readonly options?: Partial<RelayOptions>
  /**
   * A line each. What comes: `C: text` from the client and `S: text` from the server behind, as lines with CRLF; `C= text` without an end,
   * `C; text` with LF alone, `C< 16 03` octets in hex; `TLS`: it stands; `AWAY words` and `AWAY? words`: turned away, for good and for now;
   * `LOST`: the server is gone; `DATA 192.0.2.1 50000` and `NODATA`: what became of a data connection; `BEHIND`: the server is in TLS;
   * `COME`: a client comes to a relay that begins without a server. What follows from it: `c: text` the client hears, `s: text` the server hears, `c=` and `s=` as above,
   * `=> tls 16 03`, `=> end quit`, `=> copy`, `=> data listen 40000`, `=> connect`. Lines of one side that follow each other come together.
   */
  readonly talk: string
}

export const OPTIONS: RelayOptions = { tls: 'offered', hidesLogin: false, longestLine: 1000, gateName: 'gate.example' }

/** What a relay has done. */
interface Done {
  server: string
  client: string
  tls: string | undefined
  end: string | undefined
  copy: boolean
  data: string
  connect: boolean
}

type Input =
  | { readonly kind: 'client' | 'server'; readonly text: string }
  | { readonly kind: 'TLS' | 'AWAY' | 'AWAY?' | 'LOST' | 'DATA' | 'NODATA' | 'BEHIND' | 'COME'; readonly text: string }

interface Turn {
  readonly input: Input
  readonly expected: Done
}

function nothing(): Done {
  return { server: '', client: '', tls: undefined, end: undefined, copy: false, data: '', connect: false }
}

function wire(mark: string, text: string): string {
  if (mark === ':') return `${text}\r\n`
  if (mark === ';') return `${text}\n`
  return mark === '<' ? latin1(Buffer.from(text.replaceAll(' ', ''), 'hex')) : text
}

function turns(talk: string): Turn[] {
  const found: { input: { kind: Input['kind']; text: string }; expected: Done; open: boolean }[] = []
  for (const line of talk.split('\n').map((one) => one.trimStart())) {
    if (line === '') continue
    const [, who = '', mark = '', text = ''] = /^([CScs])([:;=<]) ?(.*)$/s.exec(line) ?? []
    const last = found.at(-1)
    if (who === 'C' || who === 'S') {
      const kind = who === 'C' ? 'client' : 'server'
      if (last?.open === true && last.input.kind === kind) last.input.text += wire(mark, text)
      else found.push({ input: { kind, text: wire(mark, text) }, expected: nothing(), open: true })
      continue
    }
    const [, event, words = ''] = /^(TLS|AWAY\??|LOST|DATA|NODATA|BEHIND|COME)(?: (.*))?$/s.exec(line) ?? []
    if (event !== undefined) {
      found.push({ input: { kind: event as 'TLS', text: words }, expected: nothing(), open: false })
      continue
    }
    assert.ok(last !== undefined, `${line}: something has to come first`)
    last.open = false
    const [, mention, rest = ''] = /^=> (tls|end|copy|data|connect)(?: (.*))?$/.exec(line) ?? []
    if (who === 's') last.expected.server += wire(mark, text)
    else if (who === 'c') last.expected.client += wire(mark, text)
    else if (mention === 'tls') last.expected.tls = wire('<', rest)
    else if (mention === 'data') last.expected.data += `${rest}\n`
    else if (mention === 'end') last.expected.end = rest
    else if (mention === 'copy') last.expected.copy = true
    else if (mention === 'connect') last.expected.connect = true
    else assert.fail(`cannot read ${line}`)
  }
  return found
}

type Cut = (text: string) => string[]
const whole: Cut = (text) => [text]
const byByte: Cut = (text) => text.split('')

function add(done: Done, step: RelayStep): void {
  assert.ok(done.end === undefined || Object.keys(step).length === 0, 'nothing follows the end')
  if (step.toServer) done.server += latin1(step.toServer)
  if (step.toClient) done.client += latin1(step.toClient)
  if (step.tls) done.tls = (done.tls ?? '') + latin1(step.tls.rest)
  if (step.end) done.end = step.end
  if (step.copy) done.copy = true
  if (step.connect) done.connect = true
  for (const request of step.data ?? []) done.data += `${dataText(request)}\n`
}

function dataText(request: DataRequest): string {
  if (request.kind === 'listen') return `listen ${request.serverPort}`
  if (request.kind === 'connect') return `connect ${request.port} ${request.serverPort}`
  if (request.kind === 'abort') return 'abort'
  return `transfer ${request.upload ? 'up' : 'down'} ${request.secure ? 'in TLS' : 'in the clear'}${request.serverSecure ? ', to the server in TLS' : ''}`
}

function give(relay: Relay, { kind, text }: Input, cut: Cut): Done {
  const done = nothing()
  if (kind === 'client') for (const segment of cut(text)) add(done, relay.fromClient(octets(segment)))
  else if (kind === 'server') for (const segment of cut(text)) add(done, relay.fromServer(octets(segment)))
  else if (kind === 'TLS') add(done, relay.secured(text === 'another' ? 'another' : 'same'))
  else if (kind === 'BEHIND') relay.serverInTls?.()
  else if (kind === 'COME') add(done, relay.greet?.() ?? {})
  else if (kind === 'NODATA') add(done, relay.dataReady?.(undefined) ?? {})
  else if (kind === 'DATA') {
    const [address = '', port = ''] = text.split(' ')
    add(done, relay.dataReady?.({ address, port: Number(port) }) ?? {})
  } else if (kind === 'LOST') add(done, relay.serverLost())
  else add(done, relay.turnAway({ words: text, temporary: kind === 'AWAY?' }))
  return done
}

function play(make: RelayMaker, { options, talk }: Conversation, cut: Cut): void {
  const relay = make({ ...OPTIONS, ...options })
  const all = turns(talk)
  for (const { input, expected } of all) {
    assert.deepEqual(give(relay, input, cut), expected, `${input.kind} ${JSON.stringify(input.text)}`)
  }
  if (all.at(-1)?.expected.end !== undefined) {
    const steps = [
      relay.fromClient(octets('x')),
      relay.fromServer(octets('x')),
      relay.secured(),
      relay.turnAway({ words: '', temporary: true }),
      relay.serverLost(),
      relay.dataReady?.({ address: '192.0.2.1', port: 1 }) ?? {},
    ]
    assert.deepEqual(steps, [{}, {}, {}, {}, {}, {}], 'nothing follows the end')
  }
  if (all.some(({ expected }) => expected.copy)) assert.deepEqual(relay.turnAway({ words: '', temporary: true }), {})
}

function cutter(sizes: readonly number[]): Cut {
  return (text) => {
    const segments: string[] = []
    for (let at = 0, index = 0; at < text.length; at += sizes[index++ % sizes.length]!)
      segments.push(text.slice(at, at + sizes[index % sizes.length]!))
    return segments
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 })

const settings: fc.Arbitrary<RelayOptions> = fc.record({
  tls: fc.constantFrom('offered', 'required', 'begun', 'none'),
  hidesLogin: fc.boolean(),
  longestLine: fc.constantFrom(60, 1000),
  gateName: fc.constant('gate.example'),
})

/** Pieces of the conversations and noise, from both sides, and events, in any order. */
function anything(conversations: readonly Conversation[]): fc.Arbitrary<Input[]> {
  const inputs = conversations.flatMap(({ talk }) => turns(talk).map(({ input }) => input))
  const piecesOf = (kind: Input['kind']) => [
    ...new Set(inputs.filter((input) => input.kind === kind).flatMap(({ text }) => [text, ...(text.match(/[^\n]*\n|[^\n]+$/g) ?? [])])),
  ]
  const noise = fc.uint8Array({ maxLength: 40 }).map((bytes) => latin1(bytes))
  const soup = (kind: 'client' | 'server') =>
    fc
      .array(
        fc.oneof(
          { weight: 8, arbitrary: fc.constantFrom(...piecesOf(kind)) },
          fc.constantFrom('\r\n', '\r', '{3}\r\n', '{4+}\r\n', '+ \r\n', '"'),
          noise,
        ),
        {
          maxLength: 5,
        },
      )
      .map((parts) => ({ kind, text: parts.join('') }))
  const event = fc.constantFrom<Input>(
    { kind: 'TLS', text: '' },
    { kind: 'AWAY', text: 'Too old' },
    { kind: 'AWAY?', text: 'Busy' },
    { kind: 'LOST', text: '' },
    { kind: 'DATA', text: '192.0.2.1 50000' },
    { kind: 'NODATA', text: '' },
  )
  const first = fc.constantFrom(...conversations.map(({ talk }) => turns(talk)[0]!.input))
  return fc
    .tuple(
      first,
      fc.array(fc.oneof({ weight: 5, arbitrary: soup('client') }, { weight: 5, arbitrary: soup('server') }, event), { maxLength: 12 }),
    )
    .map(([one, more]) => [one, ...more])
}

/** The relay's own conversations, and the laws that every relay obeys, tried on them. */
export function describeRelay(
  name: string,
  make: RelayMaker,
  conversations: readonly Conversation[],
  /** `heedsFull`: what comes beyond `isFull()` is held as well, up to an end. `beforeTls`: undefined where no dialect of this kind begins without it. */
  {
    floods,
    heedsFull = false,
    beforeTls,
  }: { readonly floods: readonly string[]; readonly heedsFull?: boolean; readonly beforeTls: RegExp | undefined },
): void {
  describe(name, () => {
    for (const conversation of conversations) test(conversation.why, () => play(make, conversation, whole))

    // Plain text behind a request for TLS is known for what it is when it comes with it; later it is broken TLS.
    const cuttable = conversations.filter(({ talk }) => !talk.includes('=> end starttls-injection'))
    test('the same comes of a conversation octet by octet', () => {
      for (const conversation of cuttable) play(make, conversation, byByte)
    })

    test('the same comes of a conversation in any segments', () => {
      fc.assert(fc.property(fc.constantFrom(...cuttable), sizes, (conversation, parts) => play(make, conversation, cutter(parts))))
    })

    test('the same comes of anything in any segments, and nothing is thrown', () => {
      fc.assert(
        fc.property(anything(conversations), settings, sizes, (inputs, options, parts) => compare(make, inputs, options, parts)),
        { numRuns: 1500 },
      )
    })

    test(
      'where TLS is required the server hears nothing before it but what leads there',
      { skip: beforeTls === undefined && 'TLS cannot be asked for in it' },
      () => {
        assert.ok(beforeTls !== undefined)
        fc.assert(
          fc.property(anything(conversations), (inputs) => {
            const relay = make({ ...OPTIONS, tls: 'required' })
            for (const input of inputs) {
              const { server, tls, end, copy } = give(relay, input, whole)
              for (const line of server.split('\r\n').slice(0, -1)) assert.match(line, beforeTls)
              assert.ok(server === '' || server.endsWith('\r\n'))
              assert.equal(copy, false)
              if (tls !== undefined || end !== undefined) return
            }
          }),
          { numRuns: 1000 },
        )
      },
    )

    test('what is held of a flood is bounded', () => {
      const places = conversations.flatMap(({ options, talk }) =>
        turns(talk).map((_turn, index, all) => ({ options: { ...OPTIONS, ...options }, before: all.slice(0, index) })),
      )
      fc.assert(
        fc.property(
          fc.constantFrom(...places),
          fc.constantFrom('fromClient', 'fromServer'),
          fc.constantFrom(...floods),
          (place, side, piece) => flood(make(place.options), place.before, side, piece, heedsFull),
        ),
        { numRuns: 120 },
      )
    })
  })
}

function compare(make: RelayMaker, inputs: readonly Input[], options: RelayOptions, parts: readonly number[]): void {
  const [one, other] = [make(options), make(options)]
  for (const input of inputs) {
    const expected = give(one, input, whole)
    const actual = give(other, input, cutter(parts))
    if (expected.end === 'starttls-injection') {
      assert.equal(actual.end, 'starttls-injection')
      return
    }
    assert.deepEqual(actual, expected, JSON.stringify(input))
    if (expected.end !== undefined) return
  }
}

const FLOOD = 200_000

/** The client has said good-bye or gone too far: what it says since is nobody's, and it hears the end of it behind the replies that are due. */
function isDone(relay: Relay): boolean {
  return ['quit', 'line-too-long', 'too-many-errors', 'not-the-protocol'].includes(relay.serverLost().end ?? '')
}

/** At some place of a conversation one side says the same thing without an end: it is passed on, it ends the connection, or it is not kept. */
function flood(relay: Relay, before: readonly Turn[], side: 'fromClient' | 'fromServer', piece: string, heedsFull: boolean): void {
  const done = before.map(({ input }) => give(relay, input, whole))
  // Between the go-ahead and TLS a client is read by TLS.
  const goAhead = done.findLastIndex(({ tls }) => tls !== undefined)
  if (side === 'fromClient' && goAhead > before.findLastIndex(({ input }) => input.kind === 'TLS')) return
  // Nor does a server say anything to which nobody has connected.
  if (side === 'fromServer' && relay.greet !== undefined && !done.some(({ connect }) => connect)) return
  const chunk = octets(piece.repeat(Math.ceil(10_000 / piece.length)))
  let [given, said, isOver, mayWait] = [0, 0, false, false]
  while (given < FLOOD && !isOver) {
    const step = relay[side](chunk)
    given += chunk.length
    said += (step.toClient?.length ?? 0) + (step.toServer?.length ?? 0)
    isOver = step.end !== undefined || step.tls !== undefined
    mayWait ||= relay.isFull?.() === true
    // Who carries bytes reads no further from a client of whom there is enough, and the relay may count on it.
    if (mayWait && heedsFull && side === 'fromClient') break
  }
  const isTurnedAway = before.some(({ input }) => input.kind.startsWith('AWAY'))
  const held = given - said
  const most = heedsFull ? 80_000 : 50_000
  if (!isOver && !isTurnedAway && held >= most) assert.ok(heedsFull && isDone(relay), `${held} octets are held of ${JSON.stringify(piece)}`)
  if (isOver && held > 100_000) assert.ok(mayWait, 'whoever reads no further when it is enough may go on')
  assert.ok(said < 6 * given + 10_000, `${said} octets were made of ${given}`)
}

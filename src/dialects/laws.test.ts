import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { PosternError } from '../errors.ts'
import { MAX_REPLY_LENGTH } from './cutter.ts'
import type { Clear, Dialect, Outcome } from './dialect.ts'
import * as everything from './index.ts'
import { DIALECTS } from './list.ts'
import { MAX_REPLIES, Opening, type OpeningOptions } from './opening.ts'

const NAMES = { clientName: 'client.example', serverName: 'server.example' }

/** A conversation, why it is worth a test, and what must come of it. */
export interface Transcript {
  readonly why: string
  /**
   * A line each: `S: text` and `C: text` are lines of server and client and end with CRLF on the wire, `S= text` and
   * `C= text` do not, `S; text` ends with LF alone, `S< 30 0c` and `C< 30 0c` are octets in hex. What the client says must come exactly so.
   */
  readonly talk: string
  readonly outcome: Outcome
  readonly clear?: Partial<Clear>
}

interface Turn {
  readonly server: string
  readonly client: string
}

function wire(line: string): string {
  const [mark, text] = [line.slice(1, 2), line.slice(3)]
  if (mark === ':') return `${text}\r\n`
  if (mark === ';') return `${text}\n`
  return mark === '<' ? Buffer.from(text.replaceAll(' ', ''), 'hex').toString('latin1') : text
}

/** What the client says at once, then turns: what the server says, what the client says to it. */
function turns(talk: string): Turn[] {
  const found: { server: string; client: string }[] = [{ server: '', client: '' }]
  for (const line of talk
    .split('\n')
    .map((one) => one.trimStart())
    .filter(Boolean)) {
    assert.match(line, /^[SC][:;=<] ?/, line)
    const last = found.at(-1)!
    if (line.startsWith('C')) last.client += wire(line)
    else if (last.client === '' && found.length > 1) last.server += wire(line)
    else found.push({ server: wire(line), client: '' })
  }
  return found
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

/** Where the server's text is cut; `last` is true for what it says last. */
type Cut = (text: string, last: boolean) => string[]

/** Runs a conversation, and holds the client to its words. */
function run(dialect: Dialect, talk: string, cut: Cut, options: Partial<OpeningOptions> = {}): Opening {
  const opening = new Opening(dialect, { ...NAMES, ...options })
  const all = turns(talk)
  const last = all.findLastIndex(({ server }) => server !== '')
  for (const [index, { server, client }] of all.entries()) {
    let sent = index === 0 ? opening.start() : ''
    for (const segment of server === '' ? [] : cut(server, index === last))
      if (opening.outcome === undefined) sent += opening.push(bytes(segment)).send
    assert.equal(sent, client)
  }
  return opening
}

const whole = (text: string) => [text]
const byByte = (text: string) => text.split('')

function check(opening: Opening, { outcome, clear }: Transcript, exactly: boolean): void {
  if (exactly || outcome.kind !== 'wrong-protocol') assert.deepEqual(opening.outcome, outcome)
  else assert.equal(opening.outcome?.kind, 'wrong-protocol')
  const seen: Record<string, unknown> = { ...opening.clear }
  for (const [name, value] of Object.entries(clear ?? {})) assert.deepEqual(seen[name], value, name)
}

/** The dialect's own transcripts, and the laws that every dialect obeys, tried on them. */
export function describeDialect(dialect: Dialect, transcripts: readonly Transcript[]): void {
  describe(dialect.name, () => {
    for (const transcript of transcripts) test(transcript.why, () => check(run(dialect, transcript.talk, whole), transcript, true))

    test('the same comes of a transcript byte by byte', () => {
      for (const transcript of transcripts) check(run(dialect, transcript.talk, byByte), transcript, false)
    })

    test('the same comes of a transcript in any segments', () => {
      const segments = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 })
      fc.assert(
        fc.property(fc.constantFrom(...transcripts), segments, (transcript, sizes) => {
          check(
            run(dialect, transcript.talk, (text) => cutBy(text, sizes)),
            transcript,
            false,
          )
        }),
        { numRuns: 60 },
      )
    })

    test('half a conversation has no outcome, and its end is no verdict on TLS', () => {
      for (const { talk, outcome } of transcripts) endEverywhere(dialect, turns(talk), outcome)
    })

    const ready = transcripts.filter(({ outcome }) => outcome.kind === 'ready')
    test('plain text behind the go-ahead is refused, or only recorded', () => {
      for (const { talk } of ready) if (turns(talk).some(({ server }) => server !== '')) injectBehind(dialect, talk)
    })

    test('a reply without an end is refused, and so are replies without an end', () => {
      for (const { talk } of transcripts) flood(dialect, turns(talk)[1]?.server ?? '')
    })

    test('any text brings an outcome, a question or an error of the peer', () => {
      fc.assert(
        fc.property(anyText(transcripts), fc.integer({ min: 1, max: 64 }), (text, size) => survive(dialect, text, size)),
        { numRuns: 300 },
      )
    })
  })
}

function cutBy(text: string, sizes: readonly number[]): string[] {
  const segments: string[] = []
  for (let at = 0, index = 0; at < text.length; at += sizes[index++ % sizes.length]!)
    segments.push(text.slice(at, at + sizes[index % sizes.length]!))
  return segments
}

function endEverywhere(dialect: Dialect, talk: readonly Turn[], outcome: Outcome): void {
  const all = talk.map(({ server }) => server).join('')
  for (let length = 0; length < all.length; length++) {
    const opening = new Opening(dialect, NAMES)
    opening.start()
    if (length > 0 && opening.outcome === undefined) opening.push(bytes(all.slice(0, length)))
    if (outcome.kind === 'wrong-protocol' && opening.outcome !== undefined) continue
    assert.equal(opening.outcome, undefined, `${length} of ${JSON.stringify(all)}`)
    const end = opening.end()
    assert.equal(end.kind === 'refused' && end.temporary, true)
    assert.equal(opening.outcome, end)
  }
}

function injectBehind(dialect: Dialect, talk: string): void {
  const injected: Cut = (text, last) => (last ? [`${text}X`] : [text])
  const opening = new Opening(dialect, NAMES)
  assert.throws(
    () => {
      opening.start()
      const all = turns(talk)
        .map(({ server }) => server)
        .filter(Boolean)
      for (const [index, server] of all.entries()) opening.push(bytes(injected(server, index === all.length - 1).join('')))
    },
    (error) => error instanceof PosternError && error.code === 'STARTTLS_INJECTION' && error.fault === 'peer' && error.remedy !== undefined,
  )
  assert.equal(opening.outcome, undefined, 'a refused go-ahead is not an outcome to go on with')
  assert.equal(opening.clear.textAfterGoAhead, true)
  assert.throws(() => opening.push(bytes('more')), { code: 'STARTTLS_INJECTION' })

  const recorded = run(dialect, talk, injected, { textAfterGoAhead: 'record' })
  assert.deepEqual(recorded.outcome, { kind: 'ready' })
  assert.equal(recorded.clear.textAfterGoAhead, true)
  assert.equal(run(dialect, talk, whole).clear.textAfterGoAhead, false)
}

/** The first words of a real greeting again and again, and one that never ends: within bounds comes an outcome or a refusal. */
function flood(dialect: Dialect, greeting: string): void {
  if (greeting === '') return
  const line = /^[^\r\n]*\r\n/.exec(greeting)?.[0] ?? greeting
  const endless = [
    greeting,
    line,
    line.replace(/^(\d\d\d) /, '$1-'),
    `${line.trimEnd()} ${'a'.repeat(100)}`,
    'a',
    '<a>',
    '{1}\r\na',
    '"a"\r\n',
  ]
  for (const piece of endless) {
    const opening = new Opening(dialect, NAMES)
    opening.start()
    let sent = 0
    const failure = attempt(() => {
      while (opening.outcome === undefined) {
        const chunk = piece.repeat(Math.ceil(1000 / piece.length))
        sent += chunk.length
        assert.ok(sent < 2 * MAX_REPLIES * (MAX_REPLY_LENGTH + 1000), `no end of ${JSON.stringify(piece)}`)
        opening.push(bytes(chunk))
      }
    })
    if (failure !== undefined) assert.match(failure.code, /^(?:REPLY_TOO_LONG|TOO_MANY_REPLIES|REPLY_MALFORMED|STARTTLS_INJECTION)$/)
  }
}

/** Pieces of the dialect's own language, shuffled, and noise. */
function anyText(transcripts: readonly Transcript[]): fc.Arbitrary<string> {
  const pieces = transcripts.flatMap(({ talk }) => turns(talk).map(({ server }) => server)).filter(Boolean)
  const lines = pieces.flatMap((piece) => piece.match(/[^\n]*\n|[^\n]+$/g) ?? [])
  const soup = fc.array(fc.constantFrom(...pieces, ...lines, '\r\n', '\0', '{3}\r\n', '"', '<', '>', ' ', '0', '\xff', '\x30\x84'), {
    maxLength: 12,
  })
  const noise = fc.uint8Array({ maxLength: 60 }).map((octets) => Buffer.from(octets).toString('latin1'))
  return fc.oneof(
    soup.map((parts) => parts.join('')),
    noise,
  )
}

function survive(dialect: Dialect, text: string, size: number): void {
  const opening = new Opening(dialect, NAMES)
  opening.start()
  const failure = attempt(() => {
    for (const segment of cutBy(text, [size])) if (opening.outcome === undefined) opening.push(bytes(segment))
  })
  if (failure !== undefined) {
    assert.equal(failure.fault, 'peer')
    assert.equal(opening.outcome, undefined)
  }
  const shown = [
    opening.clear.banner,
    ...opening.clear.capabilities,
    ...opening.clear.authBeforeTls,
    'heard' in opening.end() ? JSON.stringify(opening.end()) : '',
  ]
  for (const one of shown) assert.doesNotMatch(one, /[^\P{Cc}\n]/u, 'nothing that a stranger said reaches a terminal raw')
}

function attempt(work: () => void): PosternError | undefined {
  try {
    work()
  } catch (error) {
    if (error instanceof PosternError) return error
    throw error
  }
  return undefined
}

/** What all dialects share, and the dialects themselves have no names for. */
const MACHINERY = [
  'ber.ts',
  'cutter.ts',
  'dialect.ts',
  'guess.ts',
  'index.ts',
  'introduction.ts',
  'list.ts',
  'opening.ts',
  'relay.ts',
  'xclient.ts',
]

if (import.meta.main) {
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))

  test('every file of the folder is machinery or a dialect, which is in the list, at the door, and has described itself', async () => {
    for (const file of files.filter((one) => !MACHINERY.includes(one))) {
      const exports: Record<string, unknown> = await import(`./${file}`)
      assert.ok(Object.keys(exports).length > 0, `${file} exports no dialect`)
      for (const [name, dialect] of Object.entries(exports)) {
        assert.ok(
          DIALECTS.some((one) => one === dialect),
          `${name} of ${file} is not in list.ts`,
        )
        assert.equal((everything as Record<string, unknown>)[name], dialect, `${name} of ${file} is not in index.ts`)
        const tests = readFileSync(new URL(file.replace(/\.ts$/, '.test.ts'), import.meta.url), 'utf8')
        assert.ok(tests.includes(`describeDialect(${name},`), `${file} has a test that does not describe ${name}`)
      }
    }
  })

  test('names are unique, and a scheme and a way into TLS make one dialect', () => {
    assert.equal(new Set(DIALECTS.map(({ name }) => name)).size, DIALECTS.length)
    const schemes = DIALECTS.flatMap(({ name, doors }) => doors.map(({ scheme, tls }) => [scheme, `${name} ${tls}`] as const))
    for (const [scheme, meaning] of schemes) assert.equal(schemes.find(([one]) => one === scheme)?.[1], meaning, scheme)
  })

  test('a name that would end a line or an attribute is refused', () => {
    for (const name of ['a\r\nQUIT', "a'/>", 'a b', '', 'é']) {
      assert.throws(
        () => new Opening(everything.smtp, { clientName: name, serverName: 'x' }),
        { code: 'NAME_UNSAFE', fault: 'input' },
        name,
      )
    }
  })

  test('after an outcome nothing may be pushed', () => {
    const opening = new Opening(everything.tls, NAMES)
    opening.start()
    assert.throws(() => opening.push(bytes('x')), { code: 'OPENING_OVER', fault: 'bug' })
  })
}

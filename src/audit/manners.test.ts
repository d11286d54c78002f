import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { tls } from '../dialects/index.ts'
import { PosternError } from '../errors.ts'
import { EXTENSION_TYPE, type ClientHello } from '../wire/index.ts'
import { OLD_GROUPS, OLD_SUITES, SIGNATURE_SCHEMES } from './candidates.ts'
import type { Answer } from './exchange.ts'
import type { HelloOffer } from './hello.ts'
import { Lanes } from './lanes.ts'
import { Manners, styleOf, type MannersOptions } from './manners.ts'
import { alert, closed, notTls, reset, serverHello, silent } from './testdata/answers.ts'
import { loopback, pause } from './testdata/loopback.ts'
import { alertBytes, helloBytes, lineTo, type Model } from './testdata/model-server.ts'

const OFFER: HelloOffer = {
  protocol: 'TLSv1.2',
  suites: [0xc02f, 0x002f],
  groups: OLD_GROUPS,
  signatureSchemes: SIGNATURE_SCHEMES,
  serverName: 'mail.example',
}
const SHORT: HelloOffer = { ...OFFER, groups: [0x001d], signatureSchemes: [0x0401] }
const GOOD: Model = () => helloBytes(0x0303, 0xc02f)
const ALERT: Model = () => alertBytes('handshake_failure')
const CLOSED: Model = () => 'closed'

type FakeLanes = MannersOptions['lanes']

/** Lanes on which each connection is in the company that is given. */
function lanesWith(given: Partial<FakeLanes> = {}): FakeLanes {
  return {
    throttled: 0,
    ended: undefined,
    placeOf: () => ({ number: 1, beside: [] }),
    crowded: () => undefined,
    insist: (line, ask) => ask(line),
    alone: () => Promise.reject(new Error('nobody is crowded')),
    ...given,
  }
}

function mannersWith({ patience = 1000, lanes = lanesWith(), heard = () => undefined }: Partial<MannersOptions> = {}): Manners {
  return new Manners({ patience, lanes, heard })
}

/** The hellos that a model was told. */
function listening(model: Model): { model: Model; hellos: ClientHello[] } {
  const hellos: ClientHello[] = []
  return { hellos, model: (hello) => (hellos.push(hello), model(hello)) }
}

const pads = ({ extensions }: ClientHello): boolean => extensions?.some(({ type }) => type === EXTENSION_TYPE.padding) === true

describe('Manners: how long to wait', () => {
  test('a stranger is waited for with patience; one who has answered often and quickly with two fifths of it, and no less', async () => {
    const manners = mannersWith({ patience: 60_000 })
    for (let answers = 0; answers < 8; answers++) {
      assert.equal(manners.patience, 60_000, `${answers} answers`)
      await manners.ask(lineTo(GOOD), OFFER)
    }
    assert.equal(manners.patience, 24_000)
  })

  test('ten times the slowest answer, where that is more', async () => {
    const manners = mannersWith({ patience: 1000 })
    await manners.ask(lineTo(GOOD, pause(60)), OFFER)
    for (let answers = 1; answers < 8; answers++) await manners.ask(lineTo(GOOD), OFFER)
    assert.ok(manners.patience > 450 && manners.patience <= 1000, String(manners.patience))
  })

  test('silence teaches nothing', async () => {
    const manners = mannersWith({ patience: 50 })
    for (let times = 0; times < 10; times++)
      await manners.ask(
        lineTo(() => 'silent'),
        OFFER,
      )
    assert.equal(manners.patience, 50)
  })
})

describe('Manners: the form of a hello', () => {
  const shapes = [
    { form: 'full', groups: OLD_GROUPS.length, schemes: SIGNATURE_SCHEMES.length, reason: 'everything' },
    { form: 'short', groups: 4, schemes: 9, reason: 'what fits into 255 bytes' },
    { form: 'bare', groups: undefined, schemes: undefined, reason: 'no extensions at all' },
  ] as const
  for (const { form, groups, schemes, reason } of shapes) {
    test(`${form}: ${reason}, and that is what is noted`, async () => {
      const noted: HelloOffer[] = []
      const server = listening(GOOD)
      const manners = mannersWith({ heard: (offer) => noted.push(offer) })
      manners.form = form
      await manners.ask(lineTo(server.model), OFFER)
      const count = (type: number): number | undefined => {
        const data = server.hellos[0]?.extensions?.find((one) => one.type === type)?.data
        return data === undefined ? undefined : (data.length - 2) / 2
      }
      assert.deepEqual([count(EXTENSION_TYPE.supported_groups), count(EXTENSION_TYPE.signature_algorithms)], [groups, schemes])
      assert.deepEqual([noted.length, noted[0]?.bare === true, noted[0]?.suites], [1, form === 'bare', OFFER.suites])
    })
  }

  test('a hello between 256 and 511 bytes is padded when it is said again, and all of them once that has helped, RFC 7685 §1', async () => {
    const server = listening((hello) => (pads(hello) ? helloBytes(0x0303, 0xc02f) : 'silent'))
    const manners = mannersWith({ patience: 30 })
    const said = async (again: boolean): Promise<string> => (await manners.ask(lineTo(server.model), OFFER, { again })).kind
    assert.deepEqual([await said(false), await said(true), await said(false)], ['silent', 'server-hello', 'server-hello'])
    assert.deepEqual(server.hellos.map(pads), [false, true, true])
  })

  test('padding that has not helped is not kept', async () => {
    const server = listening(() => 'silent')
    const manners = mannersWith({ patience: 20 })
    await manners.ask(lineTo(server.model), OFFER, { again: true })
    await manners.ask(lineTo(server.model), OFFER)
    assert.deepEqual(server.hellos.map(pads), [true, false])
  })

  const long = [
    { offer: { ...OFFER, suites: OLD_SUITES }, model: GOOD, stood: true, reason: 'a long hello that was answered' },
    { offer: { ...OFFER, suites: OLD_SUITES }, model: ALERT, stood: false, reason: 'one that was refused: perhaps for its length' },
    { offer: SHORT, model: GOOD, stood: false, reason: 'a short one' },
  ]
  for (const { offer, model, stood, reason } of long) {
    test(`stoodLong is ${String(stood)} after ${reason}`, async () => {
      const manners = mannersWith()
      await manners.ask(lineTo(model), offer)
      assert.equal(manners.stoodLong, stood)
    })
  }
})

describe('Manners: what an end may mean', () => {
  const doubts: readonly {
    before: readonly Model[]
    throttled?: number
    style?: string
    answer: Answer
    doubt: boolean
    reason: string
  }[] = [
    { before: [], answer: closed, doubt: false, reason: 'it is all that is known of the server' },
    { before: [ALERT], answer: closed, doubt: true, reason: 'it says its refusals in alerts' },
    { before: [() => alertBytes('decode_error')], answer: closed, doubt: false, reason: 'that alert was no refusal' },
    { before: [], throttled: 1, answer: closed, doubt: true, reason: 'it has turned others away' },
    { before: [ALERT], throttled: 1, style: 'closed', answer: closed, doubt: false, reason: 'it refuses so, as was asked' },
    { before: [ALERT], answer: reset, doubt: false, reason: 'a reset is no answer anyway' },
    { before: [ALERT], answer: alert('internal_error'), doubt: false, reason: 'an alert is a word' },
  ]
  for (const { before, throttled = 0, style, answer, doubt, reason } of doubts) {
    test(`${answer.kind} is ${doubt ? 'doubtful' : 'taken as it is'}: ${reason}`, async () => {
      const manners = mannersWith({ lanes: lanesWith({ throttled }) })
      for (const model of before) await manners.ask(lineTo(model), OFFER)
      manners.refusalStyle = style
      assert.equal(manners.doubts(answer), doubt)
    })
  }

  test('falters after two ends in a row, and no more once it has answered', async () => {
    const manners = mannersWith()
    const seen: boolean[] = []
    for (const model of [CLOSED, GOOD, CLOSED, (() => 'reset') satisfies Model, ALERT]) {
      await manners.ask(lineTo(model), OFFER)
      seen.push(manners.falters)
    }
    assert.deepEqual(seen, [false, false, false, true, false])
  })

  interface Crowded {
    readonly asked: string[]
    readonly lanes: FakeLanes
  }

  /** A connection that was begun beside another one; what is asked alone gets `alone`. */
  function crowd(alone: Model, { beside = [7] }: { beside?: readonly number[] } = {}): Crowded {
    const asked: string[] = []
    const lanes = lanesWith({
      placeOf: () => ({ number: 9, beside }),
      crowded: () => void asked.push('crowded'),
      insist: (line, ask) => ask(line),
      alone: async (_instead, run) => {
        asked.push('alone')
        return run({ line: lineTo(alone), number: 10, clear: {} as never })
      },
    })
    return { asked, lanes }
  }

  const ends: readonly { first: Model; alone: Model; kind: string; asked: string[]; reason: string }[] = [
    { first: CLOSED, alone: CLOSED, kind: 'closed', asked: ['alone'], reason: 'closed alone too: it means it' },
    { first: CLOSED, alone: GOOD, kind: 'server-hello', asked: ['alone', 'crowded'], reason: 'answered alone: there were too many' },
    { first: () => 'reset', alone: CLOSED, kind: 'closed', asked: ['alone', 'crowded'], reason: 'ended otherwise alone' },
    { first: ALERT, alone: GOOD, kind: 'alert', asked: [], reason: 'an alert is no matter of room' },
    { first: () => 'silent', alone: GOOD, kind: 'silent', asked: [], reason: 'nor is silence' },
  ]
  for (const { first, alone, kind, asked, reason } of ends) {
    test(`in company, ${kind}: ${reason}`, async () => {
      const company = crowd(alone)
      const answer = await mannersWith({ patience: 50, lanes: company.lanes }).ask(lineTo(first), OFFER)
      assert.deepEqual([answer.kind, company.asked], [kind, asked])
    })
  }

  test('alone, or in a company that is known to be served, nobody asks again', async () => {
    const single = crowd(GOOD, { beside: [] })
    assert.equal((await mannersWith({ lanes: single.lanes }).ask(lineTo(CLOSED), OFFER)).kind, 'closed')
    let number = 1
    const places = [
      { number: 1, beside: [] },
      { number: 2, beside: [1] },
      { number: 3, beside: [2] },
    ]
    const company = crowd(GOOD)
    const manners = mannersWith({ lanes: { ...company.lanes, placeOf: () => places[number++ - 1]! } })
    const kinds = []
    for (const model of [GOOD, GOOD, CLOSED]) kinds.push((await manners.ask(lineTo(model), OFFER)).kind)
    assert.deepEqual([kinds, single.asked, company.asked], [['server-hello', 'server-hello', 'closed'], [], []])
  })

  test('where no connection comes about alone, it is a reset: nothing was refused', async () => {
    const lanes = lanesWith({
      placeOf: () => ({ number: 2, beside: [1] }),
      alone: () => Promise.reject(new PosternError('world', 'CONNECT_FAILED', 'Cannot connect')),
    })
    assert.equal((await mannersWith({ lanes }).ask(lineTo(CLOSED), OFFER)).kind, 'reset')
    const broken = { ...lanes, alone: () => Promise.reject(new TypeError('a bug')) }
    await assert.rejects(mannersWith({ lanes: broken }).ask(lineTo(CLOSED), OFFER), TypeError)
  })

  test('what our own end has cut off is no answer, and nothing is noted', async (t: TestContext) => {
    const server = await loopback(t, () => undefined)
    const door = { address: '127.0.0.1', port: server.port, dialect: tls, beginning: 'implicit', serverName: 'mail.example' } as const
    const lanes = new Lanes(door, { parallel: 1, timeout: 300 })
    t.after(() => lanes.close())
    const noted: string[] = []
    const manners = new Manners({ patience: 5000, lanes, heard: (_offer, { kind }) => noted.push(kind) })
    let inside: unknown = 'nothing'
    await assert.rejects(
      lanes.talk(({ line }) => manners.ask(line, OFFER).catch((error: unknown) => (inside = error))),
      { code: 'TIME_UP' },
    )
    assert.deepEqual([(inside as { code?: string }).code, noted], ['TIME_UP', []])
  })
})

describe('styleOf()', () => {
  const rows: readonly [answer: Answer, style: string][] = [
    [alert('handshake_failure'), 'alert handshake_failure'],
    [alert('internal_error'), 'alert internal_error'],
    [closed, 'closed'],
    [reset, 'reset'],
    [silent, 'silent'],
    [notTls, 'not-tls'],
    [serverHello(), 'server-hello'],
  ]
  for (const [answer, style] of rows) test(style, () => assert.equal(styleOf(answer), style))
})

import assert from 'node:assert/strict'
import { PassThrough, type Duplex } from 'node:stream'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { PosternError } from '../errors.ts'
import type { Known } from '../dialects/index.ts'
import type { Way } from './backend.ts'
import { Backends } from './backends.ts'
import type { ClientFacts } from './facts.ts'

const FACTS: ClientFacts = { address: '192.0.2.7', port: 50_000, localAddress: '198.51.100.1', localPort: 25 }

/** A server that fails as it is told, and counts who comes. */
class FailingWay implements Way {
  readonly title: string
  readonly tellsTls = false
  failsWith: string | undefined
  checkFailsWith: string | undefined
  reached = 0
  checked = 0
  known: Known | undefined

  constructor(title: string) {
    this.title = title
  }

  readonly reach = async (): Promise<Duplex> => {
    this.reached += 1
    await delay(1)
    if (this.failsWith !== undefined) throw this.#error(this.failsWith)
    return Object.assign(new PassThrough(), { title: this.title })
  }

  readonly check = async (): Promise<Known | undefined> => {
    this.checked += 1
    await delay(1)
    if (this.checkFailsWith !== undefined) throw this.#error(this.checkFailsWith)
    return this.known
  }

  fails(code: string | undefined): void {
    this.failsWith = code
    this.checkFailsWith = code
  }

  #error(code: string): PosternError {
    return new PosternError('world', code, `${this.title} fails`, { remedy: 'Start it.' })
  }
}

const titleOf = (stream: object): unknown => Reflect.get(stream, 'title')

function made(interval?: number): { readonly one: FailingWay; readonly two: FailingWay; readonly backends: Backends } {
  const [one, two] = [new FailingWay('one'), new FailingWay('two')]
  return { one, two, backends: new Backends([one, two], { interval, now: () => new Date() }) }
}

const reached = async (backends: Backends): Promise<unknown> => titleOf(await backends.reach(FACTS, 'greeting'))

describe('of several servers behind', () => {
  test('the first is taken, and the next where that cannot be reached', async () => {
    const { one, two, backends } = made()
    assert.equal(await reached(backends), 'one')
    one.fails('GATE_BACKEND')
    assert.equal(await reached(backends), 'two')
    assert.deepEqual([one.reached, two.reached], [2, 1])
  })

  test('one that is down is not tried for each client, and is taken up again when it is back', async () => {
    const { one, backends } = made(20)
    one.fails('GATE_BACKEND')
    await reached(backends)
    for (let count = 0; count < 50; count++) assert.equal(await reached(backends), 'two')
    assert.equal(one.reached, 1)
    const [down] = backends.states
    assert.deepEqual([down?.place, down?.up, down?.lastError], ['one', false, 'one fails'])
    one.fails(undefined)
    backends.watch()
    await delay(50)
    backends.leave()
    assert.deepEqual([await reached(backends), backends.states[0]?.up], ['one', true])
    assert.equal(backends.states[0]?.lastError, 'one fails', 'what was is still to be read')
  })

  test('one that is down is found out before a client is', async () => {
    const { one, backends } = made(20)
    one.fails('GATE_BACKEND_TLS')
    backends.watch()
    await delay(50)
    backends.leave()
    assert.deepEqual([await reached(backends), one.reached], ['two', 0])
  })

  test('none is lost to all for what it says to one client, where it is well', async () => {
    const { one, backends } = made()
    one.failsWith = 'GATE_BACKEND_TALK'
    assert.equal(await reached(backends), 'two')
    await delay(20)
    assert.deepEqual([one.checked, backends.states[0]?.up], [1, true])
    one.checkFailsWith = 'GATE_BACKEND_TALK'
    await delay(550)
    await reached(backends)
    await delay(20)
    assert.equal(backends.states[0]?.up, false, 'and is where it is not')
  })

  test('where all are down a crowd of clients is one look at each, and nobody waits for a second', async () => {
    const { one, two, backends } = made()
    for (const way of [one, two]) way.fails('GATE_BACKEND')
    await assert.rejects(reached(backends), { message: 'two fails' })
    const crowd = await Promise.allSettled(Array.from({ length: 200 }, () => reached(backends)))
    assert.ok(crowd.every(({ status }) => status === 'rejected'))
    await assert.rejects(reached(backends), { code: 'GATE_BACKEND' })
    assert.deepEqual([one.checked, two.checked, one.reached, two.reached], [1, 1, 1, 1])
  })

  test('one alone that comes back serves the next client, though nobody watches', async () => {
    const way = new FailingWay('one')
    const backends = new Backends([way], { interval: undefined, now: () => new Date() })
    way.fails('GATE_BACKEND')
    await assert.rejects(reached(backends))
    way.fails(undefined)
    assert.equal(await reached(backends), 'one')
  })

  test('one alone that is up is left alone where nobody asked for more', async () => {
    const way = new FailingWay('one')
    const backends = new Backends([way], { interval: undefined, now: () => new Date() })
    backends.watch()
    await delay(20)
    backends.leave()
    assert.equal(way.checked, 0)
  })
})

describe('how a server introduces itself', () => {
  const known = (greeting: string): Known => ({ introduction: { greeting, capabilities: '' }, tellsApart: false })

  interface Asked {
    readonly backends: Backends
    readonly one: FailingWay
    readonly two: FailingWay
    /** A client comes after so many seconds: what it is greeted with in the server's place. */
    readonly comes: (seconds: number) => Promise<string | undefined>
  }

  function asked(): Asked {
    const [one, two] = [new FailingWay('one'), new FailingWay('two')]
    one.known = known('one')
    two.known = known('two')
    let clock = 1_000_000
    const backends = new Backends([one, two], { interval: undefined, now: () => new Date(), clock: () => clock })
    return {
      backends,
      one,
      two,
      comes: async (seconds) => {
        clock += seconds * 1000
        const found = backends.recall()
        if (found === undefined) await backends.reach(FACTS, 'greeting').catch(() => undefined)
        await delay(5)
        return found?.introduction.greeting
      },
    }
  }

  test('is asked when the second client of a minute comes, and behind its connection', async () => {
    const { one, comes } = asked()
    assert.deepEqual([await comes(0), one.checked], [undefined, 0])
    assert.deepEqual([await comes(59), one.checked], [undefined, 1])
    assert.deepEqual([await comes(1), one.checked, one.reached], ['one', 1, 2])
  })

  test('is not asked for clients that come alone', async () => {
    const { one, comes } = asked()
    for (let count = 0; count < 5; count++) assert.equal(await comes(61), undefined)
    assert.equal(one.checked, 0)
  })

  test('is asked again after half a minute, and not believed after a whole one', async () => {
    const { one, comes } = asked()
    await comes(0)
    await comes(1)
    one.known = known('other')
    assert.deepEqual([await comes(29), one.checked], ['one', 1])
    assert.deepEqual([await comes(2), one.checked], ['one', 2], 'meanwhile what was known is true')
    assert.equal(await comes(0), 'other')
    assert.deepEqual([await comes(60), one.checked], [undefined, 2])
  })

  test('is asked every five seconds where a server does not say it in a way that can be told', async () => {
    const { one, comes } = asked()
    one.known = undefined
    for (let count = 0; count < 12; count++) await comes(1)
    assert.equal(one.checked, 2)
  })

  test('is that of the server that is up, and nobody else’s', async () => {
    const { one, two, comes } = asked()
    await comes(0)
    await comes(1)
    one.fails('GATE_BACKEND')
    assert.equal(await comes(1), 'one')
    assert.equal(await comes(35), 'one', 'a look finds it down')
    assert.equal(await comes(1), undefined)
    assert.equal(await comes(1), undefined)
    assert.deepEqual([await comes(1), two.checked], ['two', 1])
  })

  test('is forgotten when it is not true', async () => {
    const { backends, comes } = asked()
    await comes(0)
    await comes(1)
    backends.forget()
    assert.equal(await comes(1), undefined)
    assert.equal(await comes(5), undefined)
    assert.equal(await comes(1), 'one')
  })
})

import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { smtp, tls } from '../dialects/index.ts'
import { PosternError } from '../errors.ts'
import type { LaneOptions } from './door.ts'
import { Lanes, UNUSED, type ReadyLine } from './lanes.ts'
import type { Line } from './line.ts'
import { eventually, loopback, pause, speakSmtp, type Loopback } from './testdata/loopback.ts'

function lanesTo(t: TestContext, { port }: { port: number }, options: Partial<LaneOptions> & { dialect?: typeof smtp } = {}): Lanes {
  const { dialect = tls, ...others } = options
  const beginning = dialect === tls ? 'implicit' : 'starttls'
  const door = { address: '127.0.0.1', port, dialect, beginning, serverName: 'mail.example' } as const
  const lanes = new Lanes(door, { parallel: 4, timeout: 10_000, pause: 10, ...others })
  t.after(() => lanes.close())
  return lanes
}

const numberOf = ({ number }: ReadyLine): Promise<number> => Promise.resolve(number)
const quiet = (): void => undefined

async function firstByte(line: Line): Promise<unknown> {
  const heard = await line.receive(1000)
  return typeof heard === 'string' ? heard : heard[0]
}

/** A talk that goes on until it is told to end. */
function hold(lanes: Lanes): { began: Promise<number>; end: () => void; over: Promise<unknown> } {
  const began = Promise.withResolvers<number>()
  const ended = Promise.withResolvers<void>()
  const over = lanes.talk(async ({ number }) => {
    began.resolve(number)
    await ended.promise
  })
  return { began: began.promise, end: ended.resolve, over }
}

describe('Lanes: how many connections', () => {
  for (const parallel of [1, 3, 8]) {
    test(`never more than ${parallel} at once, and no fewer where there is enough to ask`, async (t) => {
      const server = await loopback(t, quiet)
      const lanes = lanesTo(t, server, { parallel })
      lanes.expect(100)
      // Nobody ends before all that may be there have come, however long that takes.
      const talk = async ({ number }: { readonly number: number }): Promise<number> => {
        do await pause(2)
        while (server.most() < parallel)
        return number
      }
      const numbers = await Promise.all(Array.from({ length: 24 }, () => lanes.talk(talk)))
      assert.equal(new Set(numbers).size, 24, 'each on a connection of its own')
      assert.equal(server.most(), parallel)
    })
  }

  test('in turn: opened ahead, but one talks after the other, in the order in which they were begun', async (t) => {
    const server = await loopback(t, quiet)
    const lanes = lanesTo(t, server, { parallel: 3, inTurn: true })
    let talking = 0
    const numbers = await Promise.all(
      Array.from({ length: 9 }, () =>
        lanes.talk(async ({ number }) => {
          assert.equal(++talking, 1)
          await pause(2)
          talking--
          return number
        }),
      ),
    )
    assert.deepEqual(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert.equal(server.most(), 3)
  })

  const lingering = [
    { crowded: false, most: 4, reason: 'those that we have ended are ours no more, up to as many again' },
    { crowded: true, most: 1, reason: 'whoever counts them gets no new one before the old one is gone' },
  ]
  for (const { crowded, most, reason } of lingering) {
    test(`a server that ends its side late has ${most} at the most with --parallel 2: ${reason}`, async (t) => {
      const server = await loopback(t, quiet, { lingers: 40 })
      const lanes = lanesTo(t, server, { parallel: 2 })
      if (crowded) lanes.crowded()
      await Promise.all(Array.from({ length: 7 }, () => lanes.talk(numberOf)))
      assert.ok(server.most() <= most, `${server.most()} at once`)
    })
  }

  for (const alone of [false, true]) {
    test(`no more than the last resort allows, ${alone ? 'with company or alone' : 'and whoever waits is told'}`, async (t) => {
      const server = await loopback(t, quiet)
      const lanes = lanesTo(t, server, { parallel: 1, most: 3 })
      for (const number of [1, 2, 3]) assert.equal(await lanes.talk(numberOf), number)
      await assert.rejects(lanes.talk(numberOf, { alone }), { code: 'CONNECTION_LIMIT', fault: 'peer' })
      assert.equal(lanes.ended?.code, 'CONNECTION_LIMIT')
      assert.equal(lanes.connections, 3)
    })
  }

  test('a closed door is knocked at once, however much is expected', async (t) => {
    const server = await loopback(t, quiet)
    server.refuse()
    const lanes = lanesTo(t, server, { parallel: 8 })
    lanes.expect(50)
    const talks = await Promise.allSettled([lanes.talk(numberOf), lanes.talk(numberOf), lanes.talk(numberOf)])
    assert.deepEqual(
      talks.map((one) => one.status === 'rejected' && (one.reason as PosternError).code),
      ['CONNECT_FAILED', 'CONNECT_FAILED', 'CONNECT_FAILED'],
    )
    assert.equal(lanes.connections, 1)
  })

  const ahead = [
    { parallel: 4, expected: 10, total: 4, reason: 'as many as may be open' },
    { parallel: 8, expected: 2, total: 3, reason: 'as many as are expected' },
    { parallel: 8, expected: 0, total: 1, reason: 'none' },
  ]
  for (const { parallel, expected, total, reason } of ahead) {
    test(`opens ahead of ${expected} questions ${reason}, and they wait for nothing`, async (t) => {
      const server = await loopback(t, quiet)
      const lanes = lanesTo(t, server, { parallel })
      const held = hold(lanes)
      await held.began
      lanes.expect(expected)
      await eventually('connections opened ahead', () => server.total() >= total)
      await pause(20)
      assert.equal(server.total(), total)
      lanes.expect(0)
      if (expected > 0) assert.equal(await lanes.talk(numberOf), 2, 'one that stands ready')
      assert.equal(server.total(), total, 'nothing new was opened')
      held.end()
      await held.over
    })
  }

  test('those that stand ready are used in the order of connecting, given back ones too', async (t) => {
    const server = await loopback(t, quiet)
    const lanes = lanesTo(t, server, { parallel: 3 })
    lanes.expect(2)
    const first = await lanes.talk(numberOf)
    await eventually('two stand ready', () => server.total() === 3 && server.open() === 2)
    await pause(10)
    const gate = Promise.withResolvers<void>()
    const [second, third] = [2, 3].map((wanted) =>
      lanes.talk(async ({ number }) => {
        assert.equal(number, wanted)
        if (number === 2) await gate.promise
        return UNUSED
      }),
    )
    await third
    gate.resolve()
    await second
    lanes.expect(0)
    assert.deepEqual([first, await lanes.talk(numberOf), await lanes.talk(numberOf)], [1, 2, 3])
  })

  test('a connection that ended while it was given back is used by nobody', async (t) => {
    const server = await loopback(t, (socket, number) => number === 1 && socket.end())
    const lanes = lanesTo(t, server, { parallel: 1 })
    await lanes.talk(async ({ line }) => {
      assert.equal(await line.receive(1000), 'closed')
      return UNUSED
    })
    assert.equal(await lanes.talk(numberOf), 2)
    assert.equal(lanes.throttled, 0, 'which is no sign of anything')
  })

  test('placeOf() tells who was open when a connection was begun', async (t) => {
    const server = await loopback(t, quiet)
    const lanes = lanesTo(t, server, { parallel: 3 })
    const [one, two] = [hold(lanes), hold(lanes)]
    await Promise.all([one.began, two.began])
    one.end()
    await one.over
    assert.deepEqual(await lanes.talk(async ({ line }) => lanes.placeOf(line)), { number: 3, beside: [2] })
    two.end()
    await two.over
  })
})

describe('Lanes: a server that has enough', () => {
  const disasters: readonly { what: string; does: (socket: Socket) => void }[] = [
    { what: '421 in place of a greeting, RFC 5321 §3.8', does: (socket) => socket.end('421 4.7.0 too many connections\r\n') },
    { what: '454 in place of a go-ahead, RFC 3207 §4', does: (socket) => speakSmtp(socket, { go: '454 TLS not available' }) },
    { what: 'a close before the greeting', does: (socket) => socket.end() },
    { what: 'a reset before the greeting', does: (socket) => void socket.resetAndDestroy() },
    { what: 'no STARTTLS all of a sudden', does: (socket) => speakSmtp(socket, { capabilities: [] }) },
  ]
  for (const { what, does } of disasters) {
    test(`is asked less at once after ${what}, and every question is asked all the same`, async (t) => {
      const server = await loopback(t, (socket, number) => (number === 2 || number === 3 ? does(socket) : speakSmtp(socket)))
      const lanes = lanesTo(t, server, { parallel: 4, dialect: smtp })
      await lanes.talk(numberOf)
      const numbers = await Promise.all([1, 2, 3].map(() => lanes.talk(numberOf)))
      assert.ok(
        numbers.every((number) => Number(number) > 3),
        numbers.join(),
      )
      assert.ok(lanes.throttled >= 1, 'it was noticed')
      assert.ok(lanes.parallel <= 2, `${lanes.parallel} at once`)
      assert.equal(lanes.ended, undefined)
    })
  }

  test('is one that refuses connections which it used to accept', async (t) => {
    const server = await loopback(t, quiet)
    const lanes = lanesTo(t, server, { parallel: 4 })
    await lanes.talk(numberOf)
    server.refuse()
    const talk = lanes.talk(async () => 'talked')
    await eventually('it was refused', () => lanes.throttled > 1)
    await server.accept()
    assert.equal(await talk, 'talked')
  })

  test('is one that closes a connection which stands ready, and that one is given to nobody', async (t) => {
    const server = await loopback(t, (socket, number) => number === 2 && socket.end())
    const lanes = lanesTo(t, server, { parallel: 2 })
    lanes.expect(1)
    await lanes.talk(numberOf)
    await eventually('the second one was opened', () => server.total() === 2)
    await pause(20)
    lanes.expect(0)
    assert.equal(lanes.throttled, 0, 'nobody has looked at it')
    assert.equal(await lanes.talk(numberOf), 3)
    assert.deepEqual([lanes.throttled, lanes.parallel], [1, 1])
  })

  test('is given twice the time after every failure, and the first pause again once it has answered', async (t) => {
    const times: number[] = []
    const good = new Set([1, 5, 7])
    const server = await loopback(t, (socket, number) => {
      times[number] = performance.now()
      if (good.has(number)) speakSmtp(socket)
      else socket.end('421 later\r\n')
    })
    const lanes = lanesTo(t, server, { parallel: 1, dialect: smtp, pause: 60 })
    const numbers = [await lanes.talk(numberOf), await lanes.talk(numberOf), await lanes.talk(numberOf)]
    assert.deepEqual(numbers, [1, 5, 7])
    const gap = (number: number): number => times[number + 1]! - times[number]!
    for (const [number, least] of [
      [2, 60],
      [3, 120],
      [4, 240],
      [6, 60],
    ] as const)
      assert.ok(gap(number) >= least - 2, `${gap(number)} ms after connection ${number}`)
    assert.ok(gap(6) < 480, `${gap(6)} ms are no first pause`)
  })

  test('is one that says so in plain text where TLS was to begin: it is asked again, later and less at once', async (t) => {
    const server = await loopback(t, (socket, number) =>
      number === 1 || number > 4 ? socket.write('\u0016\u0003\u0003') : socket.end('421 4.7.0 too many\r\n'),
    )
    const lanes = lanesTo(t, server, { parallel: 4 })
    const heard = await Promise.all(Array.from({ length: 4 }, () => lanes.talk((ready) => lanes.insist(ready.line, firstByte))))
    assert.deepEqual(heard, [0x16, 0x16, 0x16, 0x16])
    assert.equal(server.total(), 7, 'each that was turned away was asked once more')
    assert.ok(lanes.throttled >= 1 && lanes.parallel <= 2, `${lanes.parallel} at once after ${lanes.throttled}`)
  })

  test('is believed where it has never said anything else', async (t) => {
    const server = await loopback(t, (socket) => socket.end('421 4.7.0 too many\r\n'))
    const lanes = lanesTo(t, server, { parallel: 1, pause: 5 })
    const ask = (): Promise<unknown> => lanes.talk((ready) => lanes.insist(ready.line, firstByte))
    assert.deepEqual([await ask(), server.total()], [0x34, 5])
    assert.deepEqual([await ask(), server.total()], [0x34, 6], 'at once from then on')
  })

  test('is asked on by whoever wants to be alone too, and nobody is served beside', async (t) => {
    const server = await loopback(t, (socket, number) =>
      number === 2 ? socket.end('* BYE later\r\n') : socket.write('\u0016\u0003\u0003'),
    )
    const lanes = lanesTo(t, server, { parallel: 3 })
    const ask = async (alone: boolean): Promise<string> =>
      String(await lanes.talk((ready) => lanes.insist(ready.line, firstByte), { alone }))
    await ask(false)
    const order: string[] = []
    const alone = ask(true).then((heard) => order.push(`alone ${heard}`))
    const other = ask(false).then((heard) => order.push(`other ${heard}`))
    await Promise.all([alone, other])
    assert.deepEqual(order, ['alone 22', 'other 22'])
  })

  test('never comes to less than one at once', async (t) => {
    const lanes = lanesTo(t, await loopback(t, quiet), { parallel: 3, pause: 0 })
    for (let times = 0; times < 5; times++) {
      lanes.crowded()
      await pause(3)
    }
    assert.equal(lanes.parallel, 1)
    assert.equal(await lanes.talk(numberOf), 1)
  })
})

describe('Lanes: alone', () => {
  test('waits until the server has seen the last of the others, and nobody is served beside', async (t) => {
    const server = await loopback(t, quiet, { lingers: 40 })
    const lanes = lanesTo(t, server, { parallel: 3 })
    const held = hold(lanes)
    lanes.expect(5)
    await held.began
    await eventually('others stand ready', () => server.open() === 3)
    const told: string[] = []
    const alone = lanes.talk(
      async () => {
        await pause(10)
        assert.deepEqual([server.open(), told], [1, ['held is over']])
        await pause(30)
        assert.deepEqual([server.open(), told], [1, ['held is over']])
        told.push('alone')
      },
      { alone: true },
    )
    const other = lanes.talk(async () => void told.push('other'))
    await pause(20)
    assert.equal(told.length, 0)
    told.push('held is over')
    held.end()
    await Promise.all([alone, other, held.over])
    assert.deepEqual(told, ['held is over', 'alone', 'other'])
  })

  test('alone() asks again what was asked on a line that is over, from inside the talk on that line', async (t) => {
    const server = await loopback(t, (socket, number) => number === 1 && socket.end())
    const lanes = lanesTo(t, server, { parallel: 1 })
    const result = await lanes.talk(async ({ line }) => {
      await line.receive(1000)
      return lanes.alone(line, numberOf)
    })
    assert.equal(result, 2)
    assert.equal(await lanes.talk(numberOf), 3, 'and it goes on')
  })

  const refusals = [
    { says: '421 busy', code: 'THROTTLED', tries: 2, reason: 'it is tried once more' },
    { says: '554 go away', code: 'STARTTLS_REFUSED', tries: 1, reason: 'trying again will not help' },
  ]
  for (const { says, code, tries, reason } of refusals) {
    test(`fails with ${code} after ${says}: ${reason}; and the others are served`, async (t) => {
      let bad = false
      const server = await loopback(t, (socket) => (bad ? socket.end(`${says}\r\n`) : speakSmtp(socket)))
      const lanes = lanesTo(t, server, { dialect: smtp })
      await lanes.talk(numberOf)
      bad = true
      await assert.rejects(lanes.talk(numberOf, { alone: true }), { code })
      assert.equal(server.total(), 1 + tries)
      bad = false
      assert.equal(typeof (await lanes.talk(numberOf)), 'number')
    })
  }
})

describe('Lanes: smuggle', () => {
  const pieces = (t: TestContext): Promise<{ server: Loopback; heard: Map<number, string[]> }> => {
    const heard = new Map<number, string[]>()
    const said = (socket: Socket, number: number): void => {
      heard.set(number, [])
      speakSmtp(socket, { go: '220 go ahead', heard: (piece) => heard.get(number)?.push(piece) })
    }
    return loopback(t, said).then((server) => ({ server, heard }))
  }

  test('opens a connection of its own, though others stand ready and no more may be opened', async (t) => {
    const { server, heard } = await pieces(t)
    const lanes = lanesTo(t, server, { parallel: 2, dialect: smtp })
    const held = hold(lanes)
    await held.began
    lanes.expect(1)
    await eventually('one stands ready', () => heard.get(2)?.at(-1) === 'STARTTLS\r\n')
    await pause(10)
    lanes.expect(0)
    assert.equal(await lanes.talk(numberOf, { smuggle: true }), 3)
    assert.deepEqual(
      [1, 2, 3].map((number) => heard.get(number)?.at(-1)),
      ['STARTTLS\r\n', 'STARTTLS\r\n', 'STARTTLS\r\nNOOP\r\n'],
      'nobody else has anything smuggled',
    )
    assert.ok(server.most() <= 2)
    held.end()
    await held.over
  })

  test('what it brings to light stays its own: the posture tells of usual connections', async (t) => {
    const server = await loopback(t, (socket) => {
      speakSmtp(socket, {
        heard: (piece) => {
          if (piece.includes('NOOP')) socket.write('220 go ahead\r\n250 ok\r\n')
        },
      })
    })
    const lanes = lanesTo(t, server, { dialect: smtp })
    const usual = await lanes.talk(async ({ clear }) => clear.textAfterGoAhead)
    const smuggled = await lanes.talk(async ({ clear }) => clear.textAfterGoAhead, { smuggle: true })
    assert.deepEqual([usual, smuggled, lanes.clear?.textAfterGoAhead], [false, true, false])
  })
})

describe('Lanes: the end', () => {
  const finals: readonly { what: string; code: string; connections: number; said: (socket: Socket) => void }[] = [
    { what: 'no STARTTLS', code: 'STARTTLS_MISSING', connections: 1, said: (socket) => speakSmtp(socket, { capabilities: ['SIZE'] }) },
    { what: 'another protocol', code: 'WRONG_PROTOCOL', connections: 1, said: (socket) => socket.write('* OK IMAP4rev1\r\n') },
    { what: 'STARTTLS refused', code: 'STARTTLS_REFUSED', connections: 1, said: (socket) => speakSmtp(socket, { go: '502 no' }) },
    { what: '421 always', code: 'THROTTLED', connections: 3, said: (socket) => socket.end('421 busy\r\n') },
    { what: 'a close always', code: 'OPENING_CUT_SHORT', connections: 3, said: (socket) => socket.end() },
    {
      what: 'a reset always',
      code: 'OPENING_CUT_SHORT',
      connections: 3,
      said: (socket) => void pause(10).then(() => socket.resetAndDestroy()),
    },
  ]
  for (const { what, code, connections, said } of finals) {
    test(`${what}, before anything was reached, ends everything with ${code} after ${connections} connections`, async (t) => {
      const server = await loopback(t, said)
      const lanes = lanesTo(t, server, { dialect: smtp })
      await assert.rejects(lanes.talk(numberOf), { code })
      assert.deepEqual([lanes.ended?.code, lanes.reached, server.total()], [code, false, connections])
      await assert.rejects(lanes.talk(numberOf), { code }, 'later questions too')
      assert.equal(server.total(), connections)
    })
  }

  test('the time is up: those who wait are told, and those who talk have heard nothing', async (t) => {
    const server = await loopback(t, quiet)
    const lanes = lanesTo(t, server, { parallel: 1, timeout: 300 })
    const began = performance.now()
    const talking = lanes.talk(({ line }) => line.receive(5000))
    const results = await Promise.allSettled([talking, lanes.talk(numberOf)])
    for (const result of results) assert.equal(result.status === 'rejected' && (result.reason as PosternError).code, 'TIME_UP')
    assert.ok(performance.now() - began < 2000, 'at once')
    assert.equal(lanes.ended?.code, 'TIME_UP')
    assert.ok(lanes.timeLeft < 2, `${lanes.timeLeft} ms are left`)
    await eventually('the server is left alone', () => server.open() === 0)
  })

  test('the time is up while a greeting is waited for', async (t) => {
    const lanes = lanesTo(t, await loopback(t, quiet), { timeout: 300, dialect: smtp })
    await assert.rejects(lanes.talk(numberOf), { code: 'TIME_UP', fault: 'world' })
  })

  test('close() ends those that talk, those that wait, those that stand ready and those that come later', async (t) => {
    const server = await loopback(t, quiet)
    const lanes = lanesTo(t, server, { parallel: 3 })
    const talking = lanes.talk(({ line }) => line.receive(5000))
    lanes.expect(2)
    await eventually('all are open', () => server.open() === 3)
    const waiting = lanes.talk(numberOf, { alone: true })
    lanes.close()
    await assert.rejects(talking, { code: 'LANES_CLOSED' })
    await assert.rejects(waiting, { code: 'LANES_CLOSED' })
    await eventually('all have ended', () => server.open() === 0)
    await assert.rejects(lanes.talk(numberOf), { code: 'LANES_CLOSED', fault: 'bug' })
    assert.equal(server.total(), 3)
  })

  test('a talk that throws ends its own connection, and nothing else', async (t) => {
    const server = await loopback(t, quiet)
    const lanes = lanesTo(t, server)
    await assert.rejects(
      lanes.talk(() => Promise.reject(new PosternError('peer', 'MALFORMED', 'Cannot read'))),
      { code: 'MALFORMED' },
    )
    await eventually('it has ended', () => server.open() === 0)
    assert.equal(await lanes.talk(numberOf), 2)
  })

  test('tells what was said in clear on the way that went furthest', async (t) => {
    const server = await loopback(t, (socket, number) => (number === 1 ? speakSmtp(socket) : socket.end('421 nothing to see\r\n')))
    const lanes = lanesTo(t, server, { dialect: smtp, parallel: 1, timeout: 400, pause: 20 })
    await lanes.talk(numberOf)
    await assert.rejects(lanes.talk(numberOf), { code: 'TIME_UP' })
    assert.deepEqual([lanes.clear?.starttls, lanes.clear?.banner, lanes.reached], ['offered', 'mail.example ESMTP', true])
  })
})

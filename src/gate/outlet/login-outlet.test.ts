import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { after, describe, test, type TestContext } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { FETCHED } from '../../dialects/index.ts'
import { LoginOutlet } from './login-outlet.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-guesses-'))
after(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'password')
writeFileSync(file, 'right\n')
chmodSync(file, 0o600)

/** A service of POP3 whose server behind nobody reaches, and time that goes by when the test says so. */
function guessing(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const secret = { user: 'me', from: { kind: 'password', file } } as const
  const dialect = FETCHED['pop3'] ?? assert.fail()
  const outlet = new LoginOutlet([{ user: 'me', password: secret, onward: secret }], {
    dialect,
    name: 'gate',
    patience: 1000,
    ipv6Prefix: 64,
  })
  let reached = 0
  const connect = (): Promise<Duplex> => {
    reached += 1
    return Promise.reject(new Error('nobody'))
  }
  /** A client, what it has heard so far, and a guess: what is heard of it at once, when it is looked at. */
  const come = async (address: string) => {
    const client = await outlet.reach({ address }, connect)
    const heard: string[] = []
    client.on('data', (bytes: Buffer) => void heard.push(...(bytes.toString().match(/^-ERR.*(?=\r\n)/gm) ?? [])))
    client.write('USER me\r\n')
    const guess = (password: string): void => void client.write(`PASS ${password}\r\n`)
    /** Files are read meanwhile. `turns`: of the loop of events. */
    const hears = async (turns = 100_000): Promise<string> => {
      for (let turned = 0; turned < turns && heard.length === 0; turned += 1) await turn()
      return heard.splice(0).join()
    }
    const isSilent = async (): Promise<void> => assert.equal(await hears(500), '')
    return { client, guess, hears, isSilent }
  }
  return { come, reached: () => reached }
}

const WRONG = '-ERR [AUTH] wrong user or password'

describe('a client that guesses passwords', () => {
  test('waits before the next one is looked at, over other connections too, and has three in each', async (t) => {
    const { come, reached } = guessing(t)
    const first = await come('192.0.2.1')
    first.guess('one')
    assert.equal(await first.hears(), WRONG)
    first.guess('two')
    await first.isSilent()
    t.mock.timers.tick(999)
    await first.isSilent()
    t.mock.timers.tick(1)
    assert.equal(await first.hears(), WRONG)
    const second = await come('192.0.2.1')
    second.guess('right')
    await second.isSilent()
    assert.equal(reached(), 0)
    t.mock.timers.tick(2000)
    assert.match(await second.hears(), /^-ERR \[SYS\/TEMP\]/)
    assert.equal(reached(), 1)
    first.guess('three')
    assert.equal(await first.hears(), WRONG, 'who was right need not wait any more')
    await turn()
    assert.equal(first.client.readableEnded, true)
  })

  test('keeps nobody else waiting, but in its own network', async (t) => {
    const { come } = guessing(t)
    for (const address of ['2001:db8::1', '2001:db8:0:1::1']) {
      const client = await come(address)
      client.guess('one')
      assert.equal(await client.hears(), WRONG)
    }
    const neighbour = await come('2001:db8::2')
    neighbour.guess('one')
    await neighbour.isSilent()
  })

  test('and leaves has guessed nothing', async (t) => {
    const { come } = guessing(t)
    const first = await come('192.0.2.1')
    first.guess('one')
    assert.equal(await first.hears(), WRONG)
    first.guess('two')
    await first.isSilent()
    first.client.destroy()
    await turn()
    for (const wait of [1000, 2000]) {
      const next = await come('192.0.2.1')
      next.guess('three')
      await next.isSilent()
      t.mock.timers.tick(wait)
      assert.equal(await next.hears(), WRONG)
    }
  })
})

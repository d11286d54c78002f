import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startGate } from '../gated.ts'
import { startDestination, type Manners } from './destination.ts'
import { SENT, sendTo } from './sending-to.ts'

const MESSAGE = ['MAIL FROM:<a@old.example>', 'RCPT TO:<b@d.example>', 'DATA']
const BEGIN = ['EHLO gate.example', 'STARTTLS', 'EHLO gate.example']

describe('a sender that connects for each message', () => {
  const rows: readonly (readonly [why: string, manners: Manners, senders: readonly string[], commands: readonly string[]])[] = [
    [
      'has one connection to the next hop',
      { leaf: 'rsa' },
      ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
      [...BEGIN, ...MESSAGE, ...MESSAGE, ...MESSAGE],
    ],
    ['and none of another sender', { leaf: 'rsa' }, ['127.0.0.1', '127.0.0.2'], [...BEGIN, ...MESSAGE, ...BEGIN, ...MESSAGE]],
    [
      'nor one whose message was refused before its end',
      { leaf: 'rsa', says: { DATA: '451 4.3.1 full' } },
      ['127.0.0.1', '127.0.0.1'],
      [...BEGIN, ...MESSAGE, 'QUIT', ...BEGIN, ...MESSAGE, 'QUIT'],
    ],
  ]
  for (const [why, manners, senders, commands] of rows)
    test(why, async (t) => {
      const destination = await startDestination(manners, t)
      const outlet = { to: `127.0.0.1:${destination.port}`, tls: 'required' }
      const gated = await startGate({ services: { out: { dialect: 'smtp', tls: 'none', outlet } } }, t)
      const kept: (true | undefined)[] = []
      for (const from of senders) {
        assert.match(await sendTo(gated.port('out'), 'x\r\n', 'b@d.example', '', false, from), manners.says === undefined ? SENT : /^451 /)
        kept.push((await gated.record()).onward?.at(-1)?.kept)
      }
      assert.deepEqual(destination.commands, commands)
      const connections = commands.filter((line) => line === 'STARTTLS').length
      assert.equal(destination.connections(), connections)
      assert.equal(kept.filter((one) => one === undefined).length, connections)
    })

  test('hears nothing of one that was closed meanwhile', async (t) => {
    let mails = 0
    const says = {
      get MAIL(): string {
        mails += 1
        return mails === 2 ? 'die' : '250 2.1.0 Ok'
      },
    }
    const destination = await startDestination({ leaf: 'rsa', says }, t)
    const outlet = { to: `127.0.0.1:${destination.port}` }
    const gated = await startGate({ services: { out: { dialect: 'smtp', tls: 'none', outlet } } }, t)
    for (const came of [1, 2]) {
      assert.match(await sendTo(gated.port('out'), 'x\r\n', 'b@d.example', '', false, '127.0.0.1'), SENT)
      assert.equal(destination.messages.length, came)
    }
    assert.equal(destination.connections(), 2)
  })
})

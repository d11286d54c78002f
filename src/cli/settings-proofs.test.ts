import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PosternError } from '../errors.ts'
import { policyOf, rulebookByName } from '../policy/index.ts'
import { fileOf, PRODUCTS, planOf, type Auditor, type Plan } from '../settings/index.ts'
import type { ProofWishes } from './settings-options.ts'
import { proofsOf } from './settings-proofs.ts'

const now = new Date('2026-11-22')

const adapter = await PRODUCTS.find(({ product }) => product === 'haproxy')?.adapter()

/** HAProxy with these lines, wanted to be modern in both roles. */
function plan(...lines: readonly string[]): Plan {
  const modern = rulebookByName('mozilla-modern')
  assert.ok(adapter && modern)
  const reading = adapter.read(fileOf('haproxy.cfg', Buffer.from(['global', ...lines, ''].join('\n'))), {})
  return planOf(adapter, reading, () => policyOf(modern, { now }), { rulebooks: [], now })
}

const FRONT = ['frontend a', '  bind :8443 ssl crt x', '  bind :9443 ssl crt x', '  bind unix@/run/x ssl crt x']
const BACK = ['backend b', '  server s 192.0.2.2:443 ssl']

const NOTHING: ProofWishes = { prove: [], receive: [] }
const prove = (...targets: readonly string[]): ProofWishes => ({ ...NOTHING, prove: targets })

/** Some doors do not answer. */
const closedAt = (...closed: readonly string[]): Auditor => ({
  waitFor: (doors) => Promise.resolve(doors.filter((door) => closed.includes(door))),
  prove: () => assert.fail('it was only asked what to prove'),
})

describe('proofsOf()', () => {
  test('proves every door whose settings say where it listens, and says which it cannot', async () => {
    const { orders, unproved } = await proofsOf(plan(...FRONT, ...BACK), NOTHING, closedAt('tls://localhost:9443'))
    assert.deepEqual(
      orders.map(({ door, policy }) => [door, policy.name]),
      [['tls://localhost:8443', 'mozilla-modern']],
    )
    assert.deepEqual(unproved, [
      'Not proved: frontend a :9443 (server): tls://localhost:9443 did not answer before the change either; --prove DOOR=TARGET says where it is.',
      'Not proved: frontend a unix@/run/x (server): the settings do not say where it can be met; --prove DOOR=TARGET does.',
      'Not proved: backend b s (client): what it offers shows only where it connects to; --receive DOOR=TARGET listens there.',
    ])
  })

  test('proves what is named, and says what is not', async () => {
    const { orders, unproved } = await proofsOf(plan(...FRONT), prove('frontend a :8443=tls://mail.example:8443'), undefined)
    assert.deepEqual(
      orders.map(({ door }) => door),
      ['tls://mail.example:8443'],
    )
    assert.deepEqual(unproved, ['Not proved: frontend a :9443 (server), frontend a unix@/run/x (server): no --prove names it.'])
  })

  test('knows a target without a name by where the settings say that they listen', async () => {
    const { unproved } = await proofsOf(plan(...FRONT.slice(0, 3)), prove('tls://localhost:9443'), undefined)
    assert.deepEqual(unproved, ['Not proved: frontend a :8443 (server): no --prove names it.'])
    assert.deepEqual((await proofsOf(plan(...FRONT.slice(0, 2)), prove('mail.example:443'), undefined)).unproved, [])
  })

  test('proves nothing where nobody wants it, and says so', async () => {
    const { orders, unproved } = await proofsOf(plan(...FRONT.slice(0, 2)), { ...NOTHING, prove: false }, closedAt())
    assert.deepEqual([orders, unproved], [[], ['Not proved: frontend a :8443 (server): nobody asked for it.']])
  })

  test('tells many doors in one sentence', async () => {
    const many = Array.from({ length: 9 }, (_, index) => `  bind unix@/run/${index} ssl crt x`)
    const { unproved } = await proofsOf(plan('frontend a', ...many), NOTHING, closedAt())
    assert.match(
      unproved.join(),
      /^Not proved: (?:frontend a unix@\/run\/\d \(server\), ){5}frontend a unix@\/run\/5 \(server\) and 3 more: /,
    )
  })

  test('listens for a client, which has to be named where there are several', async () => {
    const receive = ['backend b s=tls://127.0.0.1:4433']
    const { orders, unproved } = await proofsOf(
      plan(...BACK, '  server t 192.0.2.3:443 ssl'),
      { ...NOTHING, receive, send: 'true' },
      closedAt(),
    )
    assert.deepEqual(
      orders.map(({ door, client }) => [door, client?.leg, client?.connect?.at(-1)]),
      [['tls://127.0.0.1:4433', 'backend b s', 'true']],
    )
    assert.match(unproved.join(), /^Not proved: backend b t \(client\): /)
    const alone = await proofsOf(plan(...BACK), { ...NOTHING, receive: ['tls://127.0.0.1:4433'] }, closedAt())
    assert.deepEqual([alone.orders[0]?.client, alone.unproved], [{ leg: 'backend b s' }, []])
    const code = (wanted: string) => (error: unknown) => error instanceof PosternError && error.code === wanted
    const two = plan(...BACK, '  server t 192.0.2.3:443 ssl')
    await assert.rejects(proofsOf(two, { ...NOTHING, receive: ['tls://127.0.0.1:4433'] }, closedAt()), code('PROVE_DOOR'))
    await assert.rejects(proofsOf(plan(...BACK), { ...NOTHING, receive: ['imap://127.0.0.1:143'] }, closedAt()), code('RECEIVE_TARGET'))
  })

  test('refuses a door that there is not, and a target that is none', async () => {
    const code = (wanted: string) => (error: unknown) => error instanceof PosternError && error.code === wanted
    await assert.rejects(proofsOf(plan(...FRONT), prove('nosuch=tls://localhost:1'), undefined), code('PROVE_DOOR'))
    await assert.rejects(proofsOf(plan(...BACK), prove('tls://localhost:1'), undefined), code('PROVE_DOOR'))
    await assert.rejects(proofsOf(plan(...FRONT.slice(0, 2)), prove('nosuch://localhost'), undefined), code('TARGET_SYNTAX'))
  })
})

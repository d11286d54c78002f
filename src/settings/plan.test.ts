import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parsePolicy, RULEBOOKS, type Policy } from '../policy/index.ts'
import { planOf, type Plan } from './plan.ts'
import { plannedPolicy } from './planned-policy.ts'
import type { SettingsFile } from './settings-file.ts'
import { keyValueAdapter } from './testdata/key-value.ts'

const now = new Date('2026-11-22T12:00:00Z')
const rulebooks = RULEBOOKS.filter(({ name }) => name === 'rfc-9325')
const policy = await parsePolicy('base: mozilla-intermediate\n', 'tls.yaml', now)

function plan(text: string, choose: (door: string, role: string) => Policy | undefined = () => policy, included?: SettingsFile): Plan {
  const options = { rulebooks, now, more: (path: string) => (path === included?.path ? included : undefined) }
  return planOf(keyValueAdapter, keyValueAdapter.read({ path: 'a.conf', text }, options), choose, options)
}

describe('planOf()', () => {
  const old = 'server.protocols = TLSv1 TLSv1.2\nclient.protocols = TLSv1.2\nclient.ciphers = ECDHE+AESGCM\npassword = hunter2\n'

  test('changes what has to change, and shows before and after with what is said of them', () => {
    const got = plan(old, (_door, role) => (role === 'server' ? policy : undefined))
    assert.deepEqual(
      got.changes.map(({ setting }) => setting),
      ['server.protocols', 'server.ciphers'],
    )
    assert.match(got.diff, /^-server\.protocols = TLSv1 TLSv1\.2$/m)
    assert.match(got.diff, /^\+server\.protocols = TLSv1\.2 TLSv1\.3$/m)
    assert.doesNotMatch(got.diff, /hunter2/)
    const [server, client] = got.legs
    const bad = (leg: typeof server, when: 'before' | 'after') =>
      leg?.[when].findings.filter(({ verdict }) => verdict === 'bad').map(({ id }) => id)
    assert.ok(bad(server, 'before')?.includes('protocol-tls1-0'))
    assert.ok(!bad(server, 'after')?.includes('protocol-tls1-0'))
    assert.deepEqual(client?.before.posture, client?.after.posture)
    assert.equal(client?.policy, undefined)
    assert.ok(server?.before.undecided.includes('heartbleed'), 'settings say nothing of it')
  })

  test('is the same every time, and nothing once it is carried out', () => {
    const first = plan(old)
    assert.deepEqual(JSON.stringify(plan(old)), JSON.stringify(first))
    const again = plan(first.files[0]!.after.text)
    assert.deepEqual([again.changes, again.files, again.diff], [[], [], ''])
  })

  test('changes a value in the file that it stands in', () => {
    const included = { path: 'tls.conf', text: 'server.protocols = TLSv1\nserver.ciphers = ECDHE+AESGCM\n' }
    const got = plan('include = tls.conf\n', (_door, role) => (role === 'server' ? policy : undefined), included)
    assert.deepEqual(
      got.files.map(({ before }) => before.path),
      ['tls.conf'],
    )
    assert.deepEqual(got.legs[0]?.after.words.protocols.value, ['TLSv1.2', 'TLSv1.3'])
  })

  test('makes an edit once that several legs ask for', () => {
    const twice = {
      ...keyValueAdapter,
      write: (...given: Parameters<typeof keyValueAdapter.write>) => {
        const { changes, inexpressible } = keyValueAdapter.write(...given)
        return { changes: [...changes, ...changes], inexpressible }
      },
    }
    const options = { rulebooks, now }
    const got = planOf(twice, twice.read({ path: 'a.conf', text: old }, {}), () => policy, options)
    assert.equal(got.files[0]?.after.text, plan(old).files[0]?.after.text)
  })
})

describe('plannedPolicy()', () => {
  const [leg] = plan('server.protocols = TLSv1 TLSv1.2\n', () => undefined).legs
  const { after } = leg!

  test('is the policy in everything that settings decide', () => {
    const got = plannedPolicy(policy, after, [])
    assert.deepEqual([got.protocols, got.suites, got.groups, got.dh], [policy.protocols, policy.suites, policy.groups, policy.dh])
    assert.deepEqual(got.features, { required: [], forbidden: [] })
    assert.equal(got.certificate.demands, undefined)
  })

  test('is wider where the plan has said what it cannot express, and there only', () => {
    const inexpressible = (['protocols', 'groups'] as const).map((word) => ({ door: after.door, role: after.role, word, why: 'No.' }))
    const got = plannedPolicy({ ...policy, protocols: { ...policy.protocols, required: ['TLSv1.2', 'TLSv1.3'] } }, after, inexpressible)
    assert.deepEqual(got.protocols, { allowed: ['TLSv1.2', 'TLSv1.3', 'TLSv1'], required: ['TLSv1.2'] })
    assert.ok(got.groups.length > policy.groups.length)
    assert.deepEqual(got.suites, policy.suites)
    const elsewhere = plannedPolicy(policy, after, [{ door: 'another', role: after.role, word: 'groups', why: 'No.' }])
    assert.deepEqual(elsewhere.groups, policy.groups)
  })
})

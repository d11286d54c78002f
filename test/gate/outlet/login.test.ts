import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test, type TestContext } from 'node:test'
import type { Candidate } from '../../../src/gate/outlet/candidates.ts'
import { usualOutlet } from '../../../src/gate/outlet/explain.ts'
import { HopSessions } from '../../../src/gate/outlet/hop-sessions.ts'
import { openLeg } from '../../../src/gate/outlet/leg.ts'
import { Reaching } from '../../../src/gate/outlet/reaching.ts'
import type { LoginConfig } from '../../../src/gate/outlet/secret.ts'
import { TlsMemory } from '../../../src/gate/outlet/tls-memory.ts'
import { certificates, SERVER_NAME } from '../../peers/index.ts'
import { startGate, type Gated } from '../gated.ts'
import { startDestination, type Destination } from './destination.ts'
import { SENT, sendTo } from './sending-to.ts'

const { root } = await certificates()
const folder = mkdtempSync(join(tmpdir(), 'postern-login-'))
after(() => rmSync(folder, { recursive: true }))
const secret = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  chmodSync(join(folder, name), 0o600)
  return join(folder, name)
}
const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64')
const XOAUTH2 = `AUTH XOAUTH2 ${base64('user=me@example.net\x01auth=Bearer t0ken\x01\x01')}`

async function relay(
  login: object,
  keywords: readonly string[],
  t: TestContext,
  says: Readonly<Record<string, string>> = {},
): Promise<{ readonly destination: Destination; readonly gated: Gated }> {
  const destination = await startDestination({ leaf: 'rsa', keywords, says }, t)
  const outlet = {
    to: `127.0.0.1:${destination.port}`,
    tls: 'verify',
    ca: root,
    name: SERVER_NAME,
    login: { user: 'me@example.net', ...login },
  }
  return { destination, gated: await startGate({ services: { out: { dialect: 'smtp', tls: 'none', outlet } } }, t) }
}

describe('an outlet logs in at a relay', () => {
  const rows: readonly (readonly [why: string, login: object, auth: string, said: readonly string[]])[] = [
    [
      'with a password',
      { passwordFile: secret('password', 'pass word\n') },
      'AUTH LOGIN PLAIN',
      [`AUTH PLAIN ${base64('\0me@example.net\0pass word')}`],
    ],
    ['with a token in a file', { tokenFile: secret('token', 't0ken\n') }, 'AUTH PLAIN XOAUTH2', [XOAUTH2]],
    ['with a token of a program', { tokenCommand: ['/bin/echo', 't0ken'] }, 'AUTH XOAUTH2', [XOAUTH2]],
    ['as RFC 6749 §5.1 has it', { tokenCommand: ['/bin/echo', '{"access_token":"t0ken","expires_in":3600}'] }, 'AUTH XOAUTH2', [XOAUTH2]],
    [
      'by RFC 7628',
      { tokenFile: secret('token', 't0ken\n') },
      'AUTH XOAUTH2 OAUTHBEARER',
      [`AUTH OAUTHBEARER ${base64('n,a=me@example.net,\x01auth=Bearer t0ken\x01\x01')}`],
    ],
  ]
  for (const [why, login, auth, said] of rows)
    test(why, async (t) => {
      const { destination, gated } = await relay(login, ['PIPELINING', auth], t)
      assert.match(await sendTo(gated.port('out'), 'x\r\n'), SENT)
      assert.deepEqual(destination.commands.slice(0, 4), ['EHLO gate.example', 'STARTTLS', 'EHLO gate.example', ...said])
      assert.doesNotMatch(JSON.stringify(gated.records), /t0ken|pass word|dDBrZW4/)
    })

  test('what is refused stays with whoever sends, and says which words to change', async (t) => {
    const refused = await relay({ tokenFile: secret('token', 't0ken\n') }, ['AUTH XOAUTH2'], t, { AUTH: '535 5.7.8 bad token' })
    assert.match(
      await sendTo(refused.gated.port('out'), 'x\r\n'),
      /^451 4\.7\.8 \[127\.0\.0\.1\] does not let me@example\.net log in, as login of services\.out\.outlet says: bad token/,
    )
    const lacking = await relay({ tokenFile: secret('token', 't0ken\n') }, ['AUTH PLAIN'], t)
    assert.match(
      await sendTo(lacking.gated.port('out'), 'x\r\n'),
      /^451 4\.7\.4 \[127\.0\.0\.1\] offers no way to log in with what login of services\.out\.outlet has/,
    )
    assert.deepEqual(lacking.destination.commands, ['EHLO gate.example', 'STARTTLS', 'EHLO gate.example'])
    const failing = await relay({ tokenCommand: ['/bin/false'] }, ['AUTH XOAUTH2'], t)
    assert.match(await sendTo(failing.gated.port('out'), 'x\r\n'), /^451 4\.7\.8 Cannot use the token of \/bin\/false for me@example\.net/)
    assert.equal(failing.destination.connections(), 0)
  })

  const repeats: readonly (readonly [why: string, says: Readonly<Record<string, string>>, said: RegExp])[] = [
    ['when it refuses it', { AUTH: `535 5.7.8 bad ${XOAUTH2}` }, /^451 4\.7\.8 .* says: bad AUTH XOAUTH2 \*\*\*\r\n$/],
    ['of those before, when it greets', { GREETING: '421 4.7.0 not t0ken' }, /^451 4\.7\.0 \[127\.0\.0\.1\] said: not \*\*\*\r\n$/],
    ['when it refuses a recipient', { RCPT: '550-5.1.1 who\r\n550 5.1.1 is t0ken' }, /^550-5\.1\.1 who\r\n550 5\.1\.1 is \*\*\*\r\n$/],
    ['when it takes a message', { END: '250 2.0.0 Ok: t0ken' }, /^250 2\.0\.0 Ok: \*\*\*\r\n$/],
  ]
  for (const [why, says, said] of repeats)
    test(`what a relay repeats of a secret ${why} is for nobody`, async (t) => {
      const { gated } = await relay({ tokenFile: secret('token', 't0ken\n') }, ['AUTH XOAUTH2'], t, says)
      assert.match(await sendTo(gated.port('out'), 'x\r\n'), said)
      await gated.record()
      assert.doesNotMatch(JSON.stringify(gated.records), /t0ken|dDBrZW4|dXNlcj1tZUBl/)
    })

  const addresses: readonly (readonly [why: string, from: LoginConfig['from'], reply: string, tried: readonly number[]])[] = [
    [
      'a password that is refused is shown to one address of a relay',
      { kind: 'password', file: secret('wrong', 'x') },
      '535 5.7.8 no',
      [1, 0],
    ],
    ['a token to each, since it may be a new one', { kind: 'token', command: ['/bin/echo', 't0ken'] }, '535 5.7.8 no', [1, 1]],
    ['a password to the next where one cannot tell now', { kind: 'password', file: secret('right', 'x') }, '454 4.7.0 later', [1, 1]],
  ]
  for (const [why, from, reply, tried] of addresses)
    test(why, async (t) => {
      const manners = { leaf: 'rsa', keywords: ['AUTH PLAIN XOAUTH2'], says: { AUTH: reply } } as const
      const both = [await startDestination(manners, t), await startDestination(manners, t)]
      const leg = openLeg({ ...usualOutlet(new Date()).leg, login: { user: 'me', from } })
      async function* found(): AsyncGenerator<Candidate, void, undefined> {
        for (const { port } of both)
          yield {
            name: 'relay.example',
            address: '127.0.0.1',
            port,
            leg,
            demand: { tls: 'require', check: { kind: 'none' }, by: '' },
            knowsTls: false,
          }
      }
      const reaching = new Reaching(found(), {
        clientName: 'gate.example',
        lmtp: false,
        now: () => new Date(),
        patience: { connect: 5000, talk: 5000, reach: 10_000 },
        memory: new TlsMemory(),
        sessions: new HopSessions(),
        tried: () => undefined,
        reached: () => undefined,
      })
      const outcome = await reaching.next()
      assert.match('said' in outcome ? outcome.said : '', /^451 4\.7\.8 /)
      assert.deepEqual(
        both.map(({ commands }) => commands.filter((line) => line.startsWith('AUTH')).length),
        tried,
      )
    })

  test('a program is asked once for as long as its token holds, and again when that is refused', async (t) => {
    const count = join(folder, 'count')
    const login = { tokenCommand: ['/bin/sh', '-c', `echo x >> ${count}; echo t0ken`] }
    const { gated } = await relay(login, ['AUTH XOAUTH2'], t)
    for (let times = 0; times < 3; times += 1) await sendTo(gated.port('out'), 'x\r\n')
    assert.equal(readFileSync(count, 'utf8'), 'x\n')
    const refused = await relay(login, ['AUTH XOAUTH2'], t, { AUTH: '535 5.7.8 no' })
    for (let times = 0; times < 2; times += 1) await sendTo(refused.gated.port('out'), 'x\r\n')
    assert.equal(readFileSync(count, 'utf8'), 'x\nx\nx\n')
  })

  test('a file that others can read is refused when it becomes so', async (t) => {
    const file = secret('opened', 't0ken\n')
    const { gated } = await relay({ tokenFile: file }, ['AUTH XOAUTH2'], t)
    chmodSync(file, 0o644)
    assert.match(await sendTo(gated.port('out'), 'x\r\n'), /^451 4\.7\.8 Cannot use the token in .*: others can read or change it/)
  })
})

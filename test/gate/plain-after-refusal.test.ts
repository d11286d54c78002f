import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, test, type TestContext } from 'node:test'
import { clientHello } from '../peers/hellos.ts'
import { DIALECTS, gateFor, HELLO, SERVER_HELLO, servesOthers, SMTP, smtp, type Dialect } from './attacks/attacked.ts'
import type { Gated } from './gated.ts'
import { Talker } from './talker.ts'

/** A hello of TLS 1.0, which the policy does not allow. */
const OLD = clientHello(0x0301, [0x002f])

/** What needs TLS, and how each protocol says so to whoever was refused. */
const NEEDS: Readonly<Record<string, readonly [command: string, said: RegExp, otherwise: RegExp]>> = {
  smtp: [
    'MAIL FROM:<a@example.org>\r\n',
    /^550 5\.7\.10 Your TLS is too weak for this server\. .* is needed \(mozilla-intermediate\)\. After that .*STARTTLS first\r\n$/,
    /^250 /,
  ],
  imap: ['x LOGIN a b\r\n', /^x NO \[PRIVACYREQUIRED\] Your TLS is too weak for this server\. .*STARTTLS first\r\n$/, /^x OK/],
  pop3: ['USER a\r\n', /^-ERR \[SYS\/PERM\] Your TLS is too weak for this server\. .*STARTTLS first\r\n$/, /^\+OK/],
  sieve: ['LISTSCRIPTS\r\n', /^NO "Your TLS is too weak for this server\. .*STARTTLS first"\r\n$/, /^OK/],
}

async function refusedOnce(gated: Gated, { greeted, starttls, goAhead }: Dialect): Promise<void> {
  const talker = await Talker.to(gated.port('door'))
  await talker.hears(greeted)
  await talker.asks(starttls, goAhead)
  talker.say(OLD)
  await talker.isClosed()
  assert.deepEqual((await gated.record()).ended, { why: 'handshake-failed', reason: 'version' })
}

const service = (more: object = {}): object => ({ hideLogin: false, plainAfterRefusal: 'refuse', ...more })

describe('plain text behind refused TLS', { concurrency: 4 }, () => {
  for (const dialect of DIALECTS) {
    const { name, serve, greeted, starttls, goAhead, ping } = dialect
    const [command, said, otherwise] = NEEDS[name] ?? ['', /x/, /x/]

    test(`${name}: is told what is needed, until TLS comes about`, async (t) => {
      const back = await serve(t)
      const gated = await gateFor(name, back.port, t, {}, service())
      await refusedOnce(gated, dialect)

      const plain = await Talker.to(gated.port('door'))
      await plain.hears(greeted)
      if (name === 'smtp') await plain.asks('EHLO x\r\n', /250-STARTTLS\r\n[^]*250 [^\r]*\r\n$/)
      await plain.asks(command, said)
      plain.leave()
      assert.equal((await gated.record()).plainAfterRefusal, 'refused')
      assert.ok(!back.heard().includes(command.trim()))

      const better = await Talker.to(gated.port('door'))
      await better.hears(greeted)
      await better.asks(starttls, goAhead)
      await better.secure()
      await better.asks(...ping)
      better.leave()
      assert.equal((await gated.record()).plainAfterRefusal, undefined)

      const again = await Talker.to(gated.port('door'))
      await again.hears(greeted)
      await again.asks(command, otherwise)
      again.leave()
      assert.equal((await gated.record()).plainAfterRefusal, undefined)
    })
  }

  const mail = async (t: TestContext, gated: Gated, reply: RegExp): Promise<void> => {
    const plain = await Talker.to(gated.port('door'))
    t.after(() => plain.leave())
    await plain.hears(SMTP.greeted)
    await plain.asks('EHLO x\r\n', /250 [^\r]*\r\n$/)
    await plain.asks('MAIL FROM:<a@example.org>\r\n', reply)
    plain.leave()
  }

  test('is recorded where nothing else is said', async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t)
    await refusedOnce(gated, SMTP)
    await mail(t, gated, /^250 /)
    assert.equal((await gated.record()).plainAfterRefusal, 'observed')
  })

  test('comes again where the client refused us: that may be mended here', async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t, {}, service())
    const words = ['s_client', '-starttls', 'smtp', '-verify_return_error', '-connect', `127.0.0.1:${gated.port('door')}`]
    const client = spawn('openssl', words, { timeout: 20_000, stdio: 'ignore' })
    await once(client, 'exit')
    assert.equal((await gated.record()).ended.reason, 'client-refused-us')
    await mail(t, gated, /^450 4\.7\.10 TLS did not come about \(client-refused-us\)\. .*STARTTLS first\r\n$/)
  })

  test('is no matter where the client went away: that may have been a monitor', async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t, {}, service())
    const talker = await Talker.to(gated.port('door'))
    await talker.hears(SMTP.greeted)
    await talker.asks(SMTP.starttls, SMTP.goAhead)
    talker.say(HELLO)
    await talker.hears(SERVER_HELLO)
    talker.leave()
    assert.equal((await gated.record()).ended.reason, 'reset')
    await mail(t, gated, /^250 /)
    await servesOthers(gated.port('door'), SMTP)
  })
})

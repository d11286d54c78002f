import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { needPackages, needPeer, startPeer, type Peer } from '../peers/index.ts'
import { serveLoopback } from '../peers/loopback.ts'
import { startGate } from './gated.ts'
import { startLinked, type Linked } from './linked.ts'
import { logged } from './logged.ts'
import { lasting } from './programs.ts'
import { Talker } from './talker.ts'

const CLIENT = '127.0.0.21'
const run = promisify(execFile)

/** What openssl s_client has seen, however it ended. */
async function sClient(port: number, dialect: string, ...words: readonly string[]): Promise<string> {
  const all = ['s_client', '-connect', `127.0.0.1:${port}`, '-starttls', dialect, '-brief', ...words]
  const running = run('openssl', all, { timeout: 10_000 })
  running.child.stdin?.end()
  const { stdout, stderr } = await running.catch((error: { readonly stdout: string; readonly stderr: string }) => error)
  return stdout + stderr
}

describe(
  'STARTTLS over a link, with TLS of the servers inside',
  { skip: needPackages('openssl') || needPeer('dovecot') || needPeer('postfix') },
  () => {
    const t = lasting()
    let edge: Linked
    let postfix: Peer<'postfix'>
    before(async () => {
      const dovecot = await startPeer('dovecot', {}, t)
      postfix = await startPeer('postfix', { behindProxy: true }, t)
      const door = (dialect: string): Readonly<Record<string, unknown>> => ({ dialect, tls: 'starttls-passthrough' })
      const link = { link: 'office', service: 'mx' }
      const services = {
        mx: { ...door('smtp'), backend: { ...link, proxy: 'v2' } },
        modern: { ...door('smtp'), policy: 'mozilla-modern', plainAfterRefusal: 'refuse', backend: { ...link, proxy: 'v2' } },
        watched: { ...door('smtp'), policy: 'mozilla-modern', stage: 'observe', backend: { ...link, proxy: 'v2' } },
        imap: door('imap'),
        pop3: door('pop3'),
        sieve: door('sieve'),
        // TLS ends at the gate inside.
        gated: door('imap'),
        broken: door('imap'),
        nowhere: { ...door('smtp'), backend: { link: 'branch' } },
      }
      edge = await startLinked(services, t)
      const copied = (port: number): Readonly<Record<string, unknown>> => ({ dialect: 'tcp', tls: 'none', backend: `127.0.0.1:${port}` })
      const without = await serveLoopback((socket) => {
        socket.on('error', () => undefined).write('* OK [CAPABILITY IMAP4rev1] no TLS\r\n')
        socket.on('data', (bytes: Buffer) => {
          const [tag = ''] = bytes.toString('latin1').split(' ')
          socket.write(`* CAPABILITY IMAP4rev1\r\n${tag} OK done\r\n`)
        })
      })
      t.after(() => without.stop())
      await edge.inside(await edge.join('office'), {
        mx: copied(postfix.doors.smtp),
        imap: copied(dovecot.doors.imap),
        pop3: copied(dovecot.doors.pop3),
        sieve: copied(dovecot.doors.sieve),
        gated: { dialect: 'imap', tls: 'starttls', backend: `127.0.0.1:${dovecot.doors.imap}` },
        broken: copied(without.port),
      })
      await edge.stand(1)
    })

    for (const [service, dialect] of [
      ['mx', 'smtp'],
      ['imap', 'imap'],
      ['pop3', 'pop3'],
      ['sieve', 'sieve'],
      ['gated', 'imap'],
    ] as const)
      test(`${service}: the gate sees what is offered and chosen, and has no key`, async () => {
        assert.match(await sClient(edge.port(service), dialect), /^Protocol version: TLSv1\.3$/m)
        const { hello, verdict, negotiated } = await edge.record()
        assert.ok((hello?.suites.length ?? 0) > 0)
        assert.deepEqual([verdict, negotiated?.version], [{ meets: true }, 'TLSv1.3'])
      })

    test('mail goes, and the server hears whose it is', async () => {
      const words = ['--from', 'a@example.org', '--to', 'b@example.net', '--server', '127.0.0.1', '--port', String(edge.port('mx'))]
      const { stdout } = await run('swaks', [...words, '--tls', '--local-interface', CLIENT], { timeout: 20_000 })
      assert.match(stdout, /=== TLS started[^]*<~  250 2\.0\.0 Ok: queued as /)
      await logged(
        postfix.log,
        /connect from unknown\[127\.0\.0\.21\][^]*Anonymous TLS connection established from unknown\[127\.0\.0\.21\]/,
      )
      await edge.record()
    })

    test('people read their mail, and are shown no login before TLS', async () => {
      const talker = await Talker.to(edge.port('imap'), CLIENT)
      await talker.hears(/^\* OK \[CAPABILITY [^\]]*STARTTLS[^\]]*LOGINDISABLED[^\]]*\]/)
      await talker.asks('a LOGIN anna x\r\n', /^a NO \[PRIVACYREQUIRED\]/)
      await talker.asks('b STARTTLS\r\n', /^b OK/)
      await talker.secure()
      await talker.asks('c LOGIN anna x\r\n', /^c OK/m)
      await talker.asks('d LOGOUT\r\n', /^d OK/m)
      await talker.isClosed()
      assert.equal((await edge.record()).negotiated?.version, 'TLSv1.3')
    })

    test('who offers too little is refused by alert, before the server hears of it, and takes no way around', async () => {
      assert.match(await sClient(edge.port('modern'), 'smtp', '-tls1_2'), /alert protocol version/)
      const { verdict, ended } = await edge.record()
      assert.deepEqual([verdict?.meets, ended], [false, { why: 'handshake-failed', reason: 'version' }])
      const again = await Talker.to(edge.port('modern'))
      await again.asks('EHLO x\r\n', /\r\n250 /)
      await again.asks('MAIL FROM:<a@example.org>\r\n', /^5\d\d 5\.7\.10 .*TLS/m)
      again.leave()
      await edge.record()
    })

    test('or is watched', async () => {
      assert.match(await sClient(edge.port('watched'), 'smtp', '-tls1_2'), /^Protocol version: TLSv1\.2$/m)
      const { verdict, negotiated } = await edge.record()
      assert.deepEqual([verdict?.meets, negotiated?.version], [false, 'TLSv1.2'])
    })

    test('a server that will not is told of by an alert', async () => {
      assert.match(await sClient(edge.port('broken'), 'imap'), /alert internal error/)
      const { ended } = await edge.record()
      assert.equal(ended.why, 'server-lost')
      assert.match(ended.reason ?? '', /link office/)
    })

    test('plain text behind the request is never used', async () => {
      const talker = await Talker.to(edge.port('mx'))
      await talker.asks('EHLO x\r\n', /\r\n250 /)
      await talker.asks('STARTTLS\r\nMAIL FROM:<a@example.org>\r\n', /^(?!220)/)
      await talker.isClosed()
      assert.equal((await edge.record()).ended.why, 'starttls-injection')
    })

    test('while no inside is there clients hear it at once', async () => {
      const talker = await Talker.to(edge.port('nowhere'))
      assert.match(await talker.hears(/\r\n/), /^421 4\.\d\.\d /)
      await talker.isClosed()
    })
  },
)

test('STARTTLS is passed on to a server at an address, too', { skip: needPackages('openssl') || needPeer('dovecot') }, async (t) => {
  const { doors } = await startPeer('dovecot', {}, t)
  const gated = await startGate(
    { identities: {}, services: { pop3: { dialect: 'pop3', tls: 'starttls-passthrough', backend: `127.0.0.1:${doors.pop3}` } } },
    t,
  )
  assert.match(await sClient(gated.port('pop3'), 'pop3'), /^Protocol version: TLSv1\.3$/m)
  assert.equal((await gated.record()).negotiated?.version, 'TLSv1.3')
})

/** What `postern audit` says of doors that let nobody in: nothing good of what was never tried, and why. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test, type TestContext } from 'node:test'
import type { AuditResult } from '../src/audit/index.ts'
import { auditReport } from '../src/audit/report/schema.ts'
import { PROTOCOLS } from '../src/registry/index.ts'
import { type } from './cli-session.ts'
import { startHostile } from './hostile/index.ts'
import { needPeer, SERVER_NAME, startPeer } from './peers/index.ts'
import { serveLoopback } from './peers/loopback.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-refusing-'))
after(() => rmSync(folder, { recursive: true, force: true }))

interface Told {
  readonly status: number | null
  readonly target: AuditResult
  readonly terminal: string
  readonly markdown: string
  readonly html: string
}

/** Audits one door in every form that a person reads. */
async function audit(url: string, ...options: readonly string[]): Promise<Told> {
  const page = join(folder, 'report.html')
  const json = await type(['audit', url, ...options, '--json', '--html', page])
  const [target] = auditReport.parse(JSON.parse(json.out)).targets
  assert.ok(target)
  const flat = async (...form: readonly string[]): Promise<string> =>
    (await type(['audit', url, ...options, ...form])).out.replace(/\s+/g, ' ')
  return { status: json.status, target, terminal: await flat(), markdown: await flat('--markdown'), html: readFileSync(page, 'utf8') }
}

async function hostile(name: string, t: TestContext): Promise<number> {
  const server = await startHostile(name)
  t.after(() => server.stop())
  return server.port
}

const NAMED = ['--sni', 'hostile.example'] as const
const good = ({ findings }: AuditResult): readonly string[] => findings.flatMap(({ id, verdict }) => (verdict === 'good' ? [id] : []))
const wrong = ({ findings }: AuditResult): readonly string[] =>
  findings.flatMap(({ id, verdict }) => (verdict === 'bad' || verdict === 'weak' ? [id] : []))
const offers = ({ posture }: AuditResult): readonly unknown[] => PROTOCOLS.map((protocol) => posture?.protocols[protocol].offered)
const NOBODY_KNOWS = PROTOCOLS.map(() => 'unknown')

test('a server that speaks something else: 3, a problem that says what, and nothing known', async (t) => {
  const server = await serveLoopback((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  })
  t.after(() => server.stop())
  const { status, target, terminal } = await audit(`tls://127.0.0.1:${server.port}`)
  assert.deepEqual([status, target.problem?.code, offers(target)], [3, 'NOT_TLS', NOBODY_KNOWS])
  assert.match(terminal, /Cannot speak TLS with the server: it says "HTTP\/1\.1 400 Bad Request\\r\\n/)
})

describe('a server that does not know the name', () => {
  const rows: readonly (readonly [name: string, options: readonly string[], message: RegExp, remedy: RegExp])[] = [
    ['knows-no-name', NAMED, /^Cannot audit the server by the name "hostile\.example": the server does not know it$/, /--sni NAME\.$/],
    ['knows-no-name', [], /^Cannot audit the server without a name: it serves only clients that name it$/, /--sni NAME\.$/],
    ['knows-another-name', NAMED, /"hostile\.example"/, /Clients that name no server are served too/],
    ['warns-of-the-name', NAMED, /"hostile\.example"/, /Clients that name no server are served too/],
  ]
  for (const [name, options, message, remedy] of rows) {
    test(`${name} ${options.join(' ')}: 3, a problem, and nothing else`, async (t) => {
      const { status, target, terminal, markdown, html } = await audit(`tls://127.0.0.1:${await hostile(name, t)}`, ...options)
      assert.equal(status, 3)
      assert.equal(target.problem?.code, 'NAME_NOT_SERVED')
      assert.match(target.problem.message, message)
      assert.match(target.problem.remedy ?? '', remedy)
      assert.deepEqual([good(target), wrong(target)], [[], []])
      assert.deepEqual(offers(target), NOBODY_KNOWS)
      assert.deepEqual([target.grade, target.gradeReasons], ['unknown', ['No hello was accepted, so that next to nothing is known.']])
      for (const text of [terminal, markdown, html]) {
        assert.match(text, /unknown \(alert unrecognized(?:\\)?_name\)/)
        assert.doesNotMatch(text, /refused \(/)
      }
    })
  }

  test('one that serves clients without a name is audited by its address', async (t) => {
    const { target } = await audit(`tls://127.0.0.1:${await hostile('knows-another-name', t)}`)
    assert.equal(target.problem, null)
    assert.equal(target.posture?.protocols['TLSv1.2'].offered, true)
  })

  test('one that only warns, RFC 6066 §3, is a server like any other', async (t) => {
    const { target } = await audit(`tls://127.0.0.1:${await hostile('warns-first', t)}`, ...NAMED)
    assert.equal(target.problem, null)
    assert.equal(target.posture?.protocols['TLSv1.2'].offered, true)
  })

  test('nginx with ssl_reject_handshake, by a wrong name and by the right one', { skip: needPeer('nginx') }, async (t) => {
    const server = await startPeer('nginx', { onlyAs: SERVER_NAME, protocols: ['TLSv1.2', 'TLSv1.3'] }, t)
    const url = `https://127.0.0.1:${server.doors.https}`
    const stranger = await audit(url, '--sni', 'other.example')
    assert.deepEqual([stranger.status, stranger.target.problem?.code], [3, 'NAME_NOT_SERVED'])
    assert.deepEqual([good(stranger.target), wrong(stranger.target)], [[], []])
    const known = await audit(url, '--sni', SERVER_NAME)
    assert.equal(known.target.problem, null)
    assert.deepEqual(offers(known.target), [false, false, false, false, true, true])
  })
})

describe('a server that refuses every hello', () => {
  const rows: readonly (readonly [name: string, how: RegExp])[] = [
    ['alert-then-open', /handshake_failure/],
    ['alerts-after-hello', /protocol_version/],
    ['needs-no-session-id', /handshake_failure/],
  ]
  for (const [name, how] of rows) {
    test(`${name}: 3, a problem, and no praise for what was never tried`, async (t) => {
      const { status, target, terminal, html } = await audit(`tls://127.0.0.1:${await hostile(name, t)}`, ...NAMED)
      assert.equal(status, 3)
      assert.equal(target.problem?.code, 'NO_HANDSHAKE')
      assert.match(target.problem.message, how)
      assert.match(target.problem.remedy ?? '', /--sni NAME/)
      const untried = good(target).filter((id) => !/^protocol-(?:sslv2|sslv3|tls1-0|tls1-1)$/.test(id))
      assert.deepEqual([untried, wrong(target)], [[], []])
      assert.ok(target.findings.some(({ id, verdict }) => id === 'heartbleed' && verdict === 'unknown'))
      assert.deepEqual([target.grade, target.gradeReasons], ['unknown', ['No hello was accepted, so that next to nothing is known.']])
      assert.match(terminal, /NOT COMPLETE Cannot come to a handshake: no hello was accepted/)
      for (const text of [terminal, html]) assert.match(text, /none seen, since no hello was accepted/)
    })
  }

  test('--only suites: 3 too', async (t) => {
    const port = await hostile('alert-then-open', t)
    assert.equal((await type(['audit', `tls://127.0.0.1:${port}`, '--only', 'suites'])).status, 3)
  })
})

test('a door without STARTTLS has refused no version, and offers none: 1', async (t) => {
  const { status, target, terminal, markdown, html } = await audit(`smtp://127.0.0.1:${await hostile('smtp-no-starttls', t)}`, ...NAMED)
  assert.equal(status, 1)
  assert.equal(target.problem?.code, 'STARTTLS_MISSING')
  assert.equal(target.reachable, true, 'it was spoken to')
  assert.deepEqual(wrong(target), ['starttls'])
  assert.deepEqual(good(target), ['auth-before-tls'])
  assert.deepEqual(offers(target), NOBODY_KNOWS)
  assert.deepEqual(
    new Set(Object.values(target.posture?.protocols ?? {}).map(({ refusal }) => refusal)),
    new Set(['STARTTLS is not offered']),
  )
  for (const text of [terminal, markdown, html]) {
    assert.equal(text.match(/no TLS, since STARTTLS is not offered/g)?.length, PROTOCOLS.length)
    assert.match(text, /none, since no TLS is offered/)
    assert.doesNotMatch(text, /refused|not reached/i)
  }
  assert.match(terminal, /NO TLS Cannot start TLS with SMTP: the server does not offer it/)
  assert.match(html, /No TLS: this is not a pass/)
})

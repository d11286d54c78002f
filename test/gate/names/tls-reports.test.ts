import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { decode, encode } from 'dns-packet'
import { StubResolver } from '../../../src/gate/names/resolver.ts'
import { handOver } from '../../../src/gate/tls-rpt/hand-over.ts'
import { NO_POLICY } from '../../../src/gate/tls-rpt/outcome.ts'
import { postReport } from '../../../src/gate/tls-rpt/post-report.ts'
import { readReport } from '../../../src/gate/tls-rpt/read-report.ts'
import { ReportSender, type SenderOptions } from '../../../src/gate/tls-rpt/report-sender.ts'
import { TallyKeeper } from '../../../src/gate/tls-rpt/tally-keeper.ts'
import { needPeer } from '../../peers/index.ts'
import { startBehind } from '../arriving.ts'
import { liar } from './liar.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-tls-reports-'))
after(() => rmSync(folder, { recursive: true }))

const HOUR = 3_600_000
const NOON = Date.UTC(2026, 10, 21, 12)

/** What is sent, by its way, and what the world answers. */
function world() {
  const place = mkdtempSync(join(folder, 'state-'))
  const state = {
    now: NOON,
    told: [] as string[],
    sent: [] as [to: string, report: ReturnType<typeof readReport>][],
    answer: undefined as string | undefined,
  }
  const now = (): Date => new Date(state.now)
  const tell = (line: string): void => void state.told.push(line)
  const records: Readonly<Record<string, string>> = {
    '_smtp._tls.web.example': 'v=TLSRPTv1; rua=https://reports.web.example/x',
    '_smtp._tls.mail.example': 'v=TLSRPTv1; rua=mailto:tls@mail.example',
    '_smtp._tls.both.example': 'v=TLSRPTv1; rua=mailto:tls@both.example,https://both.example/',
  }
  const take = (to: string, bytes: Uint8Array): Promise<string | undefined> => {
    if (state.answer === undefined) state.sent.push([to, readReport(bytes, to)])
    return Promise.resolve(state.answer)
  }
  const sender = (more: Partial<SenderOptions> = {}): ReportSender =>
    new ReportSender({
      folder: place,
      reporter: { organization: 'Example GmbH', contact: 'tls@sender.example' },
      dns: {
        ask: (name) =>
          Promise.resolve(
            name in records
              ? { kind: 'records', records: [records[name]], owner: name, aliased: false, secure: false, ttl: 1 }
              : { kind: 'none', why: 'nxdomain', secure: false, ttl: 1 },
          ) as never,
      },
      now,
      random: () => 0.5,
      tell,
      post: take,
      mail: (to, message) => take(to, Buffer.from(message)),
      ...more,
    })
  return { place, state, sender, keeper: () => new TallyKeeper({ folder: place, now, tell }) }
}

const sessions = (domain: string): { domain: string; policy: typeof NO_POLICY } => ({ domain, policy: NO_POLICY })

describe('reports about TLS', () => {
  test('go to those who want them, when the day is over, with what all processes have counted', async () => {
    const { state, sender, keeper, place } = world()
    const [one, other] = [keeper(), keeper()]
    for (const domain of ['web.example', 'mail.example', 'both.example', 'nobody.example', 'not a domain']) one.note(sessions(domain))
    other.note({ ...sessions('Web.Example.'), failure: { type: 'certificate-expired', host: 'mx.web.example' } })
    await Promise.all([one.flush(), other.flush()])
    await sender().round()
    assert.equal(state.sent.length, 0, 'the day is not over')
    state.now += 13 * HOUR
    await sender().round()
    assert.equal(state.sent.length, 0, 'nor are two hours by')
    state.now += 2 * HOUR
    await sender().round()
    assert.deepEqual(
      state.sent.map(([to]) => to).toSorted((a, b) => (a < b ? -1 : 1)),
      ['https://both.example/', 'https://reports.web.example/x', 'tls@both.example', 'tls@mail.example'],
    )
    const [, web] = state.sent.find(([to]) => to.startsWith('https://reports')) ?? []
    assert.deepEqual(JSON.parse(JSON.stringify(web)), {
      'organization-name': 'Example GmbH',
      'date-range': { 'start-datetime': '2026-11-21T00:00:00Z', 'end-datetime': '2026-11-21T23:59:59Z' },
      'contact-info': 'tls@sender.example',
      'report-id': '2026-11-21_web.example@sender.example',
      policies: [
        {
          policy: { 'policy-type': 'no-policy-found', 'policy-string': [], 'policy-domain': 'web.example', 'mx-host': [] },
          summary: { 'total-successful-session-count': 1, 'total-failure-session-count': 1 },
          'failure-details': [
            { 'result-type': 'certificate-expired', 'receiving-mx-hostname': 'mx.web.example', 'failed-session-count': 1 },
          ],
        },
      ],
    })
    assert.deepEqual([readdirSync(place), readdirSync(join(place, 'pending')), state.told], [['pending'], [], []])
    await sender().round()
    assert.equal(state.sent.length, 4, 'once')
  })

  test('a day that ends while it is counted is two', async () => {
    const { state, keeper, place } = world()
    const one = keeper()
    one.note(sessions('web.example'))
    state.now += 12 * HOUR
    one.note(sessions('web.example'))
    await one.flush()
    assert.deepEqual(
      readdirSync(place)
        .map((name) => name.slice(0, 10))
        .toSorted(),
      ['2026-11-21', '2026-11-22'],
    )
  })

  test('what is not taken is sent again for a day, also after a restart, and then given up', async () => {
    const { state, sender, keeper, place } = world()
    const one = keeper()
    one.note(sessions('both.example'))
    await one.flush()
    Object.assign(state, { now: state.now + 24 * HOUR, answer: 'it answers 503' })
    await sender().round()
    state.now += HOUR
    state.answer = undefined
    await sender({ post: () => Promise.resolve('it answers 500') }).round()
    assert.deepEqual(
      state.sent.map(([to]) => to),
      ['tls@both.example'],
    )
    state.now += 22 * HOUR
    await sender({ post: () => Promise.resolve('it answers 500') }).round()
    assert.deepEqual([state.sent.length, state.told], [1, []], 'who has taken it gets no second one')
    state.now += HOUR
    await sender({ post: () => Promise.resolve('it answers 500') }).round()
    assert.deepEqual(state.told, ['The report about TLS with both.example was not taken for a day: it answers 500. It is given up.'])
    assert.deepEqual(readdirSync(join(place, 'pending')), [])
  })

  test('without a server that signs, none goes by mail (RFC 8460 §3)', async () => {
    const { state, sender, keeper } = world()
    const one = keeper()
    for (const domain of ['mail.example', 'both.example']) one.note(sessions(domain))
    await one.flush()
    state.now += 24 * HOUR
    await sender({ mail: undefined }).round()
    assert.deepEqual(
      state.sent.map(([to]) => to),
      ['https://both.example/'],
    )
  })

  test('one of several processes sends, and another one when that is no more', async () => {
    const { state, sender, keeper, place } = world()
    const one = keeper()
    one.note(sessions('web.example'))
    await one.flush()
    state.now += 24 * HOUR
    await Promise.all(Array.from({ length: 4 }, () => sender().round()))
    assert.equal(state.sent.length, 1)
    mkdirSync(join(place, 'sending'))
    utimesSync(join(place, 'sending'), state.now / 1000, state.now / 1000)
    await sender().round()
    assert.ok(existsSync(join(place, 'sending')))
    state.now += 4 * HOUR
    await sender().round()
    assert.ok(!existsSync(join(place, 'sending')))
    assert.deepEqual(state.told, [])
  })

  test('a file that is damaged is set aside, and the others count', async () => {
    const { state, sender, keeper, place } = world()
    const one = keeper()
    one.note(sessions('web.example'))
    await one.flush()
    const file = join(place, '2026-11-21.00000000-0000-0000-0000-000000000000.json')
    writeFileSync(file, '[{"policy":')
    state.now += 24 * HOUR
    await sender().round()
    assert.equal(state.sent.length, 1)
    assert.deepEqual(state.told, [`${file}, which counts what is to be reported about TLS, is damaged. It is set aside as ${file}.broken.`])
    assert.equal(readFileSync(`${file}.broken`, 'utf8'), '[{"policy":')
  })

  test('where nothing can be kept, it is said once, and mail goes on', async () => {
    const told: string[] = []
    writeFileSync(join(folder, 'file'), '')
    const one = new TallyKeeper({ folder: join(folder, 'file', 'x'), now: () => new Date(NOON), tell: (line) => told.push(line) })
    for (let count = 0; count < 2; count++) {
      one.note(sessions('web.example'))
      await one.flush()
    }
    assert.deepEqual(told, [`What is to be reported about TLS cannot be kept in ${join(folder, 'file', 'x')} (ENOTDIR).`])
  })
})

test('postReport(): POST over TLS with a certificate that is right, to hosts outside alone', async (t) => {
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')]
  const words = [
    'req',
    '-x509',
    '-days',
    '9',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    '/CN=x',
    '-addext',
    'subjectAltName=DNS:reports.example',
  ]
  execFileSync('openssl', [...words, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  const ca = readFileSync(cert, 'utf8')
  const posted: (readonly [method: string | undefined, type: string | undefined, body: string])[] = []
  const bodyOf = async (request: IncomingMessage): Promise<string> => Buffer.concat(await request.toArray()).toString()
  const server = createServer({ key: readFileSync(key), cert: ca }, (request, response) => {
    void bodyOf(request).then((body) => {
      posted.push([request.method, request.headers['content-type'], body])
      if (request.url === '/slow') return
      response.writeHead(request.url === '/moved' ? 307 : request.url === '/full' ? 507 : 201, { location: '/x' }).end()
    })
  })
  server.on('tlsClientError', () => {})
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const at = await liar(t, (query, _from, send) => {
    const { questions = [] } = decode(query)
    const [question] = questions
    const answers =
      question?.type === 'A' && question.name !== 'nowhere.example'
        ? [{ type: 'A', name: question.name, ttl: 60, data: '127.0.0.1' } as const]
        : []
    send(encode({ type: 'response', id: query.readUInt16BE(0), flags: 0x0180, questions, answers }))
  })
  let id = 0
  const dns = new StubResolver([at], { now: Date.now, randomId: () => ++id })
  const { port } = server.address() as AddressInfo
  const everywhere = { dns, ca, mayReach: () => true, patience: 30_000 }
  const rows: readonly (readonly [url: string, options: typeof everywhere | { dns: StubResolver }, why: RegExp | undefined])[] = [
    [`https://reports.example:${port}/x`, everywhere, undefined],
    [`https://reports.example:${port}/moved`, everywhere, /^it answers 307$/],
    [`https://reports.example:${port}/full`, everywhere, /^it answers 507$/],
    [`https://reports.example:${port}/slow`, { ...everywhere, patience: 1000 }, /^no answer in time$/],
    [`https://other.example:${port}/`, everywhere, /ERR_TLS_CERT_ALTNAME_INVALID/],
    [`https://nowhere.example:${port}/`, everywhere, /^its host has no address$/],
    [`https://reports.example:${port}/x`, { dns }, /^its host is in a private network$/],
    [`https://127.0.0.1:${port}/x`, everywhere, /^it names an address in place of a host$/],
    [`https://[::1]:${port}/x`, everywhere, /^it names an address in place of a host$/],
    [`https://2130706433:${port}/x`, everywhere, /^it names an address in place of a host$/],
  ]
  for (const [url, options, why] of rows) {
    const refused = await postReport(url, Buffer.from('gzip'), options)
    if (why === undefined) assert.equal(refused, undefined)
    else assert.match(refused ?? 'taken', why, url)
  }
  assert.deepEqual(posted[0], ['POST', 'application/tlsrpt+gzip', 'gzip'])
  assert.equal(posted.length, 4)
})

test('handOver() gives a report to Postfix, and what Postfix has is one that can be read', { skip: needPeer('postfix') }, async (t) => {
  const behind = await startBehind('postfix')
  t.after(behind.end)
  const server = { host: '127.0.0.1', port: behind.port }
  const { state, sender, keeper } = world()
  const one = keeper()
  one.note({ ...sessions('mail.example'), failure: { type: 'starttls-not-supported', host: 'mx.mail.example' } })
  await one.flush()
  state.now += 24 * HOUR
  const refusals: (string | undefined)[] = []
  const mail = async (to: string, message: string): Promise<string | undefined> => {
    refusals.push(
      await handOver({
        server,
        name: 'gate.example',
        from: 'tls@sender.example',
        to: to.replace('@mail.example', '@example.net'),
        message,
      }),
    )
    return refusals.at(-1)
  }
  await sender({ mail }).round()
  assert.deepEqual([refusals, state.told], [[undefined], []])
  for (let tries = 0; behind.count() === 0 && tries < 200; tries++) await delay(25)
  const content = behind.arrived()[0]?.content ?? Buffer.of()
  const report = readReport(content, 'the mail')
  assert.deepEqual(report.policies[0]?.summary, { 'total-successful-session-count': 0, 'total-failure-session-count': 1 })
  const program = `import email, sys
mail = email.message_from_binary_file(sys.stdin.buffer)
parts = [(part.get_content_type(), part.get_filename()) for part in mail.walk()]
print(mail['Subject'].replace('\\r\\n', '').replace('\\n', ''), mail['TLS-Report-Domain'], mail['TLS-Required'], mail.get_param('report-type'), parts, mail.defects)`
  assert.equal(
    execFileSync('python3', ['-c', program], { input: content, encoding: 'utf8' }).trim(),
    "Report Domain: mail.example Submitter: sender.example Report-ID: <2026-11-21_mail.example@sender.example> mail.example No tlsrpt [('multipart/report', None), ('text/plain', None), ('application/tlsrpt+gzip', 'sender.example!mail.example!1795219200!1795305599!001.json.gz')] []",
  )
  const refused = await handOver({ server, name: 'gate.example', from: 'tls@sender.example', to: 'not an address', message: 'x' })
  assert.match(refused ?? '', /^the mail server answers 5\d\d$/)
  assert.match((await handOver({ server: { ...server, port: 1 }, name: 'g', from: 'a', to: 'b', message: '' })) ?? '', /ECONNREFUSED/)
})

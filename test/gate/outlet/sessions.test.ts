import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { describe, test } from 'node:test'
import { policyOf, rulebookByName } from '../../../src/policy/index.ts'
import type { HopCheck } from '../../../src/gate/outlet/demand.ts'
import { usualOutlet } from '../../../src/gate/outlet/explain.ts'
import { HopSessions, type HopSession, type SessionPlace, type SessionsThere } from '../../../src/gate/outlet/hop-sessions.ts'
import { openLeg, type Leg } from '../../../src/gate/outlet/leg.ts'
import { openHop, type HopWay } from '../../../src/gate/outlet/open-hop.ts'
import type { TlsaRecord } from '../../../src/gate/names/answer.ts'
import { certificates, SERVER_NAME } from '../../peers/index.ts'
import { startDestination } from './destination.ts'

const made = await certificates()
const ca = readFileSync(made.root, 'utf8')
const [leaf, root] = [new X509Certificate(readFileSync(made.leaf('rsa').certificate)), new X509Certificate(ca)]
const usual = usualOutlet(new Date()).leg
const USUAL = openLeg(usual)

function legOf(rulebook: string): Leg {
  const found = rulebookByName(rulebook)
  assert.ok(found)
  return openLeg({ ...usual, policy: policyOf(found, { now: new Date() }) })
}

const digest = (of: Uint8Array): Buffer => createHash('sha256').update(of).digest()
const own: TlsaRecord = { usage: 3, selector: 0, matchingType: 1, data: digest(leaf.raw) }
const anchor: TlsaRecord = { usage: 2, selector: 0, matchingType: 0, data: root.raw }
const dane = (...records: readonly TlsaRecord[]): HopCheck => ({ kind: 'dane', records, names: [SERVER_NAME] })
const NOBODY: HopCheck = { kind: 'none' }
const AUTHORITY: HopCheck = { kind: 'authority', ca, name: SERVER_NAME }

interface Going {
  readonly leg?: Leg
  readonly check?: HopCheck
  readonly name?: string
  /** Hours from now. */
  readonly later?: number
}

/** What a connection came to: in which way its certificate was found to be the right one, and whether it took up a session; or why it came to nothing. */
async function goes(
  port: number,
  sessions: HopSessions,
  { leg = USUAL, check = NOBODY, name = 'mx.example', later = 0 }: Going,
): Promise<string> {
  const way: HopWay = {
    name,
    address: '127.0.0.1',
    port,
    leg,
    demand: { tls: 'require', check, by: 'a test' },
    clientName: 'old.example',
    lmtp: false,
    now: () => new Date(Date.now() + later * 3_600_000),
    patience: { connect: 5000, talk: 5000 },
    sessions,
  }
  const opened = await openHop(way)
  if ('said' in opened) return opened.said
  opened.stream.destroy()
  return `${opened.tls?.checked}${opened.tls?.negotiated.resumed === true ? ', resumed' : ''}`
}

describe('a session with a next hop', () => {
  const rows: readonly (readonly [why: string, first: Going, second: Going, came: string])[] = [
    ['is taken up', {}, {}, 'none, resumed'],
    ['is taken up where an authority vouched for its certificate', { check: AUTHORITY }, { check: AUTHORITY }, 'authority, resumed'],
    ['is taken up where it was the certificate of its record', { check: dane(own) }, { check: dane(own) }, 'dane, resumed'],
    [
      'is judged again by certificates that only the first handshake shows',
      { check: dane(anchor) },
      { check: dane(anchor) },
      'dane, resumed',
    ],
    ['that nobody looked at serves nobody who does', {}, { check: AUTHORITY }, 'authority'],
    ['that nobody looked at serves no DANE', {}, { check: dane(own) }, 'dane'],
    ['of an authority serves no DANE', { check: AUTHORITY }, { check: dane(own) }, 'dane'],
    ['of other records is not taken up', { check: dane(own) }, { check: dane(own, anchor) }, 'dane'],
    ['of another name of a certificate is not', { check: AUTHORITY }, { check: { ...AUTHORITY, name: 'localhost' } }, 'authority'],
    ['of another host is not', {}, { name: 'mx2.example' }, 'none'],
    ['of another policy is not', {}, { leg: legOf('mozilla-modern') }, 'none'],
    ['is not taken up an hour later', {}, { later: 1 }, 'none'],
    [
      'is not taken up behind the end of its certificate',
      { check: AUTHORITY, later: (leaf.validToDate.getTime() - Date.now()) / 3_600_000 - 0.1 },
      { check: AUTHORITY, later: (leaf.validToDate.getTime() - Date.now()) / 3_600_000 + 0.1 },
      'authority',
    ],
  ]
  for (const [why, first, second, came] of rows)
    test(why, async (t) => {
      const { port } = await startDestination({ leaf: 'rsa' }, t)
      const sessions = new HopSessions()
      assert.doesNotMatch(await goes(port, sessions, first), /resumed| /)
      assert.equal(await goes(port, sessions, second), came)
    })

  test('is taken up in TLS 1.2 too, and again', async (t) => {
    const { port } = await startDestination({ leaf: 'rsa', version: 'TLSv1.2' }, t)
    const sessions = new HopSessions()
    const came = [await goes(port, sessions, {}), await goes(port, sessions, {}), await goes(port, sessions, {})]
    assert.deepEqual(came, ['none', 'none, resumed', 'none, resumed'])
  })

  test('is not prolonged by the tickets of those who take it up', async (t) => {
    const { port } = await startDestination({ leaf: 'rsa' }, t)
    const sessions = new HopSessions()
    const came = [await goes(port, sessions, {}), await goes(port, sessions, { later: 0.9 }), await goes(port, sessions, { later: 1.1 })]
    assert.deepEqual(came, ['none', 'none, resumed', 'none'])
  })

  const begunAnew = [
    ['that the next hop has forgotten', 'forgotten'],
    ['that the next hop cannot stand', 'closes'],
  ] as const
  for (const [why, sessions] of begunAnew)
    test(`${why} is none`, async (t) => {
      const { port, connections } = await startDestination({ leaf: 'rsa', sessions }, t)
      const kept = new HopSessions()
      assert.deepEqual([await goes(port, kept, {}), await goes(port, kept, {})], ['none', 'none'])
      assert.equal(connections(), sessions === 'closes' ? 3 : 2)
    })

  test('is taken up once where a handshake brings others', async (t) => {
    const { port } = await startDestination({ leaf: 'rsa' }, t)
    const sessions = new HopSessions()
    const came: string[] = []
    for (let times = 0; times < 6; times += 1) came.push(await goes(port, sessions, {}))
    const [whole, resumed] = ['none', 'none, resumed']
    // The server gives two tickets, and none to those that take one up.
    assert.deepEqual(came, [whole, resumed, resumed, whole, resumed, resumed])
  })

  test('is nothing that a next hop gives without end', { skip: !existsSync('/usr/bin/openssl') && 'needs openssl' }, async (t) => {
    const { chain, key } = made.leaf('rsa')
    const words = ['s_server', '-accept', '127.0.0.1:0', '-cert', chain, '-key', key, '-num_tickets', '200', '-tls1_3']
    const server = spawn('/usr/bin/openssl', words, { stdio: ['pipe', 'pipe', 'ignore'] })
    t.after(() => void server.kill('SIGKILL'))
    const lines = createInterface({ input: server.stdout })
    const port = await new Promise<number>((resolve) =>
      lines.on('line', (line) => {
        const [, found] = /^ACCEPT 127\.0\.0\.1:(\d+)/.exec(line) ?? []
        if (found !== undefined) resolve(Number(found))
      }),
    )
    const leg = { ...USUAL, implicit: true }
    assert.equal(
      await goes(port, new HopSessions(), { leg }),
      '451 4.4.2 mx.example [127.0.0.1]: it gives more tickets of TLS than anybody can use',
    )
  })
})

describe('HopSessions', () => {
  const [attempt] = USUAL.attemptsAt(new Date(), {})
  assert.ok(attempt)
  const usualPlace: SessionPlace = { attempt, name: 'mx.example', address: '127.0.0.1', port: 25, serverName: '', check: NOBODY }
  const session = (name: string, size = 1): HopSession => ({
    session: Buffer.from(name.padEnd(size)),
    isTicket: true,
    origin: { chain: [], until: Infinity },
  })

  /** Handshakes one after the other: `+a` brings a ticket, `=2` says how many came, and what is taken up stands for itself; `-`: nothing is. */
  const rows: readonly (readonly [why: string, story: string])[] = [
    ['one for each connection', '- +a +b =2 b =0 a =0 - +c +d =2 d'],
    ['a new one for each that is taken up', '- +a =1 a +b =1 b +c =1 c +d'],
    ['connections at once', '- - +a +b =2 +c +d =2 d c b a -'],
    ['the only one there is, when that is known', '- +a =1 a - +b =1 b =0 b b'],
    ['another that comes after all', '- +a =1 a =0 a +b =1 b =0 b b'],
    ['no more than anybody needs', `- ${'abcdefghijklmnopqrstuvwxyz'.replaceAll(/./g, '+$& ')}=26 z y x w v u t s r q p o n m l k -`],
  ]
  for (const [why, story] of rows)
    test(why, () => {
      const there = new HopSessions().at(usualPlace)
      let by: 'whole' | 'resumed' = 'whole'
      for (const word of story.split(' ')) {
        if (word.startsWith('+')) there.note(session(word.slice(1)))
        else if (word.startsWith('=')) there.counted(by, Number(word.slice(1)))
        else {
          const taken = there.take(new Date())?.session.toString()
          assert.equal(taken ?? '-', word, story)
          by = taken === undefined ? 'whole' : 'resumed'
        }
      }
    })

  test('what is too large is none', () => {
    const there = new HopSessions().at(usualPlace)
    there.note(session('a', 16 * 1024))
    there.note(session('b', 16 * 1024 + 1))
    assert.match(there.take(new Date())?.session.toString() ?? '', /^a/)
    assert.equal(there.take(new Date()), undefined)
  })

  test('where there are too many, those that were used least lately go', () => {
    const sessions = new HopSessions()
    const at = (port: number): SessionsThere => sessions.at({ ...usualPlace, port })
    const ports = Array.from({ length: 257 }, (_, port) => port)
    for (const port of ports.slice(0, 256)) at(port).note({ ...session('', 16 * 1024), isTicket: false })
    assert.notEqual(at(0).take(new Date()), undefined)
    at(256).note({ ...session('', 16 * 1024), isTicket: false })
    assert.deepEqual(
      ports.filter((port) => at(port).take(new Date()) === undefined),
      [1],
    )
  })
})

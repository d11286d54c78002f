import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import dns from 'node:dns/promises'
import { once } from 'node:events'
import { before, describe, test } from 'node:test'
import { decode, encode, type Answer } from 'dns-packet'
import type { LookedUp } from '../../src/dialects/index.ts'
import { lookUpClient } from '../../src/gate/client-names.ts'
import { needPeer, startPeer, type Peer } from '../peers/index.ts'
import { startGate, type Gated } from './gated.ts'
import { lasting } from './programs.ts'
import { Talker } from './talker.ts'

/** What a resolver answers, by name and type: one record, or `SERVFAIL`, or `silence`. */
const KNOWN: Readonly<Record<string, string>> = {
  'PTR 9.0.0.127.in-addr.arpa': 'good.example',
  'A good.example': '127.0.0.9',
  'PTR 10.0.0.127.in-addr.arpa': 'forged.example',
  'A forged.example': '192.0.2.1',
  'PTR 12.0.0.127.in-addr.arpa': 'SERVFAIL',
  'PTR 13.0.0.127.in-addr.arpa': 'gone.example',
  'PTR 14.0.0.127.in-addr.arpa': 'broken.example',
  'A broken.example': 'SERVFAIL',
  'PTR 15.0.0.127.in-addr.arpa': '127.0.0.15',
  'PTR 16.0.0.127.in-addr.arpa': 'not a_name.example',
  'PTR 17.0.0.127.in-addr.arpa': 'silence',
  'PTR 7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa': 'six.example',
  'AAAA six.example': '2001:db8:0:0:0:0:0:7',
}

const NXDOMAIN = 3
const SERVFAIL = 2

/** A resolver of this process' own. */
async function resolver(t: ReturnType<typeof lasting>): Promise<void> {
  const socket = createSocket('udp4')
  socket.on('message', (bytes, { port, address }) => {
    const { id, questions = [] } = decode(bytes)
    const [question] = questions
    const data = KNOWN[`${question?.type} ${question?.name.toLowerCase()}`]
    if (data === 'silence' || question === undefined) return
    const flags = 0x180 | (data === undefined ? NXDOMAIN : data === 'SERVFAIL' ? SERVFAIL : 0)
    const answers = flags === 0x180 ? [{ type: question.type, name: question.name, ttl: 0, data } as Answer] : []
    socket.send(encode({ type: 'response', id, flags, questions, answers }), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.after(() => void socket.close())
  dns.setServers([`127.0.0.1:${socket.address().port}`])
}

describe('the names of a client', () => {
  const t = lasting()
  before(() => resolver(t))

  const rows: readonly (readonly [why: string, address: string, name: string, reverse: string])[] = [
    ['a name that has the address', '127.0.0.9', 'good.example', 'good.example'],
    ['a name of somebody else', '127.0.0.10', 'none', 'forged.example'],
    ['no name', '127.0.0.11', 'none', 'none'],
    ['a resolver that cannot say', '127.0.0.12', 'failed', 'failed'],
    ['a name that there is not', '127.0.0.13', 'none', 'gone.example'],
    ['a name that cannot be looked up', '127.0.0.14', 'failed', 'broken.example'],
    ['an address for a name', '127.0.0.15', 'none', 'none'],
    ['what could be another attribute', '127.0.0.16', 'none', 'none'],
    ['IPv6, in however many letters', '2001:db8::7', 'six.example', 'six.example'],
  ]
  const text = (found: LookedUp): string => (typeof found === 'string' ? found : found.name)
  for (const [why, address, name, reverse] of rows) {
    test(why, async () => {
      const names = await lookUpClient(address, 5000)
      assert.deepEqual([text(names.name), text(names.reverse)], [name, reverse])
    })
  }

  test('a resolver that says nothing costs no more than there is time', async () => {
    const begun = performance.now()
    assert.deepEqual(await lookUpClient('127.0.0.17', 200), { name: 'failed', reverse: 'failed' })
    assert.ok(performance.now() - begun < 2000)
  })
})

describe('Postfix hears the names of clients by XCLIENT', { skip: needPeer('postfix') }, () => {
  const t = lasting()
  let gated: Gated
  let postfix: Peer<'postfix'>
  before(async () => {
    await resolver(t)
    const wants = 'warn_if_reject reject_unknown_reverse_client_hostname, reject_unknown_client_hostname'
    const main = `smtpd_peername_lookup = yes\nunknown_client_reject_code = 550\nsmtpd_delay_reject = yes\nsmtpd_client_restrictions = ${wants}\n`
    postfix = await startPeer('postfix', { xclient: true, main }, t)
    const common = { dialect: 'smtp', tls: 'none' }
    const address = `127.0.0.1:${postfix.doors.smtp}`
    const services = {
      names: { ...common, backend: { address, xclient: 'names' } },
      addresses: { ...common, backend: { address, xclient: true } },
    }
    gated = await startGate({ services }, t)
  })

  for (const [why, service, from, said, warned] of [
    ['a name that has the address', 'names', '127.0.0.9', /Relay access denied|^554 5\.7\.1/, false],
    ['a name of somebody else', 'names', '127.0.0.10', /^550 5\.7\.25 .*cannot find your hostname, \[127\.0\.0\.10\]/, false],
    ['no name', 'names', '127.0.0.11', /^550 5\.7\.25 .*cannot find your hostname, \[127\.0\.0\.11\]/, true],
    ['a resolver that cannot say', 'names', '127.0.0.12', /^450 4\.7\.25 .*cannot find your hostname, \[127\.0\.0\.12\]/, true],
    [
      'nothing looked up, nor the name of the gate',
      'addresses',
      '127.0.0.9',
      /^550 5\.7\.25 .*cannot find your hostname, \[127\.0\.0\.9\]/,
      true,
    ],
  ] as const) {
    test(why, async () => {
      const talker = await Talker.to(gated.port(service), from)
      await talker.hears(/^220 /m)
      await talker.asks('EHLO x.example\r\n', /^250 /m)
      await talker.asks('MAIL FROM:<a@example.org>\r\n', /\r\n/)
      assert.match(await talker.asks('RCPT TO:<b@example.net>\r\n', /\r\n/), said)
      talker.leave()
      const warnings = new RegExp(`reject_warning: .*\\[${from.replaceAll('.', '\\.')}\\]: .*cannot find your reverse hostname`)
      assert.equal(warnings.test(postfix.log()), warned, postfix.log())
    })
  }
})

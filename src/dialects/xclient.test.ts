import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Opening } from './opening.ts'
import { lmtp, smtp } from './smtp.ts'
import { xclient, type Introduced } from './xclient.ts'

const four: Introduced = { address: '192.0.2.7', port: 50_000, localAddress: '198.51.100.1', localPort: 25 }
const six: Introduced = { ...four, address: '2001:db8::7', localAddress: '::1' }

interface Talk {
  readonly why: string
  readonly told?: Introduced
  readonly lmtp?: true
  readonly greeted?: true
  readonly server: readonly string[]
  readonly says: readonly string[]
  readonly outcome: 'ready' | 'refused' | 'not-offered'
}

const GREETING = '220 mail.example ESMTP\r\n'
const POSTFIX =
  '250-mail.example\r\n250-PIPELINING\r\n250-XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT\r\n250 CHUNKING\r\n'
const WHOLE = 'XCLIENT NAME=[UNAVAILABLE] REVERSE_NAME=[UNAVAILABLE] ADDR=192.0.2.7 PORT=50000 DESTADDR=198.51.100.1 DESTPORT=25\r\n'
const EHLO = 'EHLO gate.example\r\n'

const talks: readonly Talk[] = [
  { why: 'all that Postfix takes', server: [GREETING, POSTFIX, GREETING], says: [EHLO, WHOLE], outcome: 'ready' },
  {
    why: 'nothing before EHLO where TLS has been greeted',
    greeted: true,
    server: [POSTFIX, GREETING],
    says: [EHLO, WHOLE],
    outcome: 'ready',
  },
  {
    why: 'IPv6 with its sign',
    told: six,
    server: [GREETING, POSTFIX, GREETING],
    says: [
      EHLO,
      'XCLIENT NAME=[UNAVAILABLE] REVERSE_NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::7 PORT=50000 DESTADDR=IPV6:::1 DESTPORT=25\r\n',
    ],
    outcome: 'ready',
  },
  {
    why: 'names that were looked up',
    told: { ...four, names: { name: { name: 'mail.example.org' }, reverse: { name: 'mail.example.org' } } },
    server: [GREETING, POSTFIX, GREETING],
    says: [EHLO, WHOLE.replaceAll('[UNAVAILABLE]', 'mail.example.org')],
    outcome: 'ready',
  },
  {
    why: 'a name that the address may not have, and one that could not be found out',
    told: { ...four, names: { name: 'failed', reverse: { name: 'mail.example.org' } } },
    server: [GREETING, POSTFIX, GREETING],
    says: [EHLO, WHOLE.replace('[UNAVAILABLE]', '[TEMPUNAVAIL]').replace('[UNAVAILABLE]', 'mail.example.org')],
    outcome: 'ready',
  },
  {
    why: 'no more than is announced, and LHLO in LMTP',
    lmtp: true,
    server: ['220 mail.example LMTP\r\n', '250-mail.example\r\n250 xclient addr port TTL\r\n', '220 go on\r\n'],
    says: ['LHLO gate.example\r\n', 'XCLIENT ADDR=192.0.2.7 PORT=50000\r\n'],
    outcome: 'ready',
  },
  { why: 'a client that the server does not want', server: [GREETING, POSTFIX, '554 5.7.1 No\r\n'], says: [EHLO, WHOLE], outcome: 'ready' },
  { why: 'a gate that may not', server: [GREETING, POSTFIX, '550 5.7.0 No\r\n'], says: [EHLO, WHOLE], outcome: 'refused' },
  {
    why: 'nothing where it is not announced',
    server: [GREETING, '250-mail.example\r\n250-XCLIENTS A\r\n250 SIZE\r\n'],
    says: [EHLO],
    outcome: 'not-offered',
  },
  {
    why: 'nothing where it is announced without a word',
    server: [GREETING, '250-mail.example\r\n250 XCLIENT\r\n'],
    says: [EHLO],
    outcome: 'not-offered',
  },
  { why: 'nothing to a server that is busy', server: ['421 later\r\n'], says: [], outcome: 'refused' },
]

describe('xclient() says', () => {
  for (const { why, told = four, server, says, outcome, ...how } of talks) {
    test(why, () => {
      const opening = new Opening(xclient(how.lmtp === true ? lmtp : smtp, told, how.greeted === true), {
        clientName: 'gate.example',
        serverName: 'mail.example',
      })
      const said = [opening.start(), ...server.map((text) => opening.push(Buffer.from(text)).send)]
      assert.deepEqual(
        said.filter((text) => text !== ''),
        says,
      )
      assert.equal(opening.outcome?.kind, outcome)
    })
  }

  test('nothing of anybody where it is only asked whether it could', () => {
    const opening = new Opening(xclient(smtp, undefined, false), { clientName: 'gate.example', serverName: 'mail.example' })
    opening.start()
    opening.push(Buffer.from(GREETING))
    assert.deepEqual(opening.push(Buffer.from(POSTFIX)), { send: '' })
    assert.deepEqual(opening.outcome, { kind: 'ready' })
  })
})

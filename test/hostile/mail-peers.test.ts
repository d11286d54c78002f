import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hex } from './bytes.ts'
import { checkRows, eventually, using, type Check } from './checked.ts'
import type { DialogueName } from './dialogue.ts'
import { TLS12 } from './numbers.ts'
import { RawClient, say } from './raw-client.ts'
import { MAIL_PEERS } from './rows-mail-peers.ts'
import { offer } from './walk.ts'

const HELLO = offer(TLS12, { suites: [0xc02f, 0x002f] })
const LINE = /\r\n$/
/** A whole SMTP reply: its last line has a blank behind the code. */
const REPLY = /(^|\n)\d{3} [^\n]*\r\n$/

/** The lines of a client that waits for each answer, and what each of them was answered with. */
async function converse(
  port: number,
  steps: readonly (readonly [command: string | Buffer, answer: RegExp])[],
  ms = 3000,
): Promise<[client: RawClient, last: string]> {
  const client = new RawClient(port)
  let last = ''
  for (const [command, answer] of steps) {
    client.clear()
    if (command.length > 0) client.write(command)
    await client.expect(answer, ms)
    last = client.received.toString('latin1')
    assert.match(last, answer)
  }
  client.clear()
  return [client, last]
}

const UP = [
  ['', /(^|\n)220 [^\n]*\r\n$/],
  ['EHLO client.example\r\n', REPLY],
  ['STARTTLS\r\n', /^220 [^\n]*\r\n/],
] as const

/** The whole way to a TLS flight. */
const good: Check = async (port) => {
  const [client] = await converse(port, UP)
  assert.equal((await say(client, HELLO)).kind, 'messages')
  client.close()
}

/** So far it goes as it should; then the connection is so, and this was heard. */
const goesTo =
  (steps: number, next: string | Buffer, end: RawClient['end'], heard: RegExp): Check =>
  async (port) => {
    const [client] = await converse(port, UP.slice(0, steps))
    if (next.length > 0) client.write(next)
    if (heard !== EMPTY) await client.expect(heard)
    await client.until(() => client.end !== 'open', end === 'open' ? 80 : 3000)
    assert.equal(client.end, end)
    assert.match(client.received.toString('latin1'), heard)
    client.close()
  }

const EMPTY = /^$/
const EHLO = 'EHLO client.example\r\n'
const STARTTLS = 'STARTTLS\r\n'

/** More than this comes, whatever the client does, until it leaves. */
const endless =
  (steps: number, next: string, looks: RegExp, least = 1_000_000): Check =>
  async (port, server) => {
    const [client] = await converse(port, UP.slice(0, steps))
    if (next) client.write(next)
    let [count, first] = [0, '']
    const took = await client.until(() => {
      const bytes = client.clear()
      if (first.length < 200) first += bytes.toString('latin1')
      count += bytes.length
      return count >= least
    }, 8000)
    assert.ok(took)
    assert.match(first, looks)
    client.close()
    assert.ok(await eventually(() => server.open() === 0))
  }

/** How the pieces of an answer come: one `data` event each, as far as the kernel lets them be seen. */
async function pieces(port: number, steps: number, next: string, done: RegExp): Promise<string[]> {
  const [client] = await converse(port, UP.slice(0, steps))
  const found: string[] = []
  client.socket.on('data', (chunk: Buffer) => found.push(chunk.toString('latin1')))
  if (next) client.write(next)
  await eventually(() => done.test(found.join('')))
  client.close()
  return found
}

/** Every cut that was seen is one that was made; a busy machine may join two pieces. */
function assertPieces(found: readonly string[], made: readonly string[]): void {
  const cuts = (parts: readonly string[]): number[] => parts.map((_, index) => parts.slice(0, index).join('').length)
  assert.equal(found.join(''), made.join(''))
  assert.ok(found.length > 1)
  for (const cut of cuts(found)) assert.ok(cuts(made).includes(cut), `${cut}`)
}

/** Greetings of connections one after the other. */
const greetings =
  (expected: readonly RegExp[]): Check =>
  async (port) => {
    for (const [index, pattern] of expected.entries()) {
      const client = new RawClient(port)
      await client.until(() => LINE.test(client.received.toString('latin1')) || client.end !== 'open')
      assert.match(`${client.end === 'reset' ? 'reset ' : ''}${client.received.toString('latin1')}`, pattern, `connection ${index + 1}`)
      client.close()
    }
  }

const XMPP = (namespace: string): string =>
  `<?xml version='1.0'?><stream:stream to='hostile.example' xmlns='${namespace}' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`
const XMPP_TLS = `<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`
/** ExtendedRequest with message id 5, RFC 4511 §4.14.1. */
const LDAP_STARTTLS = Buffer.concat([hex('30 1d 02 01 05 77 18 80 16'), Buffer.from('1.3.6.1.4.1.1466.20037')])
/** An SSLRequest packet of 32 bytes. */
const MYSQL_SSL = Buffer.concat([hex('20000001 85ae0300 00000001 21'), Buffer.alloc(23)])

/** How each door is asked for TLS, from the first byte on. */
const DOORS: Readonly<Record<DialogueName, readonly (readonly [string | Buffer, RegExp])[]>> = {
  smtp: UP,
  lmtp: [
    ['', LINE],
    ['LHLO client.example\r\n', REPLY],
    [STARTTLS, /^220 /],
  ],
  imap: [
    ['', /^\* OK /],
    ['a CAPABILITY\r\n', /STARTTLS[^]*a OK/],
    ['b STARTTLS\r\n', /^b OK /],
  ],
  pop3: [
    ['', /^\+OK/],
    ['CAPA\r\n', /STLS[^]*\r\n\.\r\n$/],
    ['STLS\r\n', /^\+OK/],
  ],
  sieve: [
    ['', /"STARTTLS"\r\nOK\r\n$/],
    [STARTTLS, /^OK/],
  ],
  ftp: [
    ['', /^220 /],
    ['FEAT\r\n', /AUTH TLS[^]*211 End\r\n$/],
    ['AUTH TLS\r\n', /^234 /],
  ],
  nntp: [
    ['', /^200 /],
    ['CAPABILITIES\r\n', /STARTTLS[^]*\r\n\.\r\n$/],
    [STARTTLS, /^382 /],
  ],
  irc: [
    ['CAP LS\r\n', /CAP \* LS :.*tls/],
    [STARTTLS, / 670 /],
  ],
  ldap: [[LDAP_STARTTLS, /^0[^]{13}$/]],
  xmpp: [
    [XMPP('jabber:client'), /jabber:client[^]*<starttls/],
    [XMPP_TLS, /^<proceed/],
  ],
  'xmpp-server': [
    [XMPP('jabber:server'), /jabber:server[^]*<starttls/],
    [XMPP_TLS, /^<proceed/],
  ],
  postgres: [[hex('00000008 04d2162f'), /^S$/]],
  mysql: [
    ['', /^[^]{5}8\.0\.0-hostile[^]*mysql_native_password[^]$/],
    [MYSQL_SSL, EMPTY],
  ],
}

const door =
  (name: DialogueName): Check =>
  async (port) => {
    const [client] = await converse(port, DOORS[name], 1500)
    assert.equal((await say(client, HELLO)).kind, 'messages')
    client.close()
  }

const doorHangs =
  (name: DialogueName): Check =>
  async (port) => {
    const [client] = await converse(port, DOORS[name], 1500)
    assert.equal((await say(client, HELLO, 80)).kind, 'silent')
    client.close()
  }

const names = Object.keys(DOORS) as DialogueName[]

/** What those that wait for their moment do, and that they let TLS begin in the end. */
const slow =
  (least: number): Check =>
  async (port, server) => {
    const before = Date.now()
    await good(port, server)
    assert.ok(Date.now() - before >= least)
  }

/** Says EHLO before the greeting, as a client in a hurry does. */
const hasty =
  (heard: RegExp): Check =>
  async (port, server) => {
    const client = new RawClient(port)
    client.write(EHLO)
    await client.until(() => client.end !== 'open')
    assert.match(client.received.toString('latin1'), heard)
    await good(port, server)
  }

checkRows(
  'MAIL_PEERS',
  MAIL_PEERS,
  {
    'smtp-silent': goesTo(0, EHLO, 'open', EMPTY),
    'smtp-resets-in-greeting': goesTo(0, '', 'reset', /^220-hostile\.exa$/),
    'smtp-closes-in-greeting': goesTo(0, '', 'fin', /^220-hostile\.exa$/),
    'smtp-silent-after-ehlo': goesTo(1, EHLO, 'open', EMPTY),
    'smtp-resets-after-ehlo': goesTo(1, EHLO, 'reset', EMPTY),
    'smtp-silent-after-starttls': goesTo(2, STARTTLS, 'open', EMPTY),
    'smtp-resets-after-starttls': goesTo(2, STARTTLS, 'reset', EMPTY),
    'smtp-closes-after-starttls': goesTo(2, STARTTLS, 'fin', EMPTY),
    'smtp-silent-after-go-ahead': goesTo(3, HELLO, 'open', EMPTY),
    'smtp-resets-after-go-ahead': goesTo(3, HELLO, 'reset', EMPTY),
    'smtp-endless-greeting': endless(0, '', /^(220-hostile\.example welcomes you\r\n)+/),
    'smtp-endless-line': endless(0, '', /^(220 and so on )+[^\n]*$/),
    'smtp-endless-ehlo': endless(1, EHLO, /^(250-X-EXTENSION\r\n)+/),
    'smtp-endless-nul': endless(0, '', /^\0+$/),
    'smtp-twenty-megabytes': endless(1, EHLO, /^250-x{1018}\r\n/, 20 * 1024 * 1024),
    'smtp-one-byte-a-second': async (port) => {
      await using('smtp-one-byte-a-second', async (slowPort) => {
        const client = new RawClient(slowPort)
        await client.until(() => client.received.length > 1, 8000)
        assert.match(client.received.toString(), /^220? ?h?$/)
        client.close()
      })
      assert.equal((await pieces(port, 0, '', LINE)).join(''), '220 hostile.example ESMTP\r\n')
    },
    'smtp-line-a-segment': async (port, server) => {
      assertPieces(await pieces(port, 1, EHLO, REPLY), [
        '250-hostile.example\r\n',
        '250-PIPELINING\r\n',
        '250-SIZE 10240000\r\n',
        '250-STARTTLS\r\n',
        '250 8BITMIME\r\n',
      ])
      await good(port, server)
    },
    'smtp-cut-in-segments': async (port, server) => {
      assertPieces(await pieces(port, 1, EHLO, /8BITMIME\r\n$/), [
        '250-hostile.example\r\n250-START',
        'TLS\r',
        '\n250',
        ' 8BITMIME\r',
        '\n',
      ])
      await good(port, server)
    },
    'smtp-late-greeting': slow(15),
    'smtp-teaser': hasty(/^220-hostile\.example\r\n521 /),
    'smtp-pregreet': hasty(/^521 /),
    'smtp-421': goesTo(0, '', 'fin', /^421 [^\n]*\r\n$/),
    'smtp-554': goesTo(0, '', 'open', /^554 [^\n]*\r\n$/),
    'smtp-421-to-ehlo': goesTo(1, EHLO, 'fin', /^421 [^\n]*\r\n$/),
    'smtp-502-to-ehlo': async (port, server) => {
      await goesTo(1, EHLO, 'open', /^502 /)(port, server)
      await goesTo(1, 'HELO client.example\r\n', 'open', /^250 /)(port, server)
    },
    'smtp-no-starttls': async (port, server) => {
      await goesTo(1, EHLO, 'open', /^250-hostile\.example\r\n250 8BITMIME\r\n$/)(port, server)
      await goesTo(2, STARTTLS, 'open', /^502 /)(port, server)
    },
    'smtp-454': goesTo(2, STARTTLS, 'open', /^454 /),
    'smtp-502-to-starttls': goesTo(2, STARTTLS, 'open', /^502 /),
    'smtp-starttls-in-a-word': goesTo(1, EHLO, 'open', /250-X-STARTTLS-LATER\r\n/),
    'smtp-plain-after-go-ahead': goesTo(3, HELLO, 'open', /^500 /),
    'smtp-lower-case': good,
    'smtp-bare-lf': async (port) => {
      const [client] = await converse(port, [
        ['', /^220 [^\r]*\n$/],
        [EHLO, /^250-hostile\n250 STARTTLS\n$/],
        [STARTTLS, /^220/],
      ])
      assert.equal((await say(client, HELLO)).kind, 'messages')
      client.close()
    },
    'smtp-not-smtp': goesTo(0, '', 'open', /^hello there\r\n$/),
    'smtp-text-behind-go-ahead': goesTo(2, STARTTLS, 'open', /^220 Ready\r\n250 AUTH PLAIN\r\n$/),
    'smtp-421-every-third': greetings([/^220/, /^220/, /^421/, /^220/, /^220/, /^421/]),
    'smtp-421-after-ten': greetings([...Array.from({ length: 10 }, () => /^220/), /^421/, /^421/]),
    'smtp-resets-every-third': greetings([/^220/, /^220/, /^reset $/, /^220/, /^220/, /^reset $/]),
    'smtp-at-most-three': async (port, server) => {
      const clients = [1, 2, 3].map(() => new RawClient(port))
      for (const client of clients) assert.ok(await client.expect(/^220/))
      await greetings([/^421/])(port, server)
      for (const client of clients) client.close()
      await eventually(() => server.open() === 0)
      await greetings([/^220/])(port, server)
    },
    'ftp-auth-not-in-feat': async (port) => {
      const [client] = await converse(port, [
        ['', /^220/],
        ['FEAT\r\n', / AUTH\r\n[^]*211 End/],
        ['AUTH TLS\r\n', /^234/],
      ])
      assert.equal((await say(client, HELLO)).kind, 'messages')
      client.close()
    },
    'imap-endless-untagged': endlessAfter(/^\* OK/, 'a CAPABILITY\r\n', /^(\* 1 EXISTS\r\n)+/),
    'pop3-endless-capa': endlessAfter(/^\+OK/, 'CAPA\r\n', /^(X-MORE\r\n)+/),
    ...Object.fromEntries(names.map((name) => [`${name}-good`, door(name)])),
    ...Object.fromEntries(names.map((name) => [`${name}-hangs`, doorHangs(name)])),
  },
  { paceMs: 20 },
)

function endlessAfter(greeting: RegExp, command: string, looks: RegExp): Check {
  return async (port, server) => {
    const [client] = await converse(port, [['', greeting]])
    client.write(command)
    await eventually(() => client.received.length > 500_000, 8000)
    assert.match(client.received.toString('latin1', 0, 200), looks)
    client.close()
    assert.ok(await eventually(() => server.open() === 0))
  }
}

test('ldap repeats the message id of the request, RFC 4511 §4.1.1.1', () =>
  using('ldap-good', async (port) => {
    const [client, last] = await converse(port, DOORS.ldap)
    assert.equal(Buffer.from(last, 'latin1').toString('hex'), '300c02010578070a010004000400')
    client.close()
  }))

describe('what SMTP servers remember', () => {
  test('lines are kept, so that a QUIT can be seen', () =>
    using('smtp-no-starttls', async (port, server) => {
      const [client] = await converse(port, [
        ['', /^220/],
        [EHLO, REPLY],
        ['QUIT\r\n', /^221/],
      ])
      await client.until(() => client.end !== 'open')
      assert.deepEqual(server.seen[0]?.lines, ['EHLO client.example', 'QUIT'])
    }))

  test('a greeting that is late by default is six seconds late', () =>
    using('smtp-late-greeting', async (port) => {
      const client = new RawClient(port)
      assert.equal(await client.until(() => client.received.length > 0, 300), false)
      client.close()
    }))
})

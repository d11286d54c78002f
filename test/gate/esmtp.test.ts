import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { needPeer, startPeer } from '../peers/index.ts'
import { inMaildir } from './arriving.ts'
import { startGate, type Gated } from './gated.ts'
import { lasting } from './programs.ts'
import { stuffed } from './sent-message.ts'
import { Talker } from './talker.ts'

/** The extensions of real servers, used through the gate: what they say is what the client hears, and what arrives is what was sent. */

/** A message with what gateways have been seen to change: dots, blanks at the ends of lines, long lines, octets that are no UTF-8. */
function content(name: string): Buffer {
  const body = ['.', '..', '.dots', 'blank ', 'tab\t', '', 'x'.repeat(998), 'Gr\xfc\xdfe', 'From here', '-- ', '']
  return Buffer.from(`Message-ID: <${name}@example.org>\r\nSubject: a\r\n folded\r\n\r\n${body.join('\r\n')}`, 'latin1')
}

const MIXED_CASE_HELLO = 'eHlO client.example\r\n'
const OK = '250 [^\\r]*\\r\\n'
const MANY_OK = '(?:250-[^\\r]*\\r\\n)*250 [^\\r]*\\r\\n'

interface Way {
  readonly why: string
  readonly envelope: (name: string) => string
  /** Where BDAT is cut; without it, DATA. */
  readonly cuts?: readonly number[]
}

const WAYS: readonly Way[] = [
  { why: 'PIPELINING up to DATA', envelope: (name) => `MAIL FROM:<${name}@example.org>\r\nRCPT TO:<b@example.net>\r\n` },
  { why: '8BITMIME', envelope: (name) => `MAIL FROM:<${name}@example.org> BODY=8BITMIME\r\nRCPT TO:<b@example.net>\r\n` },
  {
    why: 'CHUNKING, pipelined, cut within a line end and with an empty last chunk',
    envelope: (name) => `MAIL FROM:<${name}@example.org> BODY=8BITMIME\r\nRCPT TO:<b@example.net>\r\n`,
    cuts: [1, content('chunking').indexOf('\r\n.') + 1, content('chunking').length],
  },
  {
    why: 'SMTPUTF8 in the envelope',
    envelope: () => `MAIL FROM:<b\xc3\xbcro@example.org> BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<gr\xc3\xbc\xc3\x9fe@example.net>\r\n`,
  },
  {
    why: 'SIZE, DSN, and commands between',
    envelope: (name) =>
      `NOOP\r\nMAIL FROM:<${name}@example.org> SIZE=2000 RET=HDRS ENVID=QQ314159\r\nRCPT TO:<b@example.net> NOTIFY=NEVER\r\n`,
  },
]

function keywords(heard: string): readonly string[] {
  return [...heard.matchAll(/^250[- ]([^\r]*)\r/gm)].slice(1).map(([, keyword = '']) => keyword)
}

for (const name of ['postfix', 'exim'] as const) {
  describe(`through the gate, ${name}`, { skip: needPeer(name) }, () => {
    const t = lasting()
    let gated: Gated
    let direct: number
    let stored: () => readonly Buffer[]
    before(async () => {
      const peer = await startPeer(name, { delivers: true, ...(name === 'exim' ? { main: 'dsn_advertise_hosts = *\n' } : {}) }, t)
      direct = peer.doors.smtp
      const inbox = join(peer.folder, 'mail/inbox/new')
      stored = () => (existsSync(inbox) ? readdirSync(inbox) : []).map((file) => readFileSync(join(inbox, file)))
      gated = await startGate({ services: { mx: { dialect: 'smtp', tls: 'starttls', backend: `127.0.0.1:${direct}` } } }, t)
    })

    async function secured(): Promise<Talker> {
      const talker = await Talker.to(gated.port('mx'))
      await talker.hears(/^220 .*\r\n/)
      await talker.asks(MIXED_CASE_HELLO, /\r\n250 [^\r]*\r\n/)
      await talker.asks('STARTTLS\r\n', /^220 /)
      await talker.secure()
      await talker.asks(MIXED_CASE_HELLO, /\r\n250 [^\r]*\r\n/)
      return talker
    }

    async function arrives(id: string): Promise<Buffer> {
      for (let tries = 0; tries < 250; tries += 1) {
        const found = stored().find((one) => one.includes(`\nMessage-ID: <${id}@example.org>\n`))
        if (found !== undefined) return found
        await delay(20)
      }
      throw new Error(`${id} has not arrived`)
    }

    test('offers in TLS what the server offers in the clear, but its STARTTLS', async () => {
      const bare = await Talker.to(direct)
      await bare.hears(/^220 .*\r\n/)
      const own = keywords(await bare.asks('EHLO client.example\r\n', /\r\n250 [^\r]*\r\n/))
      bare.leave()
      const talker = await secured()
      const through = keywords(await talker.asks('EHLO client.example\r\n', /\r\n250 [^\r]*\r\n/))
      talker.leave()
      for (const extension of ['PIPELINING', 'CHUNKING', '8BITMIME', 'SMTPUTF8', 'DSN']) assert.ok(through.includes(extension), extension)
      assert.deepEqual(
        through,
        own.filter((keyword) => keyword !== 'STARTTLS'),
      )
    })

    for (const [at, { why, envelope, cuts }] of WAYS.entries()) {
      test(why, async () => {
        const id = `way-${at}`
        const message = content(id)
        const commands = envelope(id)
        const count = commands.split('\r\n').length - 1
        const talker = await secured()
        const begin = Buffer.from(commands, 'latin1')
        if (cuts === undefined) {
          await talker.asks(Buffer.concat([begin, Buffer.from('DATA\r\n')]), new RegExp(`^(?:${OK}){${count}}354 `))
          await talker.asks(Buffer.concat([stuffed(message), Buffer.from('.\r\nQUIT\r\n')]), /^250 [^\r]*\r\n221 /)
        } else {
          const marks = [0, ...cuts.map((cut) => Math.min(cut, message.length))]
          const chunks = marks.map((mark, index) => message.subarray(mark, marks[index + 1]))
          const parts = chunks.flatMap((chunk, index) => [`BDAT ${chunk.length}${index === chunks.length - 1 ? ' LAST' : ''}\r\n`, chunk])
          const all = Buffer.concat([begin, ...parts.map((part) => Buffer.from(part)), Buffer.from('QUIT\r\n')])
          await talker.asks(all, new RegExp(`^(?:${MANY_OK}){${count + chunks.length}}221 `))
        }
        assert.deepEqual(inMaildir(await arrives(id)).content.toString('latin1'), message.toString('latin1'))
      })
    }

    test('a notification that was asked for names envelope and recipient as the client did', async () => {
      const talker = await secured()
      const asked =
        'MAIL FROM:<notified@example.net> RET=FULL ENVID=QQ+2B314159\r\nRCPT TO:<b@example.net> NOTIFY=SUCCESS ORCPT=rfc822;Old+2Bname@example.net\r\n'
      await talker.asks(`${asked}DATA\r\n`, /354 /)
      await talker.asks(Buffer.concat([stuffed(content('notified')), Buffer.from('.\r\n')]), /^250 /)
      talker.leave()
      await arrives('notified')
      const told = (): string | undefined =>
        stored()
          .map((one) => one.toString('latin1'))
          .find((text) => text.includes('message/delivery-status'))
      for (let tries = 0; tries < 250 && told() === undefined; tries += 1) await delay(20)
      assert.match(told() ?? '', /^Original-Envelope-Id: QQ\+(?:2B)?314159$/im) // Exim gives it as it came, in the encoding of RFC 3461 §4.
      assert.match(told() ?? '', /^Original-Recipient: rfc822; ?Old\+(?:2B)?name@example\.net$/m)
    })

    test('a refusal has the words of the server', async () => {
      const line = 'MAIL FROM:<a@example.org> SIZE=99999999999\r\n'
      const bare = await Talker.to(direct)
      await bare.hears(/^220 .*\r\n/)
      await bare.asks('EHLO client.example\r\n', /\r\n250 [^\r]*\r\n/)
      const talker = await secured()
      assert.equal(await talker.asks(line, /^5\d\d [^\r]*\r\n/), await bare.asks(line, /^5\d\d [^\r]*\r\n/))
      for (const one of [bare, talker]) one.leave()
    })
  })
}

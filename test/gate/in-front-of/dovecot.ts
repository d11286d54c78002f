import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { deflateRawSync, inflateRawSync, constants } from 'node:zlib'
import { needPeer, startPeer, type Peer } from '../../peers/index.ts'
import { lasting } from '../programs.ts'
import { Octets } from '../sent-message.ts'
import { Talker } from '../talker.ts'
import { logged } from '../logged.ts'
import { Page, type PageGate } from './page.ts'
import { STRANGER } from './relaying.ts'

const BIG = 3_000_000

/** The tests of docs/in-front-of/dovecot.md. */
export function dovecotPage(): void {
  describe('the page of Dovecot', { skip: needPeer('dovecot') }, () => {
    const t = lasting()
    let page: Page
    let dovecot: Peer<'dovecot'>
    let gate: PageGate
    before(async () => {
      page = await Page.open('dovecot.md', t)
      const compresses = 'protocol imap {\n  mail_plugins = zlib imap_zlib\n}\n'
      const [imap, pop3, sieve] = [page.port(10_143), page.port(10_110), page.port(14_190)]
      const more = compresses + page.block('/etc/dovecot/local.conf')
      dovecot = await startPeer('dovecot', { more, doors: { imap, imaps: imap, pop3, pop3s: pop3, sieve } }, t)
      gate = await page.gate(t)
    })

    async function imap(service: 'imap' | 'imaps', user: string): Promise<Talker> {
      const talker = await Talker.to(gate.port(service), STRANGER)
      if (service === 'imap') {
        await talker.hears(/^\* OK .*LOGINDISABLED.*\r\n/)
        await talker.asks('s STARTTLS\r\n', /^s OK/)
      }
      await talker.secure()
      if (service === 'imaps') await talker.hears(/^\* OK /)
      await talker.asks(`a LOGIN ${user} x\r\n`, /^a OK/m)
      await talker.asks('b SELECT INBOX\r\n', /^b OK/m)
      return talker
    }

    test('gate check has nothing to say', () => page.checksFine())

    test('a client that waits hears of a large message as soon as another one has put it there, and reads it as it was', async () => {
      const [waiting, other] = await Promise.all([imap('imap', 'idle'), imap('imaps', 'idle')])
      await waiting.asks('i IDLE\r\n', /^\+ /)
      const content = Buffer.concat([
        Buffer.from('Subject: large\r\n\r\n'),
        Buffer.from(new Octets('large').take(BIG).toString('base64').replaceAll(/.{76}/g, '$&\r\n')),
        Buffer.from('\r\n'),
      ])
      await other.asks(`c APPEND INBOX {${content.length}}\r\n`, /^\+ /)
      await other.asks(Buffer.concat([content, Buffer.from('\r\n')]), /^c OK/m)
      await waiting.hears(/^\* 1 EXISTS\r\n/m)
      await waiting.asks('DONE\r\n', /^i OK/m)
      const heard = await waiting.asks('f FETCH 1 BODY.PEEK[]\r\n', /^f OK/m)
      assert.ok(heard.includes(content.toString('latin1')), 'as it was')
      for (const one of [waiting, other]) {
        await one.asks('z LOGOUT\r\n', /^z OK/m)
        await one.isClosed()
      }
      await logged(dovecot.log, /Login: user=<idle>.*rip=127\.0\.0\.2, lip=127\.0\.0\.1/)
      assert.doesNotMatch(dovecot.log(), /Login: .*rip=127\.0\.0\.1/)
    })

    test('a literal that does not wait, commands behind it, and compression', async () => {
      const talker = await imap('imaps', 'deflate')
      const message = 'Subject: small\r\n\r\nhello\r\n'
      await talker.asks(`c APPEND INBOX {${message.length}+}\r\n${message}\r\nd NOOP\r\n`, /^c OK[^]*^d OK/m)
      await talker.asks('e COMPRESS DEFLATE\r\n', /^e OK/)
      const heard = await talker.asks(deflateRawSync('f FETCH 1 BODY.PEEK[]\r\n', { finishFlush: constants.Z_SYNC_FLUSH }), /^[^]+/)
      const plain = (text: string): string =>
        inflateRawSync(Buffer.from(text, 'latin1'), { finishFlush: constants.Z_SYNC_FLUSH }).toString('latin1')
      for (let tries = 0; tries < 100 && !plain(talker.heard).includes('f OK'); tries += 1) await delay(20)
      assert.match(plain(talker.heard), /^\* 1 FETCH \(BODY\[\] \{25\}\r\nSubject: small\r\n\r\nhello\r\n\)\r\nf OK/, heard)
      talker.leave()
    })

    test('POP3 with CAPA, UIDL, TOP, and pipelined', async () => {
      const put = await imap('imaps', 'pop')
      const message = 'Subject: small\r\n\r\n.first\r\nsecond\r\n'
      await put.asks(`c APPEND INBOX {${message.length}+}\r\n${message}\r\n`, /^c OK/m)
      put.leave()
      const talker = await Talker.to(gate.port('pop3'), STRANGER)
      await talker.hears(/^\+OK .*\r\n/)
      assert.match(await talker.asks('USER pop\r\n', /\r\n/), /^-ERR/)
      await talker.asks('STLS\r\n', /^\+OK/)
      await talker.secure()
      assert.match(await talker.asks('CAPA\r\n', /\r\n\.\r\n$/), /\r\nUIDL\r\n/)
      await talker.asks('USER pop\r\n', /^\+OK/)
      await talker.asks('PASS x\r\n', /^\+OK/)
      const heard = await talker.asks('STAT\r\nUIDL\r\nTOP 1 1\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n', /Logging out[^]*\r\n$/)
      assert.match(
        heard,
        /^\+OK 1 34\r\n\+OK[^]*\r\n1 \S+\r\n\.\r\n\+OK[^]*\r\nSubject: small\r\n\r\n\.\.first\r\n\.\r\n\+OK[^]*\.\.first\r\nsecond\r\n\.\r\n\+OK/,
      )
      await talker.isClosed()
    })

    test('ManageSieve, with a script', async () => {
      const talker = await Talker.to(gate.port('sieve'), STRANGER)
      await talker.hears(/"STARTTLS"[^]*OK .*\r\n/)
      await talker.asks('STARTTLS\r\n', /^OK/)
      await talker.secure()
      await talker.hears(/"SASL" "[^"]*PLAIN[^]*OK .*\r\n$/)
      await talker.asks(`AUTHENTICATE "PLAIN" "${Buffer.from('\0sieve\0x').toString('base64')}"\r\n`, /^OK/m)
      const script = 'require "fileinto";\r\nfileinto "Junk";\r\n'
      await talker.asks(`PUTSCRIPT "all" {${script.length}+}\r\n${script}\r\n`, /^OK/m)
      const heard = await talker.asks('GETSCRIPT "all"\r\n', /^OK/m)
      assert.ok(heard.includes(script), heard)
      talker.leave()
    })

    test('tightened as it says, its own proof says yes', async () => {
      await page.tighten(gate)
      const { status, out, err } = await page.prove()
      assert.equal(status, 0, out + err)
    })
  })
}

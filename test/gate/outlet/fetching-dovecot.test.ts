import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { certificates, needPeer, SERVER_NAME, startPeer, type Peer } from '../../peers/index.ts'
import { CHECKOUT } from '../../peers/packages.ts'
import { startGate, type Gated } from '../gated.ts'
import { logged } from '../logged.ts'
import { lasting } from '../programs.ts'
import { Talker } from '../talker.ts'
import { sendTo } from './sending-to.ts'

const NODE8 = `${CHECKOUT}test/stacks/node_modules/node8/bin/node`
const ME = 'me@provider.example'
/** In no line of a log. */
const SECRETS = /t0ken|exp1red|dDBrZW4|secret/
const { root } = await certificates()
const folder = mkdtempSync(join(tmpdir(), 'postern-fetching-'))
const secret = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  chmodSync(join(folder, name), 0o600)
  return join(folder, name)
}
const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64')

/** Says of tokens whose they are, RFC 7662 §2.2: of one alone that it is good. */
async function identityProvider(): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    const isGood = request.url?.startsWith('/introspect?token=t0ken&') === true
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify(isGood ? { active: true, username: ME } : { active: false }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

/** Dovecot that takes tokens by one mechanism, and passwords by none. */
function withTokens(url: string, mechanism: string): string {
  const file = join(folder, `${mechanism}.conf`)
  writeFileSync(
    file,
    [
      `introspection_mode = get\nintrospection_url = ${url}/introspect?token=`,
      'username_attribute = username\nactive_attribute = active\nactive_value = true\n',
    ].join('\n'),
  )
  return [
    `auth_mechanisms = ${mechanism}\npassdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = ${file}\n}`,
    // Who has failed would wait.
    'auth_failure_delay = 0\nservice anvil {\n  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}\n',
  ].join('\n')
}

describe('an old server fetches from Dovecot that takes nothing but tokens', { skip: needPeer('dovecot') }, () => {
  const t = lasting()
  let url: string
  let dovecot: Peer<'dovecot'>
  let other: Peer<'dovecot'>
  let gated: Gated
  before(async () => {
    const provider = await identityProvider()
    url = provider.url
    t.after(() => void provider.server.close())
    dovecot = await startPeer('dovecot', { more: withTokens(url, 'xoauth2') }, t)
    other = await startPeer('dovecot', { more: withTokens(url, 'oauthbearer') }, t)
    const service = (dialect: string, port: number, tls: string, token: string = 't0ken'): Readonly<Record<string, unknown>> => ({
      dialect,
      tls: 'none',
      hideLogin: false,
      backend: { address: `127.0.0.1:${port}`, tls, ca: root, name: SERVER_NAME },
      logins: [{ user: 'me', passwordFile: secret('password', 'old "secret\n'), as: ME, tokenFile: secret(token, `${token}\n`) }],
    })
    const { imap, imaps, pop3, pop3s } = dovecot.doors
    const services = {
      imaps: service('imap', imaps, 'implicit'),
      imap: service('imap', imap, 'starttls'),
      pop3s: service('pop3', pop3s, 'implicit'),
      pop3: service('pop3', pop3, 'starttls'),
      'imap of RFC 7628': service('imap', other.doors.imaps, 'implicit'),
      'pop3 of RFC 7628': service('pop3', other.doors.pop3s, 'implicit'),
      'expired imap': service('imap', imaps, 'implicit', 'exp1red'),
      'expired pop3': service('pop3', pop3s, 'implicit', 'exp1red'),
      'with STARTTLS': { ...service('imap', imaps, 'implicit'), tls: 'required', hideLogin: true },
      'in TLS 1.0': { ...service('imap', imaps, 'implicit'), tls: 'implicit', policy: 'mozilla-old' },
    }
    gated = await startGate({ services }, t)
  })

  const BY_PLAIN = base64('\0me\0old "secret')
  const ways: readonly (readonly [why: string, service: string, says: readonly (readonly [text: string, hears: RegExp])[]])[] = [
    ['LOGIN', 'imaps', [['a LOGIN me "old \\"secret"\r\n', /^a OK /m]]],
    [
      'LOGIN with literals',
      'imap',
      [
        ['a LOGIN {2}\r\n', /^\+ /],
        ['me {11}\r\n', /^\+ /],
        ['old "secret\r\n', /^a OK /m],
      ],
    ],
    ['LOGIN with literals that do not wait', 'imap of RFC 7628', [['a LOGIN {2+}\r\nme {11+}\r\nold "secret\r\n', /^a OK /m]]],
    ['AUTHENTICATE PLAIN at once', 'imap', [[`a AUTHENTICATE PLAIN ${BY_PLAIN}\r\n`, /^a OK /m]]],
    [
      'AUTHENTICATE PLAIN with a go-ahead',
      'imaps',
      [
        ['a AUTHENTICATE PLAIN\r\n', /^\+ /],
        [`${BY_PLAIN}\r\n`, /^a OK /m],
      ],
    ],
  ]
  for (const [why, service, says] of ways)
    test(`by ${why}, from ${service}`, async () => {
      const talker = await Talker.to(gated.port(service))
      await talker.hears(/^\* OK \[CAPABILITY IMAP4rev1 [^\]]*AUTH=PLAIN[^\]]*\] gate\.example/)
      let heard = ''
      for (const [text, hears] of says) heard = await talker.asks(text, hears)
      // As Dovecot has it for whoever is logged in.
      assert.match(heard, /CAPABILITY IMAP4rev1 [^\]\r]*\bUIDPLUS\b/)
      assert.match(heard, /^a OK .*Logged in\r\n$/m)
      assert.doesNotMatch(heard, /AUTH=|SASL-IR|STARTTLS|LOGINDISABLED/)
      const message = 'Subject: small\r\n\r\nhello\r\n'
      await talker.asks(`c APPEND INBOX {${message.length}+}\r\n${message}\r\nd SELECT INBOX\r\n`, /^d OK/m)
      assert.ok((await talker.asks('e FETCH 1 BODY.PEEK[]\r\n', /^e OK/m)).includes(message))
      await talker.asks('z LOGOUT\r\n', /^z OK/m)
      await talker.isClosed()
      const [log, method] = service === 'imap of RFC 7628' ? [other.log, 'OAUTHBEARER'] : [dovecot.log, 'XOAUTH2']
      await logged(log, new RegExp(`imap-login: Info: Login: user=<${ME}>, method=${method}, .*TLS`))
    })

  for (const [service, method] of [
    ['pop3s', 'XOAUTH2'],
    ['pop3', 'XOAUTH2'],
    ['pop3 of RFC 7628', 'OAUTHBEARER'],
  ] as const)
    test(`by USER and PASS, from ${service}`, async () => {
      const talker = await Talker.to(gated.port(service))
      await talker.hears(/^\+OK gate\.example/)
      await talker.asks('USER me\r\n', /^\+OK/)
      await talker.asks('PASS old "secret\r\n', /^\+OK logged in\r\n/)
      await talker.asks('STAT\r\n', /^\+OK \d+ \d+\r\n/)
      await talker.asks('QUIT\r\n', /^\+OK /)
      await talker.isClosed()
      const { log } = service === 'pop3 of RFC 7628' ? other : dovecot
      await logged(log, new RegExp(`pop3-login: Info: Login: user=<${ME}>, method=${method}, .*TLS`))
    })

  test('a token that is refused, and a password that is wrong, are told apart', async () => {
    const imap = await Talker.to(gated.port('expired imap'))
    await imap.asks('a LOGIN me wrong\r\n', /^a NO \[AUTHENTICATIONFAILED\] wrong user or password\r\n/m)
    const refused = /^b NO \[UNAVAILABLE\] the server behind does not let me@provider\.example log in: .+\r\n/m
    await imap.asks('b LOGIN me "old \\"secret"\r\n', refused)
    await imap.asks('c LOGOUT\r\n', /^\* BYE .*\r\nc OK/)
    await imap.isClosed()
    const pop3 = await Talker.to(gated.port('expired pop3'))
    const unavailable = /^-ERR \[SYS\/TEMP\] the server behind does not let me@provider\.example log in: .+\r\n/m
    await pop3.asks('USER me\r\nPASS old "secret\r\n', unavailable)
    pop3.leave()
  })

  test('with STARTTLS on the inside, and not without', async () => {
    const talker = await Talker.to(gated.port('with STARTTLS'))
    await talker.hears(/^\* OK \[CAPABILITY (?![^\]]*AUTH=)[^\]]*STARTTLS LOGINDISABLED\]/)
    await talker.asks('a LOGIN me "old \\"secret"\r\n', /^a NO \[PRIVACYREQUIRED\]/)
    await talker.asks('b STARTTLS\r\n', /^b OK/)
    await talker.secure()
    await talker.asks('c CAPABILITY\r\n', /^\* CAPABILITY (?![^\r]*STARTTLS)[^\r]*AUTH=PLAIN[^\r]*\r\nc OK/)
    await talker.asks('d LOGIN me "old \\"secret"\r\n', /^d OK/m)
    await talker.asks('e LOGOUT\r\n', /^e OK/m)
    await talker.isClosed()
  })

  test('with TLS 1.0 of Node 8 on the inside', { skip: !existsSync(NODE8) && 'not on this machine: Node 8' }, async () => {
    const says = ['a LOGIN me "old \\"secret"', 'b SELECT INBOX', 'c LOGOUT']
    const script = `
      const at = { host: '127.0.0.1', port: ${gated.port('in TLS 1.0')}, secureProtocol: 'TLSv1_method', rejectUnauthorized: false }
      const socket = require('tls').connect(at)
      const says = ${JSON.stringify(says)}
      let text = ''
      socket.on('data', (bytes) => {
        text += bytes
        if (!/^(?:\\* OK \\[CAP|[abc] OK).*\\r\\n$/m.test(text)) return
        console.log(socket.getProtocol(), text.trim().split('\\r\\n').pop())
        text = ''
        if (says.length > 0) socket.write(says.shift() + '\\r\\n')
      })`
    const { stdout } = await promisify(execFile)(NODE8, ['-e', script], { timeout: 20_000 })
    assert.match(stdout, /^TLSv1 \* OK .*\nTLSv1 a OK .*Logged in\nTLSv1 b OK .*\nTLSv1 c OK /)
  })

  test('a server sends by a submission of Postfix that knows logins from Dovecot', { skip: needPeer('postfix') }, async (t) => {
    const main = [
      `smtpd_sasl_type = dovecot\nsmtpd_sasl_path = ${dovecot.folder}/run/auth\nsmtpd_sasl_auth_enable = yes\nsmtpd_tls_auth_only = yes`,
      'smtpd_relay_restrictions = permit_sasl_authenticated, reject',
    ].join('\n')
    const postfix = await startPeer('postfix', { delivers: true, main }, t)
    const to = { to: `127.0.0.1:${postfix.doors.submission}`, tls: 'verify', ca: root, name: SERVER_NAME }
    const service = (token: string): Readonly<Record<string, unknown>> => ({
      dialect: 'smtp',
      tls: 'none',
      outlet: { ...to, login: { user: ME, tokenFile: secret(token, `${token}\n`) } },
    })
    const sending = await startGate({ services: { good: service('t0ken'), expired: service('exp1red') } }, t)
    assert.match(await sendTo(sending.port('good'), 'Subject: x\r\n\r\nhello\r\n', 'b@example.net'), /^250 2\.0\.0 Ok: queued as /)
    await logged(postfix.log, new RegExp(`sasl_method=XOAUTH2, sasl_username=${ME}[^]*status=sent`))
    const refused = /^451 4\.7\.8 .* does not let me@provider\.example log in/
    assert.match(await sendTo(sending.port('expired'), 'x\r\n', 'b@example.net'), refused)
    assert.doesNotMatch(JSON.stringify(sending.records), SECRETS)
  })

  after(() => {
    assert.ok(gated.records.length > 0)
    assert.doesNotMatch(JSON.stringify(gated.records), SECRETS)
  })
})

after(() => rmSync(folder, { recursive: true }))

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { needPackages, needPeer, startPeer, type Peer } from '../../peers/index.ts'
import { freePort } from '../../peers/free-port.ts'
import { outputOf } from '../../settings/program.ts'
import { logged } from '../logged.ts'
import { lasting } from '../programs.ts'
import { sClient } from '../seeded.ts'
import { Talker } from '../talker.ts'
import { Page, type PageGate } from './page.ts'

const DOMAIN = 'mail.example.com'
const ELSEWHERE = 'other.example.test'
const FEATURES = /<stream:features>.*<\/stream:features>/
const LOGIN = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${btoa('\0anna\0x')}</auth>`

function header(to: string): string {
  return `<?xml version='1.0'?><stream:stream to='${to}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`
}

/** Anna, who has begun TLS, up to where messages come. */
async function logIn(talker: Talker, domain = DOMAIN): Promise<void> {
  const features = await talker.asks(header(domain), FEATURES)
  assert.match(features, /<mechanism>PLAIN<\/mechanism>/)
  assert.doesNotMatch(features, /starttls|-PLUS/)
  await talker.asks(LOGIN, /<success /)
  await talker.asks(header(domain), FEATURES)
  const bind = "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>desk</resource></bind></iq>"
  assert.match(await talker.asks(bind, /<\/iq>/), new RegExp(`<jid>anna@${domain}/desk<`))
}

describe('the page of Prosody', { skip: needPeer('prosody') || needPackages('go-sendxmpp') }, () => {
  const t = lasting()
  let page: Page
  let gate: PageGate
  let prosody: Peer<'prosody'>
  /** A server of somebody else, who insists on certificates. */
  let other: Peer<'prosody'>
  before(async () => {
    page = await Page.open('prosody.md', t)
    const [c2s, s2s, elsewhere] = [page.port(15_222), page.port(15_269), await freePort()]
    const own = `ssl = { certificate = "${join(page.folder, 'mail.pem')}", key = "${join(page.folder, 'mail.key')}" }\n`
    const text = `${own}${page.block('/etc/prosody/prosody.cfg.lua')}`
    prosody = await startPeer('prosody', { lines: { text, c2s, s2s }, domain: DOMAIN, others: { [ELSEWHERE]: elsewhere } }, t)
    const trusts = `s2s_secure_auth = true\ns2s_ssl = { cafile = "${join(page.folder, 'root.pem')}" }\n`
    const settings = { domain: ELSEWHERE, others: { [DOMAIN]: page.port(5269) }, certificates: ['wrong-name'] as const }
    other = await startPeer('prosody', { ...settings, lines: { text: trusts, s2s: elsewhere } }, t)
    gate = await page.gate(t)
  })

  test('gate check has nothing to say', () => page.checksFine())

  test('clients log in behind TLS, and not before it', async () => {
    const talker = await Talker.to(gate.port('xmpp'))
    assert.match(await talker.asks(header(DOMAIN), FEATURES), /<starttls [^>]*><required\/><\/starttls><\/stream:features>$/)
    await talker.asks("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", /<proceed /)
    await talker.secure()
    await logIn(talker)
    const second = await Talker.inTls(gate.port('xmpps'))
    await logIn(second)

    const early = await Talker.to(gate.port('xmpp'))
    await early.asks(header(DOMAIN), FEATURES)
    assert.match(await early.asks(LOGIN, /<\/stream:stream>/), /<policy-violation /)
    for (const one of [talker, second, early]) one.leave()
  })

  for (const [service, words] of [
    ['xmpp', []],
    ['xmpps', ['--tls']],
  ] as const) {
    test(`a message of go-sendxmpp through ${service}`, async () => {
      const anna = await Talker.inTls(gate.port('xmpps'))
      await logIn(anna)
      const text = join(page.folder, 'text')
      writeFileSync(text, `through ${service}`)
      const trust = `SSL_CERT_FILE=${join(page.folder, 'root.pem')}`
      const message = ['-u', `anna@${DOMAIN}`, '-p', 'x', '-j', `127.0.0.1:${gate.port(service)}`, '-m', text, `anna@${DOMAIN}/desk`]
      const said = await outputOf('env', [trust, 'go-sendxmpp', ...words, ...message])
      assert.equal(said.status, 0, said.out)
      await anna.hears(new RegExp(`<body>through ${service}</body>`))
      anna.leave()
    })
  }

  test('servers send messages both ways, and know each other by certificate there and by dialback here', async () => {
    const here = await Talker.inTls(gate.port('xmpps'))
    const there = await Talker.to(other.doors.c2s)
    await there.asks(header(ELSEWHERE), FEATURES)
    await there.asks("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", /<proceed /)
    await there.secure()
    await Promise.all([logIn(here), logIn(there, ELSEWHERE)])
    await there.asks(`<message to='anna@${DOMAIN}/desk'><body>from there</body></message>`, /^/)
    await here.hears(/<body>from there<\/body>/)
    await here.asks(`<message to='anna@${ELSEWHERE}/desk'><body>from here</body></message>`, /^/)
    await there.hears(/<body>from here<\/body>/)
    for (const one of [here, there]) one.leave()
    await logged(other.log, new RegExp(`Accepting SASL EXTERNAL identity from ${DOMAIN}`))
    await logged(prosody.log, new RegExp(`Incoming s2s connection ${ELSEWHERE}->${DOMAIN} complete`))
  })

  test('tightened as it says, its own proof says yes', async () => {
    const words = ['-starttls', 'xmpp', '-xmpphost', DOMAIN, '-brief']
    assert.match(await sClient(gate.port('xmpp'), ...words), /^Protocol version: TLSv1\.3$/m)
    assert.match(await sClient(gate.port('xmpp'), ...words, '-tls1_1'), /^Protocol version: TLSv1\.1$/m)
    await page.tighten(gate)
    assert.match(await sClient(gate.port('xmpp'), ...words, '-tls1_1'), /alert protocol version/)
    const proof = await page.prove()
    assert.equal(proof.status, 0, proof.out + proof.err)
  })
})

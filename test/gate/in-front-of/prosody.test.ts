import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needPeer, SERVER_NAME, startPeer } from '../../peers/index.ts'
import { sClient } from '../seeded.ts'
import { Talker } from '../talker.ts'
import { Page } from './page.ts'

const HEADER = `<?xml version='1.0'?><stream:stream to='${SERVER_NAME}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`
const FEATURES = /<stream:features>.*<\/stream:features>/
const LOGIN = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${btoa('\0anna\0x')}</auth>`

async function logsIn(talker: Talker): Promise<void> {
  const features = await talker.asks(HEADER, FEATURES)
  assert.match(features, /<mechanism>PLAIN<\/mechanism>/)
  assert.doesNotMatch(features, /starttls|-PLUS/)
  await talker.asks(LOGIN, /<success /)
  await talker.asks(HEADER, FEATURES)
  const bound = await talker.asks("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", /<\/iq>/)
  assert.match(bound, new RegExp(`<jid>anna@${SERVER_NAME}/`))
  talker.leave()
}

test('the page of Prosody', { skip: needPeer('prosody') }, async (t) => {
  const page = await Page.open('prosody.md', t)
  const text = page.block('/etc/prosody/prosody.cfg.lua')
  await startPeer('prosody', { lines: { text, c2s: page.port(15_222) } }, t)
  const { status, out, err } = await page.check()
  assert.equal(status, 0, out + err)
  const gate = await page.gate(t)

  const talker = await Talker.to(gate.port('xmpp'))
  assert.match(await talker.asks(HEADER, FEATURES), /<starttls [^>]*><required\/><\/starttls><\/stream:features>$/)
  await talker.asks("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", /<proceed /)
  await talker.secure()
  await logsIn(talker)
  await logsIn(await Talker.inTls(gate.port('xmpps')))

  const early = await Talker.to(gate.port('xmpp'))
  await early.asks(HEADER, FEATURES)
  assert.match(await early.asks(LOGIN, /<\/stream:stream>/), /<policy-violation /)
  early.leave()

  const words = ['-starttls', 'xmpp', '-xmpphost', SERVER_NAME, '-brief']
  assert.match(await sClient(gate.port('xmpp'), ...words), /^Protocol version: TLSv1\.3$/m)
  assert.match(await sClient(gate.port('xmpp'), ...words, '-tls1_1'), /^Protocol version: TLSv1\.1$/m)
  await page.tighten(gate)
  assert.match(await sClient(gate.port('xmpp'), ...words, '-tls1_1'), /alert protocol version/)
  const proof = await page.prove()
  assert.equal(proof.status, 0, proof.out + proof.err)
})

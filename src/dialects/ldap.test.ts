import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ldap } from './ldap.ts'
import { describeDialect } from './laws.test.ts'

const ASK = 'C< 30 1d 02 01 01 77 18 80 16 31 2e 33 2e 36 2e 31 2e 34 2e 31 2e 31 34 36 36 2e 32 30 30 33 37'

describeDialect(ldap, [
  {
    why: 'StartTLS of RFC 4511 §4.14, as OpenLDAP answers',
    talk: `${ASK}
           S< 30 0c 02 01 01 78 07 0a 01 00 04 00 04 00`,
    outcome: { kind: 'ready' },
    clear: { banner: '', capabilities: [], authBeforeTls: [], authComplete: false, starttls: 'offered' },
  },
  {
    why: 'with responseName and long lengths, as Active Directory answers',
    talk: `${ASK}
           S< 30 84 00 00 00 28 02 01 01 78 84 00 00 00 1f 0a 01 00 04 00 04 00 8a 16 31 2e 33 2e 36 2e 31 2e 34 2e 31 2e 31 34 36 36 2e 32 30 30 33 37`,
    outcome: { kind: 'ready' },
  },
  {
    why: 'TLS is not supported, RFC 4511 §4.14.1',
    talk: `${ASK}
           S< 30 15 02 01 01 78 10 0a 01 02 04 00 04 09 6e 6f 20 73 75 70 70 6c 79`,
    outcome: { kind: 'not-offered', heard: 'resultCode 2 no supply' },
    clear: { starttls: 'missing' },
  },
  {
    why: 'TLS is unavailable at present, RFC 4511 §4.14.2',
    talk: `${ASK}
           S< 30 0c 02 01 01 78 07 0a 01 34 04 00 04 00`,
    outcome: { kind: 'refused', heard: 'resultCode 52', temporary: true },
    clear: { starttls: 'unknown' },
  },
  {
    why: 'a referral to another server, RFC 4511 §4.1.10',
    talk: `${ASK}
           S< 30 19 02 01 01 78 14 0a 01 0a 04 00 04 00 a3 0b 04 09 6c 64 61 70 3a 2f 2f 62 2f`,
    outcome: { kind: 'refused', heard: 'resultCode 10 ldap://b/', temporary: false },
    clear: { starttls: 'refused' },
  },
  {
    why: 'a notice of disconnection, RFC 4511 §4.4.1: protocolError is about our bytes there',
    talk: `${ASK}
           S< 30 24 02 01 00 78 1f 0a 01 02 04 00 04 00 8a 16 31 2e 33 2e 36 2e 31 2e 34 2e 31 2e 31 34 36 36 2e 32 30 30 33 36`,
    outcome: { kind: 'refused', heard: 'resultCode 2', temporary: false },
  },
  {
    why: 'a notice of disconnection from a server that goes down',
    talk: `${ASK}
           S< 30 24 02 01 00 78 1f 0a 01 34 04 00 04 00 8a 16 31 2e 33 2e 36 2e 31 2e 34 2e 31 2e 31 34 36 36 2e 32 30 30 33 36`,
    outcome: { kind: 'refused', heard: 'resultCode 52', temporary: true },
  },
  {
    why: 'a web server',
    talk: `${ASK}
           S: HTTP/1.1 400 Bad Request`,
    outcome: { kind: 'wrong-protocol', heard: 'HTTP/1.1 400 Bad Request' },
  },
  {
    why: 'a message that is no extended response',
    talk: `${ASK}
           S< 30 0c 02 01 01 61 07 0a 01 00 04 00 04 00`,
    outcome: { kind: 'wrong-protocol', heard: 'operation 0x61 1' },
  },
  {
    why: 'a search that was smuggled is answered first, as OpenLDAP does',
    talk: `${ASK}
           S< 30 09 02 01 02 64 04 04 00 30 00 30 0c 02 01 02 65 07 0a 01 00 04 00 04 00
           S< 30 0c 02 01 01 78 07 0a 01 01 04 00 04 00`,
    outcome: { kind: 'refused', heard: 'resultCode 1', temporary: false },
  },
  {
    why: 'an indefinite length, which RFC 4511 §5.1 forbids',
    talk: `${ASK}
           S< 30 80`,
    outcome: { kind: 'wrong-protocol', heard: '0\\x80' },
  },
  {
    why: 'elements that do not fill their message',
    talk: `${ASK}
           S< 30 04 02 05 01 78`,
    outcome: { kind: 'wrong-protocol', heard: '0\\x04\\x02\\x05\\x01x' },
  },
])

test('the smuggled search and the good-bye are what RFC 4511 §4.5.1 and §4.3 want', () => {
  const hex = (text = '') => Buffer.from(text, 'latin1').toString('hex')
  assert.equal(hex(ldap.quit), '30050201034200')
  assert.equal(hex(ldap.injection?.command), `302a020102632504000a01000a0100020100020100010100870b${hex('objectClass')}30050403312e31`)
})

test('an answer to the smuggled search is told by its message id', () => {
  const answer = (hex: string) => ldap.injection?.answered(Buffer.from(hex, 'hex').toString('latin1'))
  assert.equal(answer('300702010264020400300c020102650700'), true)
  assert.equal(answer('3024020100781f0a0134'), false)
  assert.equal(answer(''), false)
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { octets } from '../relays/lines.ts'
import { Pop3Login } from './pop3-login.ts'
import { Pop3Onward } from './pop3-onward.ts'

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

/** What is said, and whom the client claims to be. */
function play(text: string, cut: readonly string[] = [text]): { readonly said: string; readonly claim: string; readonly ended: boolean } {
  const login = new Pop3Login('gate.example')
  let [said, claim, ended] = ['', '', false]
  for (const piece of cut) {
    const step = login.push(octets(piece))
    said += step.toClient
    if (step.claim !== undefined) claim += `${step.claim.user}/${step.claim.password}`
    ended ||= step.end === true
  }
  return { said, claim, ended }
}

describe('Pop3Login', () => {
  const rows: readonly (readonly [why: string, text: string, said: RegExp, claim: string])[] = [
    ['USER and PASS', 'USER a b\r\nPASS c d \r\n', /^\+OK\r\n$/, 'a b/c d '],
    ['in UTF-8', 'USER \xc3\xa4\r\nPASS \xc3\xb6\r\n', /^\+OK\r\n$/, '\xe4/\xf6'],
    ['AUTH PLAIN at once', `AUTH PLAIN ${base64('\0a\0b')}\r\n`, /^$/, 'a/b'],
    ['AUTH PLAIN with a question', `AUTH PLAIN\r\n${base64('a\0a\0b')}\r\n`, /^\+ \r\n$/, 'a/b'],
    ['for somebody else', `AUTH PLAIN ${base64('x\0a\0b')}\r\n`, /^-ERR bad PLAIN/, ''],
    ['AUTH LOGIN', `auth login\r\n${base64('a')}\r\n${base64('b')}\r\n`, /^\+ VXNlcm5hbWU6\r\n\+ UGFzc3dvcmQ6\r\n$/, 'a/b'],
    ['given up', 'AUTH LOGIN\r\n*\r\n', /-ERR given up/, ''],
    ['PASS alone', 'PASS x\r\n', /^-ERR USER comes first/, ''],
    ['what it can', 'CAPA\r\n', /\r\nSASL PLAIN LOGIN\r\n(?:[A-Z-]+\r\n)+\.\r\n$/, ''],
    ['mail before the login', 'STAT\r\n', /^-ERR log in first/, ''],
    ['good-bye', 'QUIT\r\n', /^\+OK gate\.example closes/, ''],
  ]
  for (const [why, text, said, claim] of rows)
    test(why, () => {
      const played = play(text)
      assert.match(played.said, said)
      assert.equal(played.claim, claim)
      assert.deepEqual(play(text, text.split('')), played)
    })

  test('nothing behind a claim is read before it is answered', () => {
    const login = new Pop3Login('g')
    assert.deepEqual(login.push(octets('USER a\r\nPASS b\r\nSTAT\r\n')).claim, { user: 'a', password: 'b' })
    assert.equal(Buffer.from(login.rest()).toString(), 'STAT\r\n')
  })

  test('whatever comes, it does not throw, and it ends', () => {
    const soup = fc
      .array(fc.constantFrom('USER a', 'PASS b', 'AUTH ', 'PLAIN', 'LOGIN', 'QUIT', '\r\n', '\n', '*', '\0', 'x'.repeat(20_000)))
      .map((all) => all.join(''))
    fc.assert(fc.property(fc.array(soup), (pieces) => void play('', pieces)))
    assert.equal(play('x\r\n'.repeat(30)).ended, true)
  })
})

test('Pop3Onward logs in once greeted, in a line of its own for the token, RFC 5034 §4', () => {
  const onward = new Pop3Onward({ user: 'u', kind: 'token', secret: 't' })
  assert.equal(onward.push(octets('+OK hi\r\n')).send, 'AUTH XOAUTH2\r\n')
  assert.equal(onward.push(octets('+ \r\n')).send, `${base64('user=u\x01auth=Bearer t\x01\x01')}\r\n`)
  assert.equal(onward.push(octets('+ e30=\r\n')).send, '\r\n')
  assert.deepEqual(onward.push(octets('-ERR no\r\n')).outcome, { kind: 'refused', words: 'no' })
  const other = new Pop3Onward({ user: 'u', kind: 'token', secret: 't' })
  assert.deepEqual(other.push(octets('-ERR busy\r\n')).outcome, { kind: 'refused', words: 'busy' })
})

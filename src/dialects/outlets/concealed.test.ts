import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { concealedReply, concealing } from './concealed.ts'
import type { Login } from './sasl.ts'

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
const PASSWORD: Login = { user: 'me', kind: 'password', secret: 'pass "wörd"' }
const TOKEN: Login = { user: 'me', kind: 'token', secret: 'ya29.a0AfH6SMBx-4711_0815' }
const XOAUTH2 = base64(`user=me\x01auth=Bearer ${TOKEN.secret}\x01\x01`)

describe('what a server repeats of a secret is hidden', () => {
  const rows: readonly (readonly [why: string, login: Login, words: string, left: string])[] = [
    ['words without it stay', PASSWORD, '5.7.8 bad password for me', '5.7.8 bad password for me'],
    ['a password as it is, in UTF-8', PASSWORD, 'not pass "w\xc3\xb6rd"!', 'not ***!'],
    ['as a quoted string', PASSWORD, 'LOGIN me "pass \\"w\xc3\xb6rd\\""', 'LOGIN me "***"'],
    ['in base64', PASSWORD, `what is ${base64(PASSWORD.secret)}?`, 'what is ***?'],
    ['as PLAIN says it', PASSWORD, `AUTH PLAIN ${base64(`\0me\0${PASSWORD.secret}`)} refused`, 'AUTH PLAIN *** refused'],
    ['twice', TOKEN, `${TOKEN.secret} ${TOKEN.secret}`, '*** ***'],
    ['a token as XOAUTH2 says it', TOKEN, `bad ${XOAUTH2}`, 'bad ***'],
    ['as OAUTHBEARER says it', TOKEN, base64(`n,a=me,\x01auth=Bearer ${TOKEN.secret}\x01\x01`), '***'],
    ['the beginning of it', TOKEN, `token ${TOKEN.secret.slice(0, 14)}... has expired`, 'token ***... has expired'],
    ['the middle of it, within more', TOKEN, `id:${XOAUTH2.slice(5, 40)}:x`, 'id:***:x'],
    ['too little of it to be of use stays', TOKEN, `token ${TOKEN.secret.slice(0, 11)} has expired`, 'token ya29.a0AfH6 has expired'],
    ['a password that is hardly one would tell itself by what is missing', { ...PASSWORD, secret: 'ok' }, 'not ok', 'not ok'],
  ]
  for (const [why, login, words, left] of rows) test(why, () => assert.equal(concealing(login)(words), left))

  test('codes and the ends of lines stay', () => {
    const lines = ['535-5.7.8 t0ken1234\r\n', '535 t0ken1234\r\n']
    const reply = concealedReply({ code: '535', lines, whole: true }, concealing({ ...TOKEN, secret: 't0ken1234' }))
    assert.deepEqual(reply.lines, ['535-5.7.8 ***\r\n', '535 ***\r\n'])
  })

  test('whatever stands around it, and it does not come back', () => {
    const secret = fc.string({ minLength: 4, maxLength: 60, unit: fc.constantFrom('a', 'b', 'c', 'k', '7', '_') })
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (found, before, behind) => {
        const conceal = concealing({ ...TOKEN, secret: found })
        const left = conceal(`${before} ${found} ${behind}`)
        assert.ok(!left.includes(found))
        assert.equal(conceal(left), left)
      }),
    )
  })
})

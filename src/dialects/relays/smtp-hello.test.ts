import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { announces, rewriteHello } from './smtp-hello.ts'

type Options = Parameters<typeof rewriteHello>[1]

const OFFERED: Options = { tls: 'offered', hidesLogin: true }

function lines(text: string): string[] {
  return text.match(/[^\n]*\n/g) ?? []
}

function rewritten(text: string, options: Options, secure: boolean): string {
  return rewriteHello({ code: text.slice(0, 3), lines: lines(text), whole: true }, options, secure)
}

describe('rewriteHello()', () => {
  const table: readonly (readonly [why: string, given: string, options: Options, secure: boolean, expected: string])[] = [
    [
      'STARTTLS comes in, AUTH and what is for the gate go, the rest stays',
      '250-mail.example\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-AUTH PLAIN\r\n250-AUTH=PLAIN\r\n250-XCLIENT NAME ADDR\r\n250-XFORWARD NAME\r\n250-CHUNKING\r\n250 SMTPUTF8\r\n',
      OFFERED,
      false,
      '250-mail.example\r\n250-STARTTLS\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-CHUNKING\r\n250 SMTPUTF8\r\n',
    ],
    [
      'the STARTTLS of the server is not the one of the gate',
      '250-a\r\n250-starttls\r\n250 PROXY\r\n',
      OFFERED,
      false,
      '250-a\r\n250 STARTTLS\r\n',
    ],
    [
      'within TLS it is not offered, and AUTH is shown',
      '250-a\r\n250-STARTTLS\r\n250-AUTH PLAIN\r\n250 DSN\r\n',
      OFFERED,
      true,
      '250-a\r\n250-AUTH PLAIN\r\n250 DSN\r\n',
    ],
    ['TLS all the way is asked for in TLS, RFC 8689 §2', '250-a\r\n250 REQUIRETLS\r\n', OFFERED, true, '250-a\r\n250 REQUIRETLS\r\n'],
    ['and not before', '250-a\r\n250 REQUIRETLS\r\n', OFFERED, false, '250-a\r\n250 STARTTLS\r\n'],
    ['where there is no TLS it is not offered either', '250-a\r\n250 STARTTLS\r\n', { tls: 'none', hidesLogin: false }, false, '250 a\r\n'],
    ['where it is required it is offered', '250 a\r\n', { tls: 'required', hidesLogin: false }, false, '250-a\r\n250 STARTTLS\r\n'],
    [
      'AUTH is shown where nobody minds',
      '250-a\r\n250 AUTH=LOGIN PLAIN\r\n',
      { tls: 'none', hidesLogin: false },
      false,
      '250-a\r\n250 AUTH=LOGIN PLAIN\r\n',
    ],
    [
      'what is bound to the TLS of the server is not shown, RFC 5802 §4',
      '250-a\r\n250-AUTH SCRAM-SHA-1-PLUS PLAIN scram-sha-256-plus\r\n250-AUTH=X-PLUS LOGIN\r\n250 DSN\r\n',
      OFFERED,
      true,
      '250-a\r\n250-AUTH PLAIN\r\n250-AUTH=LOGIN\r\n250 DSN\r\n',
    ],
    ['nor the way to log in where nothing else is left', '250-a\r\n250 AUTH SCRAM-SHA-1-PLUS\r\n', OFFERED, true, '250 a\r\n'],
    ['the last line may go', '250-a\r\n250-DSN\r\n250 AUTH PLAIN\r\n', { tls: 'none', hidesLogin: true }, false, '250-a\r\n250 DSN\r\n'],
    ['the login of Exchange is one', '250-a\r\n250-X-EXPS NTLM\r\n250 DSN\r\n', OFFERED, false, '250-a\r\n250-STARTTLS\r\n250 DSN\r\n'],
    ['a word that only begins so stays', '250-a\r\n250 AUTHORS\r\n', OFFERED, false, '250-a\r\n250-STARTTLS\r\n250 AUTHORS\r\n'],
    ['RFC 5321 §4.2: the code may stand alone', '250\r\n', OFFERED, false, '250-\r\n250 STARTTLS\r\n'],
    ['and does so as a last line', '250-a\r\n250\r\n', OFFERED, true, '250-a\r\n250\r\n'],
    ['ends of lines stay as they are', '250-a\n250 DSN\n', OFFERED, false, '250-a\n250-STARTTLS\r\n250 DSN\n'],
    ['a host may be called like a keyword', '250-AUTH\r\n250 DSN\r\n', OFFERED, true, '250-AUTH\r\n250 DSN\r\n'],
    ['a refusal is not touched', '502-what?\r\n502 STARTTLS\r\n', OFFERED, false, '502-what?\r\n502 STARTTLS\r\n'],
  ]
  for (const [why, given, options, secure, expected] of table) test(why, () => assert.equal(rewritten(given, options, secure), expected))

  test('whatever the server announces: lines that are kept are kept byte for byte, in order, and the last one alone ends', () => {
    const word = fc.constantFrom('SIZE 1', 'starttls', 'AUTH A', 'auth=A', 'XCLIENT', 'DSN', '', 'X \xff', 'PROXY', ' XFORWARD')
    const options = fc.record({ tls: fc.constantFrom('offered', 'required', 'begun', 'none'), hidesLogin: fc.boolean() })
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), options, fc.boolean(), (words, chosen, secure) => {
        const all = ['host', ...words]
        const given = all.map((one, index) => `250${index < all.length - 1 ? '-' : ' '}${one}\r\n`).join('')
        const shown = lines(rewritten(given, chosen, secure))
        const offered = (chosen.tls === 'offered' || chosen.tls === 'required') && !secure
        assert.equal(shown.filter((line) => /^250[ -]STARTTLS\r\n$/.test(line)).length, offered ? 1 : 0)
        assert.ok(shown.every((line, index) => line.startsWith(index < shown.length - 1 ? '250-' : '250 ')))
        const hidden = /^ ?(?:starttls|xclient|xforward|proxy)/i
        const kept = all.filter((one) => !hidden.test(one) && (secure || !chosen.hidesLogin || !/^auth/i.test(one)))
        assert.deepEqual(
          shown.map((line) => line.slice(4, -2)).filter((one) => one !== 'STARTTLS'),
          kept,
        )
      }),
    )
  })
})

describe('announces()', () => {
  test('knows a keyword by its name, and not the host by it', () => {
    assert.equal(announces(lines('250-CHUNKING\r\n250 DSN\r\n'), 'CHUNKING'), false)
    assert.equal(announces(lines('250-a\r\n250 chunking\r\n'), 'CHUNKING'), true)
    assert.equal(announces(lines('250-a\r\n250 CHUNKINGS\r\n'), 'CHUNKING'), false)
  })
})

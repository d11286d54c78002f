import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseStsPolicy, readStsRecord, stsAllows } from './sts-policy.ts'

describe('readStsRecord()', () => {
  const rows: readonly (readonly [why: string, texts: readonly string[], id: string | undefined])[] = [
    ['the usual', ['v=STSv1; id=20160831085700Z;'], '20160831085700Z'],
    ['without a semicolon at the end', ['v=STSv1; id=1'], '1'],
    ['with other fields and spaces', ['v=STSv1 ;x=y;  id=ab ; '], 'ab'],
    ['beside records of others', ['v=spf1 -all', 'v=STSv1; id=1'], '1'],
    ['two are none (RFC 8461 §3.1)', ['v=STSv1; id=1', 'v=STSv1; id=2'], undefined],
    ['the version comes first', ['id=1; v=STSv1'], undefined],
    ['another version', ['v=STSv10; id=1'], undefined],
    ['no id', ['v=STSv1;'], undefined],
    ['an id of 33 letters', [`v=STSv1; id=${'a'.repeat(33)}`], undefined],
    ['an id with a sign', ['v=STSv1; id=a-b'], undefined],
  ]
  for (const [why, texts, id] of rows) test(why, () => assert.equal(readStsRecord(texts), id))
})

const POLICY = 'version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmax_age: 604800\r\n'

describe('parseStsPolicy()', () => {
  const good: readonly (readonly [why: string, text: string])[] = [
    ['as RFC 8461 §3.2 shows it', POLICY],
    ['with line feeds and no end of line', POLICY.replaceAll('\r', '').trimEnd()],
    ['with fields that nobody knows', POLICY + 'x_new: 1\r\n'],
    ['of two modes the first counts', POLICY + 'mode: none\r\n'],
    ['in another order, with more spaces', 'max_age:604800 \nmx:\tMAIL.example.com\nmx: *.example.net\nmode:  enforce\nversion:STSv1\n'],
  ]
  for (const [why, text] of good) {
    test(why, () => assert.deepEqual(parseStsPolicy(text), { mode: 'enforce', mx: ['mail.example.com', '*.example.net'], maxAge: 604_800 }))
  }

  test('none needs no mx, and a year is the longest', () => {
    assert.deepEqual(parseStsPolicy('version: STSv1\nmode: none\nmax_age: 9999999999\n'), { mode: 'none', mx: [], maxAge: 31_557_600 })
  })

  const bad: readonly (readonly [why: string, text: string, words: RegExp])[] = [
    ['nothing', '', /version/],
    ['a web page', '<html><body>404</body></html>', /line/],
    ['a byte order mark', `\ufeff${POLICY}`, /line/],
    ['another version', POLICY.replace('STSv1', 'STSv2'), /version/],
    ['no mode', POLICY.replace('mode', 'x_mode'), /mode/],
    ['a mode in capitals', POLICY.replace('enforce', 'ENFORCE'), /mode/],
    ['no mx', POLICY.replaceAll('mx:', 'my:'), /mx/],
    ['a wildcard in the middle', POLICY.replace('*.example.net', 'a.*.example.net'), /mx/],
    ['a wildcard for everything', POLICY.replace('*.example.net', '*'), /mx/],
    ['an age that is none', POLICY.replace('604800', '1 week'), /max_age/],
    ['a negative age', POLICY.replace('604800', '-1'), /max_age/],
    ['a line without a colon', POLICY + 'hello\n', /line/],
  ]
  for (const [why, text, words] of bad) {
    test(`refuses ${why}`, () => {
      const read = parseStsPolicy(text)
      assert.ok('words' in read)
      assert.match(read.words, words)
    })
  }

  test('gives an answer to any text', () => {
    const line = fc
      .tuple(fc.constantFrom('version', 'mode', 'mx', 'max_age', 'x', ''), fc.constantFrom(': ', ':', ' '), fc.string())
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(line).map((lines) => lines.join('\n')),
        ),
        (text) => {
          const read = parseStsPolicy(text)
          assert.ok('words' in read || (read.maxAge >= 0 && (read.mx.length > 0 || read.mode === 'none')))
        },
      ),
    )
  })
})

describe('stsAllows()', () => {
  const rows: readonly (readonly [pattern: string, host: string, allowed: boolean, why: string])[] = [
    ['mail.example.com', 'Mail.Example.COM.', true, 'names have no case'],
    ['mail.example.com', 'mail2.example.com', false, 'another host'],
    ['*.example.com', 'mail.example.com', true, 'one label'],
    ['*.example.com', 'a.mail.example.com', false, 'two labels (RFC 8461 §4.1)'],
    ['*.example.com', 'example.com', false, 'no label'],
    ['*.com', 'com', false, 'no label'],
    ['example.com', 'mail.example.com', false, 'no wildcard'],
  ]
  for (const [pattern, host, allowed, why] of rows) {
    test(`${pattern} ${allowed ? 'allows' : 'does not allow'} ${host}: ${why}`, () => {
      assert.equal(stsAllows({ mode: 'enforce', mx: ['other.example', pattern], maxAge: 1 }, host), allowed)
    })
  }
})

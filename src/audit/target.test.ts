import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { schemes } from '../dialects/index.ts'
import { PosternError } from '../errors.ts'
import { parseTarget, parseTargetFile, targetUrl, type Target } from './target.ts'

/** A target in one line: `smtp starttls mail.example.com 25 no`, or `domain example.com`. */
function brief(target: Target): string {
  if (target.kind === 'domain') return `domain ${target.host}`
  return [target.scheme, target.dialect.name, target.tls, target.host, target.port, target.guessed].join(' ')
}

describe('parseTarget() reads', () => {
  const good: readonly (readonly [why: string, text: string, ...targets: string[]])[] = [
    ['a URL with the default port', 'smtp://mail.example.com', 'smtp smtp starttls mail.example.com 25 no'],
    ['a URL with a port', 'smtp://mail.example.com:2525', 'smtp smtp starttls mail.example.com 2525 no'],
    ['a URL with a slash, as browsers write it', 'https://example.com/', 'https tls implicit example.com 443 no'],
    ['a URL with a path, which is none of the door', 'https://example.com:8443/a?b#c', 'https tls implicit example.com 8443 no'],
    ['any case', 'IMAPS://Mail.EXAMPLE.com', 'imaps imap implicit mail.example.com 993 no'],
    ['both names of a scheme', 'postgresql://db', 'postgresql postgres starttls db 5432 no'],
    ['a scheme with a hyphen', 'xmpp-server://example.com', 'xmpp-server xmpp-server starttls example.com 5269 no'],
    ['TLS on any port', 'tls://example.com:1234', 'tls tls implicit example.com 1234 no'],
    ['a port that says what it is', 'mail.example.com:993', 'imaps imap implicit mail.example.com 993 port'],
    ['a port that says nothing', 'mail.example.com:1234', 'tls tls implicit mail.example.com 1234 banner'],
    [
      'several ports, each once',
      'mail.example.com:25,465,25',
      'smtp smtp starttls mail.example.com 25 port',
      'smtps smtp implicit mail.example.com 465 port',
    ],
    ['a domain', 'example.com', 'domain example.com'],
    ['a domain with its final dot, which servers refuse in SNI', 'example.com.', 'domain example.com'],
    ['a name with underscores', 'a_b.example.com', 'domain a_b.example.com'],
    ['an international domain', 'bücher.example', 'domain xn--bcher-kva.example'],
    ['an international domain in a URL', 'smtp://日本.jp:25', 'smtp smtp starttls xn--wgv71a.jp 25 no'],
    ['IPv4', '192.0.2.1', 'domain 192.0.2.1'],
    ['IPv4 with a port', '192.0.2.1:25', 'smtp smtp starttls 192.0.2.1 25 port'],
    ['IPv6 alone', '2001:DB8:0:0::1', 'domain 2001:db8::1'],
    ['IPv6 in brackets', '[2001:db8::1]', 'domain 2001:db8::1'],
    ['IPv6 with a port', '[2001:db8::1]:587', 'submission submission starttls 2001:db8::1 587 port'],
    ['IPv6 in a URL', 'ldaps://[::1]:6636', 'ldaps ldap implicit ::1 6636 no'],
    ['IPv6 with a zone', '[fe80::1%eth0]:25', 'smtp smtp starttls fe80::1%eth0 25 port'],
    ['localhost', 'localhost:25', 'smtp smtp starttls localhost 25 port'],
    ['white space around', '  example.com\t', 'domain example.com'],
  ]
  for (const [why, text, ...targets] of good) test(`${why}: ${text}`, () => assert.deepEqual(parseTarget(text).map(brief), targets))

  test('every scheme that there is, and prints it again', () => {
    for (const scheme of schemes()) {
      const [target] = parseTarget(`${scheme}://mail.example.com`)
      assert.ok(target?.kind === 'door')
      assert.equal(target.scheme, scheme)
      assert.deepEqual(parseTarget(targetUrl(target)).map(brief), [brief(target)])
    }
    assert.equal(targetUrl({ scheme: 'smtp', host: '2001:db8::1', port: 25 }), 'smtp://[2001:db8::1]:25')
  })

  test('the text as it was typed', () => assert.equal(parseTarget(' Example.com ')[0]?.text, 'Example.com'))
})

describe('parseTarget() refuses', () => {
  const bad: readonly (readonly [why: string, text: string, problem: string, caret: string])[] = [
    ['a protocol that nobody speaks', 'gopher://a.example', 'there is no protocol "gopher"', '^^^^^^'],
    ['nothing', '', 'there is no host', '^'],
    ['a URL without a host', 'smtp://:25', '"" is not a host name', '       ^'],
    ['a URL that ends too early', 'smtp://', 'there is no host', '       ^'],
    ['a port that is a word', 'a.example:smtp', '"smtp" is not a port', '          ^^^^'],
    ['a port beyond all ports', 'a.example:25,65536', '"65536" is not a port', '             ^^^^^'],
    ['port 0', 'a.example:0', '"0" is not a port', '          ^'],
    ['no port behind the colon', 'a.example:', '"" is not a port', '          ^'],
    ['an empty label', 'a..example', '"a..example" is not a host name', '^^^^^^^^^^'],
    ['a hyphen in front', '-a.example', '"-a.example" is not a host name', '^^^^^^^^^^'],
    ['a space', 'a b.example', '"a b.example" is not a host name', '^^^^^^^^^^^'],
    ['three numbers', '192.0.2:25', '"192.0.2" is not an IPv4 address', '^^^^^^^'],
    ['a number too large', '192.0.2.256', '"192.0.2.256" is not an IPv4 address', '^^^^^^^^^^^'],
    ['an address in hexadecimal', '0x7f.1', '"0x7f.1" is not an IPv4 address', '^^^^^^'],
    ['an address in full-width digits', '１２７.0.0.1', '"１２７.0.0.1" is not an IPv4 address', '^^^^^^^^^'],
    ['IPv6 with a port and no brackets', 'smtp://2001:db8::1:zz', '"2001:db8::1:zz" is not an IPv6 address', '       ^^^^^^^^^^^^^^'],
    ['brackets around a name', '[a.example]:25', '"a.example" is not an IPv6 address', '^^^^^^^^^^^'],
    ['words behind brackets', '[::1]x', '"x" does not belong behind a host', '     ^'],
    ['a path without a protocol', 'a.example/b', 'a path needs a protocol', '         ^'],
    ['a percent sign', 'a%41b.example', '"a%41b.example" is not a host name', '^^^^^^^^^^^^^'],
  ]
  for (const [why, text, problem, caret] of bad) {
    test(`${why}: ${text}`, () => {
      assert.throws(
        () => parseTarget(text),
        (error) => {
          assert.ok(error instanceof PosternError)
          assert.equal(error.message, `Cannot read target: ${problem}\n  ${text}\n  ${caret}`)
          assert.deepEqual([error.fault, error.code], ['input', 'TARGET_SYNTAX'])
          assert.ok(error.remedy)
          return true
        },
      )
    })
  }

  test('a password, without showing it', () => {
    assert.throws(
      () => parseTarget('smtp://user:secret@mail.example.com'),
      (error) => error instanceof PosternError && error.code === 'TARGET_SYNTAX' && !`${error.message}${error.remedy}`.includes('secret'),
    )
  })

  test('names that are too long', () => {
    assert.throws(() => parseTarget(`${'a'.repeat(64)}.example`), { code: 'TARGET_SYNTAX' })
    assert.throws(() => parseTarget(`${'a.'.repeat(127)}example`), { code: 'TARGET_SYNTAX' })
    assert.equal(parseTarget(`${'a'.repeat(63)}.example`).length, 1)
  })

  test('whatever it refuses, with no control character in the message and a caret inside the text', () => {
    const soup = fc
      .array(fc.constantFrom('a', '1', '.', ':', '/', '[', ']', '@', ',', '%', '-', 'smtp://', '\u001b', '\n', '\t', 'ü', '\u202e', '#'))
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.oneof(soup, fc.string({ unit: 'binary' })), (text) => {
        try {
          for (const target of parseTarget(text)) assert.match(target.host, /^[a-z0-9._:%-]+$/)
        } catch (error) {
          assert.ok(error instanceof PosternError && error.fault === 'input', String(error))
          assert.doesNotMatch(error.message.replaceAll('\n  ', ''), /[\p{Cc}\p{Cf}]/u)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('parseTargetFile()', () => {
  test('reads a target a line, skips comments, blank lines, a byte order mark and any kind of line end', () => {
    const text = '\u{feff}# ours\r\nexample.com # the main one\r\n\r\n   smtp://a.example\n#b.example\n\t\n192.0.2.1:25'
    assert.deepEqual(parseTargetFile(text, 'targets.txt').targets.map(brief), [
      'domain example.com',
      'smtp smtp starttls a.example 25 no',
      'smtp smtp starttls 192.0.2.1 25 port',
    ])
  })

  test('says where every bad line stands, and reads the others all the same', () => {
    const { targets, errors } = parseTargetFile('a.example\n\n  b..example # no\nx:y\n', 'targets.txt')
    assert.deepEqual(targets.map(brief), ['domain a.example'])
    assert.deepEqual(
      errors.map(({ code, message }) => [code, message]),
      [
        ['TARGET_SYNTAX', 'Cannot read target at targets.txt:3: "b..example" is not a host name\n    b..example\n    ^^^^^^^^^^'],
        ['TARGET_SYNTAX', 'Cannot read target at targets.txt:4: "y" is not a port\n  x:y\n    ^'],
      ],
    )
  })

  test('an empty file has no targets', () => assert.deepEqual(parseTargetFile('', 't'), { targets: [], errors: [] }))
})

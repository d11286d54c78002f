import { describe } from 'node:test'
import fc from 'fast-check'
import { opensmtpdAdapter } from '../../src/settings/opensmtpd/adapter.ts'
import { holdLaws, type LawFiles } from '../settings-laws.ts'

const option = fc.constantFrom(
  'ciphers "HIGH:!aNULL"',
  "ciphers 'AES128-SHA:ECDHE+AESGCM:DHE+AESGCM'",
  'ciphers legacy',
  'ciphers $list',
  'ciphers $nobody',
  'ciphers "NOTHING"',
  'protocols "tlsv1.2"',
  'protocols "tlsv1.0, TLSv1.1:tlsv1.3"',
  'protocols all',
  'protocols "all,!tlsv1.3"',
  'protocols "TLS1.2"',
  '$options',
)
const end = fc.constantFrom('', '', ' # ciphers "x"', ' \\\n    hostname a.example # b', ' filter {\n  a, # x\n  b\n}')
const listen = fc
  .tuple(
    fc.constantFrom(
      'listen on lo0',
      'listen on "192.0.2.1"',
      'listen on $if inet4',
      'listen on all port 587',
      'listen\ton\tall port smtps',
    ),
    fc.constantFrom('tls pki a', 'smtps pki a auth <users>', 'tls-require verify pki b', 'tls', '', 'pki c smtps pki a'),
    fc.array(option, { maxLength: 2 }),
    end,
  )
  .map(([head, tls, options, last]) => `${[head, tls, ...options].filter((one) => one !== '').join(' ')}${last}`)
const relay = fc
  .tuple(
    fc.constantFrom(
      'action "out" relay',
      'action out relay host "smtps://a@mx.example"',
      'action plain relay host smtp+notls://mx.example',
    ),
    fc.constantFrom('', 'tls', 'tls no-verify', 'pki b'),
    fc.array(option, { maxLength: 2 }),
    end,
  )
  .map(([head, tls, options, last]) => `${[head, tls, ...options].filter((one) => one !== '').join(' ')}${last}`)
const other = fc.constantFrom(
  '# smtp ciphers "ALL"',
  '',
  'smtp ciphers "HIGH:!aNULL:!MD5"',
  'smtp ciphers $list # strong',
  'smtp ciphers "AES128-SHA:\\\n ECDHE+AESGCM"',
  'smtp limit max-mails 10',
  'pki a cert "/etc/ssl/a.crt" # ciphers',
  'pki a dhe legacy',
  'pki a dhe auto',
  'pki b dhe "none"',
  'list = "ECDHE+AESGCM"',
  'if = lo0',
  'options = "protocols tlsv1.3 mask-src"',
  'match for any action "out"',
  'include "/etc/mail/more.conf"',
  'listen on socket filter a',
  '# continued \\\nsmtp ciphers "aNULL"',
)
const text = (parts: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(parts, { maxLength }), fc.constantFrom('\n', '\n', '\n', '\r\n'), fc.boolean())
    .map(([all, eol, last]) => `${all.join('\n')}${last ? '\n' : ''}`.replaceAll('\n', eol))

const files: fc.Arbitrary<LawFiles> = fc
  .record({
    main: text(fc.oneof(listen, listen, relay, other, other), 10),
    more: text(fc.oneof(listen, other), 3),
    version: fc.constantFrom('6.4.2p1', '6.8.0p2', '7.3.0', '7.6.0p1', undefined),
    openssl: fc.constantFrom('1.1.1' as const, '3.0' as const, '3.5' as const),
  })
  .map(({ main, more, version, openssl }) => ({
    files: [
      { path: '/etc/mail/smtpd.conf', text: main },
      { path: '/etc/mail/more.conf', text: more },
    ],
    options: { openssl, ...(version === undefined ? {} : { version }) },
  }))

describe('the laws of adapters', () => holdLaws(opensmtpdAdapter, files, { stays: /#/ }))

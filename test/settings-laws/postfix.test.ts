import { describe } from 'node:test'
import fc from 'fast-check'
import { holdLaws, type LawFiles } from '../settings-laws.ts'
import { postfixAdapter } from '../../src/settings/postfix/adapter.ts'

const SETTINGS = {
  smtpd_tls_protocols: ['>=TLSv1.2', '!SSLv2, !SSLv3', '', 'TLSv1.2', '$mine', '>=TLSv1.1, <=TLSv1.2', '!SSLv2,!SSLv3:!TLSv1'],
  smtpd_tls_mandatory_protocols: ['>=TLSv1', '$smtpd_tls_protocols', '!TLSv1.3', '${mine?>=TLSv1.2}'],
  smtp_tls_protocols: ['!SSLv2', '>=0303'],
  smtp_tls_mandatory_protocols: ['>=TLSv1.3', ''],
  mine: ['>=TLSv1.1', '!SSLv2 !SSLv3'],
  smtpd_tls_security_level: ['may', 'encrypt', 'none'],
  smtp_tls_security_level: ['may', 'encrypt', 'dane', 'verify', ''],
  smtpd_tls_ciphers: ['high', 'medium', 'low'],
  smtpd_tls_mandatory_ciphers: ['high', 'MEDIUM', 'wrong'],
  smtpd_tls_exclude_ciphers: ['aNULL', 'aNULL, MD5 ,DES', 'kRSA\n  # inside\n  SHA1'],
  tls_high_cipherlist: ['ECDHE+AESGCM:DHE', 'HIGH:!aNULL', 'aNULL:-aNULL:HIGH:@STRENGTH'],
  tls_medium_cipherlist: ['DEFAULT', 'MEDIUM:HIGH@STRENGTH', 'AES128-SHA'],
  tls_preempt_cipherlist: ['yes', 'no'],
  tls_eecdh_auto_curves: ['X25519 prime256v1', 'secp521r1'],
  smtpd_tls_dh1024_param_file: ['auto', '/etc/postfix/dh.pem', ''],
  smtpd_use_tls: ['yes', 'no'],
  smtp_tls_policy_maps: ['hash:/etc/postfix/tls_policy', 'inline:{ {b.example = may} }, hash:/etc/postfix/tls_policy'],
  mydestination: ['$myhostname, localhost'],
} as const

const line = fc
  .oneof(
    ...Object.entries(SETTINGS).map(([name, values]) => fc.record({ name: fc.constant(name), value: fc.constantFrom<string>(...values) })),
  )
  .chain(({ name, value }) =>
    fc
      .constantFrom(
        `${name} = ${value}`,
        `${name}=${value}`,
        `${name} =\t${value} `,
        `${name} =\n    ${value}`,
        `${name} = ${value.replace(', ', ',\n\t')}`,
      )
      .map((text) => text),
  )
const filler = fc.constantFrom('# smtpd_tls_protocols = !SSLv2', '', '   ', '  # indented', 'myhostname = mail.example.com')
const eol = fc.constantFrom('\n', '\r\n')
const joined = (lines: readonly string[], end: string, last: boolean): string =>
  `${lines.join('\n')}${last ? '\n' : ''}`.replaceAll('\n', end)
const main = fc
  .tuple(fc.array(fc.oneof(line, filler), { maxLength: 14 }), eol, fc.boolean())
  .map(([lines, end, last]) => joined(lines, end, last))

const override = fc.constantFrom(
  '  -o smtpd_tls_security_level=encrypt',
  '  -o smtpd_tls_wrappermode=yes',
  '\t-o { smtpd_tls_mandatory_protocols = !SSLv2, !SSLv3 }',
  '  -o smtpd_tls_mandatory_ciphers=high -o smtpd_tls_protocols=$mine',
  '#  -o smtpd_tls_security_level=none',
  '  -osmtpd_tls_security_level=may',
)
const service = fc
  .tuple(
    fc.constantFrom(
      'smtp      inet  n       -       y       -       -       smtpd',
      'submission inet n       -       y       -       -       smtpd',
      'smtp      unix  -       -       y       -       -       smtp',
      'relay     unix  -       -       y       -       -       smtp',
      'qmgr      unix  n       -       n       300     1       qmgr',
    ),
    fc.array(override, { maxLength: 3 }),
  )
  .map(([head, overrides]) => [head, ...overrides].join('\n'))
const master = fc.tuple(fc.array(service, { maxLength: 5 }), eol, fc.boolean()).map(([lines, end, last]) => joined(lines, end, last))
const policies = fc.constantFrom(
  'example.com encrypt protocols=TLSv1\n[mx.example.org]:587 secure match=nexthop ciphers=high\n',
  '.example.net may exclude=RC4:MD5\n# none\nexample.edu none\n',
)

const files: fc.Arbitrary<LawFiles> = fc
  .record({
    main,
    master: fc.option(master),
    policies: fc.option(policies),
    version: fc.constantFrom('3.4', '3.5', '3.7.11', '3.8', '3.10', '3.11', undefined),
    openssl: fc.constantFrom('1.1.1' as const, '3.0' as const, '3.5' as const, undefined),
  })
  .map(({ main: text, master: second, policies: third, version, openssl }) => ({
    files: [
      { path: '/etc/postfix/main.cf', text },
      ...(second === null ? [] : [{ path: '/etc/postfix/master.cf', text: second }]),
      ...(third === null ? [] : [{ path: '/etc/postfix/tls_policy', text: third }]),
    ],
    options: { ...(version === undefined ? {} : { version }), ...(openssl === undefined ? {} : { openssl }) },
  }))

describe('the laws of adapters', () => holdLaws(postfixAdapter, files, { stays: /#/ }))

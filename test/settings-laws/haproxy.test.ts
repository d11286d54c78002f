import { describe } from 'node:test'
import fc from 'fast-check'
import { haproxyAdapter } from '../../src/settings/haproxy/adapter.ts'
import { holdLaws, type LawFiles } from '../settings-laws.ts'

const option = fc.constantFrom(
  'ssl-min-ver TLSv1.0',
  'ssl-min-ver TLSv1.2',
  'ssl-max-ver TLSv1.2',
  'no-sslv3 no-tlsv10',
  'no-tlsv13',
  'no-tlsv12',
  'force-tlsv12',
  'no-tls-tickets',
  'prefer-client-ciphers',
  'ssl-min-ver TLSv1',
)
const word = fc.oneof(
  option,
  fc.constantFrom(
    'ciphers HIGH:!aNULL',
    'ciphers "ALL:!aNULL"',
    'ciphers NOTHING',
    'ciphersuites TLS_AES_128_GCM_SHA256',
    'ciphersuites TLS_NOTHING',
    'curves X25519:P-256',
    'ecdhe secp384r1',
    'crt-list /etc/haproxy/list.txt',
    'ciphers "${LIST}"',
    'no-ssl',
    'alpn h2',
  ),
)
const globalLine = fc.oneof(
  fc.tuple(fc.constantFrom('bind', 'server'), option).map(([side, one]) => `ssl-default-${side}-options ${one}`),
  fc
    .tuple(
      fc.constantFrom('bind', 'server'),
      fc.constantFrom('ciphers ECDHE+AESGCM:DHE+AES', 'ciphersuites TLS_AES_256_GCM_SHA384', 'ciphers HIGH'),
    )
    .map(([side, one]) => `ssl-default-${side}-${one}`),
  fc.constantFrom('# comment', 'daemon # yes', 'tune.ssl.default-dh-param 1024', ''),
)
const line = (head: string): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(word, { maxLength: 3 }), fc.constantFrom('', ' # ssl-min-ver TLSv1.0', '  '))
    .map(([words, end]) => [head, ...words].join(' ') + end)
const section = fc.oneof(
  fc.array(fc.oneof(line('bind :993 ssl crt /x.pem'), line('bind :143')), { maxLength: 3 }).map((lines) => ['frontend a', ...lines]),
  fc
    .array(fc.oneof(line('server s 192.0.2.1:993 ssl verify none'), line('default-server')), { maxLength: 3 })
    .map((lines) => ['backend b', ...lines]),
  fc.array(line('default-server ssl'), { maxLength: 2 }).map((lines) => ['defaults', ...lines]),
)
const text = fc
  .tuple(
    fc.option(fc.array(globalLine, { maxLength: 4 })),
    fc.array(section, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('\n', '\r\n'),
    fc.constantFrom('\t', '    '),
    fc.boolean(),
  )
  .map(([global, sections, eol, indent, last]) => {
    const all = [...(global === null ? [] : [['global', ...global]]), ...sections]
    return all
      .map(([head = '', ...lines]) => [head, ...lines.map((one) => `${indent}${one}`)].join('\n'))
      .join('\n\n')
      .concat(last ? '\n' : '')
      .replaceAll('\n', eol)
  })
const files: fc.Arbitrary<LawFiles> = fc
  .record({
    text,
    version: fc.constantFrom('2.0', '2.6.12', undefined),
    openssl: fc.constantFrom('1.1.1' as const, '3.0' as const, '3.5' as const),
  })
  .map(({ text: main, version, openssl }) => ({
    files: [
      { path: '/etc/haproxy/haproxy.cfg', text: main },
      { path: '/etc/haproxy/list.txt', text: '/x.pem [ssl-min-ver TLSv1.0] a.example\n/y.pem\n' },
    ],
    options: { openssl, ...(version === undefined ? {} : { version }) },
  }))

describe('the laws of adapters', () => holdLaws(haproxyAdapter, files, { stays: /#/ }))

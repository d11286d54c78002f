import { describe } from 'node:test'
import fc from 'fast-check'
import { nginxAdapter } from '../../src/settings/nginx/adapter.ts'
import { holdLaws, type LawFiles } from '../settings-laws.ts'
import { DH_1024 } from './dh-1024.ts'

const SETTINGS = {
  ssl_protocols: ['TLSv1 TLSv1.1 TLSv1.2', 'TLSv1.2', 'SSLv3  TLSv1.2 "TLSv1.3"', 'tlsv1.3', 'TLS1.2'],
  ssl_ciphers: ['HIGH:!aNULL:!MD5', '"ECDHE+AESGCM:DHE+AES"', "'ALL'", 'AES128-SHA', 'NOTHING'],
  ssl_prefer_server_ciphers: ['on', 'off'],
  ssl_ecdh_curve: ['auto', 'X25519:prime256v1', 'secp521r1'],
  'ssl_conf_command RecordPadding': ['64'],
  ssl_dhparam: ['/etc/nginx/dh1024.pem', 'missing.pem'],
  'ssl_conf_command Ciphersuites': ['TLS_AES_128_GCM_SHA256', 'TLS_NOTHING', '"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"'],
} as const

const own = fc
  .subarray(Object.entries(SETTINGS) as [string, readonly string[]][])
  .chain((chosen) => fc.tuple(...chosen.map(([name, values]) => fc.constantFrom(...values.map((value) => `${name}\t${value};`)))))
const body = (extra: fc.Arbitrary<readonly string[]>): fc.Arbitrary<readonly string[]> =>
  fc.tuple(own, extra).chain(([mine, others]) => {
    const lines = [...mine, ...others]
    return fc.shuffledSubarray(lines, { minLength: lines.length })
  })
const filler = fc.subarray(['# ssl_protocols TLSv1;', 'server_tokens off; # here', '', 'location / { return 204; }', 'set $x "a;b}";'])
const block = (head: string, lines: readonly string[], indent: string): string =>
  [
    `${head} {`,
    ...lines.map((line) =>
      line
        .split('\n')
        .map((one) => `${indent}${one}`)
        .join('\n'),
    ),
    '}',
  ].join('\n')
const server = (kind: string): fc.Arbitrary<string> =>
  body(
    fc
      .tuple(
        filler,
        fc.constantFrom('listen 443 ssl;', 'listen 80;', 'listen *:443 default_server;', 'listen [::]:443 ssl http2;\nlisten 8443 quic;'),
        fc.boolean(),
      )
      .map(([lines, listen, include]) => [
        listen,
        'server_name a.example;',
        ...(kind === 'mail' ? lines.filter((line) => !/location|set/.test(line)) : lines),
        ...(include ? ['include snippets/tls.conf;'] : []),
      ]),
  ).map((lines) => block('server', dedupe(lines), '\t'))

/** With a snippet, the same directive may not stand in the block as well. */
function dedupe(lines: readonly string[]): readonly string[] {
  return lines.some((line) => line.startsWith('include')) ? lines.filter((line) => !line.startsWith('ssl_')) : lines
}

const kind = (name: string): fc.Arbitrary<string> =>
  body(fc.array(server(name), { maxLength: 3 })).map((lines) => block(name, lines, '    '))
const conf = fc
  .tuple(fc.constantFrom('# top\nuser www-data;', ''), kind('http'), fc.option(kind('mail')), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([top, http, mail, eol, last]) =>
    `${[top, http, ...(mail === null ? [] : [mail])].join('\n')}${last ? '\n' : ''}`.replaceAll('\n', eol),
  )

const files: fc.Arbitrary<LawFiles> = fc
  .record({
    conf,
    snippet: own,
    version: fc.constantFrom('1.18.0', '1.22.1', '1.26.3', undefined),
    openssl: fc.constantFrom('1.1.1' as const, '3.5' as const),
  })
  .map(({ conf: text, snippet, version, openssl }) => ({
    files: [
      { path: '/etc/nginx/nginx.conf', text },
      { path: '/etc/nginx/snippets/tls.conf', text: snippet.join('\n') },
      { path: '/etc/nginx/dh1024.pem', text: DH_1024 },
    ],
    options: { openssl, ...(version === undefined ? {} : { version }) },
  }))

describe('the laws of adapters', () => holdLaws(nginxAdapter, files, { stays: /#/ }))

import { describe } from 'node:test'
import fc from 'fast-check'
import { dovecotAdapter } from '../../src/settings/dovecot/adapter.ts'
import { holdLaws, type LawFiles } from '../settings-laws.ts'

const SETTINGS = {
  ssl: ['yes', 'required', 'no'],
  ssl_min_protocol: ['TLSv1', 'tlsv1.2', 'ANY', 'LATEST', '"TLSv1.1"', 'TLS1.2', ''],
  ssl_cipher_list: ['HIGH:!aNULL', "'ALL:!aNULL'", 'ECDHE+AESGCM:\\\n    DHE+AES', 'NOTHING'],
  ssl_cipher_suites: ['TLS_AES_128_GCM_SHA256', 'TLS_NOTHING', 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'],
  ssl_curve_list: ['X25519:prime256v1', 'secp521r1'],
  ssl_prefer_server_ciphers: ['yes', 'no'],
  ssl_server_prefer_ciphers: ['server', 'client'],
  ssl_dh: ['</etc/dovecot/dh.pem', ''],
  mail_location: ['maildir:~/Maildir'],
} as const
const setting = fc
  .constantFrom(...(Object.entries(SETTINGS) as [string, readonly string[]][]))
  .chain(([name, values]) =>
    fc
      .constantFrom(...values)
      .chain((value) => fc.constantFrom(`${name} = ${value}`, `${name}=${value}`, `${name}\t=  ${value}  # comment`)),
  )
const filler = fc.constantFrom('# ssl = no', '', '  # indented', '!include_try conf.d/10-ssl.conf', 'service x {\n  user = "a#b"\n}')
const lines = fc.array(fc.oneof({ weight: 3, arbitrary: setting }, filler), { maxLength: 7 })
const block = fc
  .tuple(fc.constantFrom('protocol imap', 'protocol pop3', 'local 192.0.2.1', 'local_name a.example'), fc.array(setting, { maxLength: 3 }))
  .map(([head, inside]) => `${head} {\n${inside.map((line) => `\t${line}\n`).join('')}}`)
const text = fc
  .tuple(fc.boolean(), lines, fc.array(block, { maxLength: 3 }), lines, fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([newer, first, blocks, second, eol, last]) =>
    `${[...(newer ? ['dovecot_config_version = 2.4.1'] : []), ...first, ...blocks, ...second].join('\n')}${last ? '\n' : ''}`.replaceAll(
      '\n',
      eol,
    ),
  )

const files: fc.Arbitrary<LawFiles> = fc
  .record({
    text,
    included: fc.array(setting, { maxLength: 3 }),
    version: fc.constantFrom('2.3.4', '2.3.19', undefined),
    openssl: fc.constantFrom('1.1.1' as const, '3.0' as const, '3.5' as const),
  })
  .map(({ text: main, included, version, openssl }) => ({
    files: [
      { path: '/etc/dovecot/dovecot.conf', text: main },
      { path: '/etc/dovecot/conf.d/10-ssl.conf', text: included.join('\n') },
    ],
    options: { openssl, ...(version === undefined ? {} : { version }) },
  }))

describe('the laws of adapters', () => holdLaws(dovecotAdapter, files, { stays: /#/ }))

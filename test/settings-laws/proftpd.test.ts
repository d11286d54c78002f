import { describe } from 'node:test'
import fc from 'fast-check'
import { proftpdAdapter } from '../../src/settings/proftpd/adapter.ts'
import { holdLaws, type LawFiles } from '../settings-laws.ts'
import { DH_1024 } from './dh-1024.ts'

const line = fc.constantFrom(
  'TLSEngine on',
  'TLSEngine off',
  'tlsengine YES # here',
  'TLSProtocol TLSv1 TLSv1.1 TLSv1.2',
  'TLSProtocol\tTLSv1.2',
  'TLSProtocol TLSv1.2 \\\n   # TLSv1.1 \\\n  TLSv1.3 # both',
  'TLSProtocol ALL -SSLv3 -TLSv1',
  'TLSProtocol "TLSv1" "TLSv1.3"',
  'TLSProtocol SSLv23',
  'TLSProtocol TLS1.2',
  'TLSProtocol',
  'TLSCipherSuite HIGH:!aNULL',
  'TLSCipherSuite "ALL"# all',
  'TLSCipherSuite TLSv1.2 AES128-SHA:ECDHE+AESGCM',
  'TLSCipherSuite HIGH !aNULL',
  'TLSCipherSuite NOTHING',
  'TLSCipherSuite DEFAULT',
  'TLSCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256',
  'TLSCipherSuite TLSv1.3 "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"',
  'TLSServerCipherPreference off',
  'TLSServerCipherPreference on',
  'TLSServerCipherPreference maybe',
  'TLSECDHCurve X25519:P-256',
  'TLSECDHCurve P-256 X25519',
  'TLSECDHCurve auto',
  'TLSDHParamFile /etc/proftpd/dh.pem',
  'TLSDHParamFile /missing.pem',
  'TLSOptions AllowWeakSecurity NoSessionReuseRequired',
  'TLSOptions AllowWeakDH',
)
const filler = fc.constantFrom(
  '# TLSProtocol TLSv1',
  '',
  '   # indented \\',
  'ServerName "a # b"',
  'MaxInstances 30 # here',
  'Include /etc/proftpd/tls.conf',
)
const lines = (extra: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<readonly string[]> =>
  fc.array(fc.oneof(line, line, extra), { maxLength })
const block = (head: string, inside: readonly string[], indent: string): string =>
  [`<${head}>`, ...inside.map((one) => (one === '' ? '' : `${indent}${one}`)), `</${head.split(' ')[0] ?? ''}>`].join('\n')
const inIfModule = fc
  .tuple(fc.constantFrom('IfModule mod_tls.c', 'IfModule !mod_tls.c', 'IfDefine STRICT', 'Anonymous ~ftp'), lines(filler, 3))
  .map(([head, inside]) => block(head, inside, '\t'))
const body = lines(fc.oneof(filler, inIfModule), 6)
const server = fc
  .tuple(fc.constantFrom('Global', 'VirtualHost 192.0.2.1', 'VirtualHost ftp.example.com 192.0.2.2'), body, fc.boolean())
  .map(([head, inside, on]) => block(head, on ? ['TLSEngine on', 'Port 990', ...inside] : inside, '  '))
const conf = fc
  .tuple(body, fc.boolean(), fc.array(server, { maxLength: 3 }), body, fc.constantFrom('\n', '\n', '\r\n'), fc.boolean())
  .map(([before, on, servers, after, eol, last]) => {
    const text = [...(on ? ['TLSEngine on'] : []), ...before, ...servers, ...after].join('\n')
    return `${text}${last ? '\n' : ''}`.replaceAll('\n', eol)
  })

const files: fc.Arbitrary<LawFiles> = fc
  .record({
    conf,
    tls: lines(fc.constantFrom('# comment', ''), 4),
    version: fc.constantFrom('1.3.6e', '1.3.7f', '1.3.8', undefined),
    openssl: fc.constantFrom('1.1.1' as const, '3.0' as const, '3.5' as const),
  })
  .map(({ conf: text, tls, version, openssl }) => ({
    files: [
      { path: '/etc/proftpd/proftpd.conf', text },
      { path: '/etc/proftpd/tls.conf', text: tls.join('\n') },
      { path: '/etc/proftpd/dh.pem', text: DH_1024 },
    ],
    options: { openssl, ...(version === undefined ? {} : { version }) },
  }))

describe('the laws of adapters', () => holdLaws(proftpdAdapter, files, { stays: /#/ }))

import { describe } from 'node:test'
import fc from 'fast-check'
import { cyrusAdapter } from '../../src/settings/cyrus/adapter.ts'
import { holdLaws, type LawFiles } from '../settings-laws.ts'

const prefix = fc.constantFrom('', '', '', 'imap_', 'imaps_', 'IMAPS_', 'lmtp_')
const option = fc.constantFrom(
  'tls_versions: tls1_0 tls1_1 tls1_2 tls1_3',
  'tls_versions: tls1_2\\\n tls1_3',
  'tls_versions: tls1_0 tls1_2',
  'tls_versions: TLSv1.2',
  'tls_versions:',
  'tls_ciphers: HIGH:!aNULL',
  'TLS_Ciphers:\tDEFAULT ',
  'tls_ciphers: NOTHING',
  'tls_cipher_list: ECDHE+AESGCM:DHE+AES',
  'tls_eccurve: prime256v1',
  'tls_eccurve: secp384r1',
  'tls_eccurve: X25519',
  'tls_eccurve: P-256',
  'tls_prefer_server_ciphers: 1',
  'tls_prefer_server_ciphers: off',
  'tls_prefer_server_ciphers: perhaps',
  'allowstarttls: yes',
  'tls_server_dhparam: /etc/ssl/dh.pem',
  'tls_server_cert: /etc/ssl/cert.pem',
  'tls_server_key: /etc/ssl/key.pem',
  'tls_server_cert: disabled',
)
const line = fc.tuple(prefix, option).map(([before, one]) => `${before}${one}`)
const filler = fc.constantFrom(
  '# tls_versions: tls1_0',
  '',
  '  ',
  '# folded \\\ntls_ciphers: none',
  'admins: cyrus # no comment',
  '@include: more.conf',
)
const lines = fc.array(fc.oneof(line, line, filler), { maxLength: 10 })
const text = fc.tuple(lines, fc.boolean(), fc.constantFrom('\n', '\n', '\r\n'), fc.boolean()).map(([all, cert, eol, last]) =>
  [...(cert ? ['tls_server_cert: /c.pem', 'tls_server_key: /k.pem'] : []), 'configdirectory: /var/lib/cyrus', ...all]
    .join('\n')
    .concat(last ? '\n' : '')
    .replaceAll(/(?<!\\)\n/g, eol),
)
const master = fc.constantFrom(
  'SERVICES {\n  imap cmd="imapd -U 30" listen="imap" prefork=0\n  imaps cmd="/usr/lib/cyrus/bin/imapd -s" listen="imaps"\n  lmtpunix cmd="lmtpd" listen="/run/lmtp"\n}\nEVENTS {\n  x cmd="imapd"\n}\n',
  'START {\n}\nSERVICES {\n  # imap cmd="imapd"\n  imaps cmd="imapd -s -C /other.conf"\n  lmtp cmd="lmtpd" listen="lmtp" }\n',
)

const files: fc.Arbitrary<LawFiles> = fc
  .record({
    main: text,
    master: fc.option(master),
    more: fc.option(lines.map((all) => `${all.join('\n')}\n`)),
    version: fc.constantFrom('2.5.17', '3.0.18', '3.6.1', '3.8.4', '3.10.2', undefined),
    openssl: fc.constantFrom('1.1.1' as const, '3.0' as const, '3.5' as const, undefined),
  })
  .map(({ main, master: services, more, version, openssl }) => ({
    files: [
      { path: '/etc/imapd.conf', text: main },
      ...(services === null ? [] : [{ path: '/etc/cyrus.conf', text: services }]),
      ...(more === null ? [] : [{ path: '/etc/more.conf', text: more.replaceAll('@include', '#include') }]),
    ],
    options: { ...(version === undefined ? {} : { version }), ...(openssl === undefined ? {} : { openssl }) },
  }))

describe('the laws of adapters', () => holdLaws(cyrusAdapter, files, { stays: /#(?! no comment)/ }))

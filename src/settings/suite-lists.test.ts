import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { policyOf, rulebookByName, type Policy } from '../policy/index.ts'
import type { Adapter, ReadOptions } from './adapter.ts'
import { courierAdapter } from './courier/adapter.ts'
import { cyrusAdapter } from './cyrus/adapter.ts'
import { dovecotAdapter } from './dovecot/adapter.ts'
import { eximAdapter } from './exim/adapter.ts'
import { haproxyAdapter } from './haproxy/adapter.ts'
import { nginxAdapter } from './nginx/adapter.ts'
import { opensmtpdAdapter } from './opensmtpd/adapter.ts'
import { postfixAdapter } from './postfix/adapter.ts'
import { proftpdAdapter } from './proftpd/adapter.ts'
import { sendmailAdapter } from './sendmail/adapter.ts'
import { withEdits, type SettingsFile } from './settings-file.ts'
import { vsftpdAdapter } from './vsftpd/adapter.ts'

/** The suites of TLS 1.3 and those before it are two lists: what is not known of one says nothing about the other. */

interface Row {
  readonly adapter: Adapter
  readonly path: string
  readonly text: string
  readonly options?: Omit<ReadOptions, 'more' | 'list'>
  /** The settings with suites that have to be changed. */
  readonly changed: readonly string[]
}

const FINE = 'ECDHE-RSA-AES256-GCM-SHA384'
const FINE_13 = 'TLS_AES_128_GCM_SHA256'

const nginx = (older: string, newer: string, more = ''): string =>
  `http { server { listen 443 ssl; ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ${older}; ssl_conf_command Ciphersuites ${newer}; ${more} } }\n`
const haproxy = (older: string, newer: string): string =>
  `frontend f\n  bind :443 ssl crt /x.pem ciphers ${older} ciphersuites ${newer}\nbackend b\n  server s 192.0.2.1:993 ssl ciphers ${older} ciphersuites ${newer}\n`
const dovecot = (older: string, newer: string): string =>
  `dovecot_config_version = 2.4.0\nssl_cipher_list = ${older}\nssl_cipher_suites = ${newer}\n`
const proftpd = (older: string, newer: string): string =>
  `TLSEngine on\nTLSRSACertificateFile /x.pem\nTLSProtocol TLSv1.2 TLSv1.3\nTLSCipherSuite ${older}\nTLSCipherSuite TLSv1.3 ${newer}\n`

const ROWS: readonly Row[] = [
  { adapter: nginxAdapter, path: '/etc/nginx/nginx.conf', text: nginx(FINE, 'TLS_TYPO'), changed: ['ssl_conf_command Ciphersuites'] },
  { adapter: nginxAdapter, path: '/etc/nginx/nginx.conf', text: nginx('NOTHING', FINE_13), changed: ['ssl_ciphers'] },
  {
    adapter: nginxAdapter,
    path: '/etc/nginx/nginx.conf',
    text: nginx(FINE, 'TLS_TYPO', 'ssl_conf_command RecordPadding 64;').replace(' TLSv1.3', ''),
    changed: [],
  },
  { adapter: haproxyAdapter, path: '/etc/haproxy/haproxy.cfg', text: haproxy(FINE, 'TLS_TYPO'), changed: ['ciphersuites'] },
  { adapter: haproxyAdapter, path: '/etc/haproxy/haproxy.cfg', text: haproxy('NOTHING', FINE_13), changed: ['ciphers'] },
  { adapter: dovecotAdapter, path: '/etc/dovecot/dovecot.conf', text: dovecot(FINE, 'TLS_TYPO'), changed: ['ssl_cipher_suites'] },
  { adapter: dovecotAdapter, path: '/etc/dovecot/dovecot.conf', text: dovecot('NOTHING', FINE_13), changed: ['ssl_cipher_list'] },
  { adapter: proftpdAdapter, path: '/etc/proftpd/proftpd.conf', text: proftpd(FINE, 'TLS_TYPO'), changed: ['TLSCipherSuite TLSv1.3'] },
  { adapter: proftpdAdapter, path: '/etc/proftpd/proftpd.conf', text: proftpd('NOTHING', FINE_13), changed: ['TLSCipherSuite'] },
  {
    adapter: sendmailAdapter,
    path: '/etc/mail/sendmail.cf',
    text: `V10/Berkeley\nO CipherList=NOTHING\nO CipherSuites=${FINE_13}\nO ServerCertFile=/c\nO ServerKeyFile=/k\nO CACertFile=/ca\nO CACertPath=/d\n`,
    options: { version: '8.17.1' },
    changed: ['CipherList'],
  },
  {
    adapter: postfixAdapter,
    path: '/etc/postfix/main.cf',
    text: 'smtpd_tls_security_level = may\nsmtpd_tls_cert_file = /x\ntls_high_cipherlist = NOTHING\nsmtpd_tls_ciphers = high\n',
    changed: ['smtp_tls_exclude_ciphers'],
  },
  {
    adapter: opensmtpdAdapter,
    path: '/etc/smtpd.conf',
    text: 'pki a cert "/x"\npki a key "/y"\nsmtp ciphers "NOTHING"\nlisten on 192.0.2.1 tls pki a\n',
    changed: ['ciphers'],
  },
  {
    adapter: vsftpdAdapter,
    path: '/etc/vsftpd.conf',
    text: 'ssl_enable=YES\nrsa_cert_file=/x\nssl_ciphers=NOTHING\n',
    changed: ['ssl_ciphers'],
  },
  {
    adapter: courierAdapter,
    path: '/etc/courier/imapd-ssl',
    text: 'TLS_CERTFILE=/x\nIMAPDSTARTTLS=YES\nTLS_CIPHER_LIST=NOTHING\n',
    changed: ['TLS_CIPHER_LIST'],
  },
  {
    adapter: cyrusAdapter,
    path: '/etc/imapd.conf',
    text: 'tls_server_cert: /x\ntls_server_key: /x\ntls_ciphers: NOTHING\n',
    changed: ['tls_ciphers'],
  },
  {
    adapter: eximAdapter,
    path: '/etc/exim/exim.conf',
    text: 'tls_advertise_hosts = *\ntls_certificate = /x\ntls_require_ciphers = NOTHING\nbegin acl\n',
    options: { version: '4.98 OpenSSL' },
    changed: ['tls_require_ciphers'],
  },
]

function policy(): Policy {
  const rulebook = rulebookByName('mozilla-intermediate')
  assert.ok(rulebook)
  const { protocols, ...rest } = policyOf(rulebook, { now: new Date('2026-11-22T00:00:00Z') })
  return { ...rest, protocols: { ...protocols, required: ['TLSv1.3'] } }
}

describe('a list of suites that cannot be read', () => {
  for (const { adapter, path, text, options = {}, changed } of ROWS) {
    test(`${adapter.title}: ${changed.join(', ') || 'no list'} is changed, and no other list, then or later`, () => {
      const told = { openssl: '3.0', ...options, more: () => undefined, list: () => [] } as const
      const plan = (file: SettingsFile): ReturnType<Adapter['write']> => {
        const reading = adapter.read(file, told)
        assert.ok(reading.legs.length > 0)
        const wanted = reading.legs.map(({ door, role }) => ({ door, role, policy: policy() }))
        return adapter.write(reading, wanted, told)
      }
      const file = { path, text }
      const { changes, inexpressible } = plan(file)
      const lists = changes.filter(({ setting }) => /cipher/i.test(setting))
      assert.deepEqual([...new Set(lists.map(({ setting }) => setting))].toSorted(), changed)
      if (changed.length > 0)
        assert.deepEqual(
          inexpressible.filter(({ why }) => why.includes('TLS 1.3')),
          [],
        )
      const again = plan(
        withEdits(
          file,
          changes.flatMap(({ edits }) => edits),
        ),
      )
      assert.deepEqual(
        again.changes.map(({ setting, after }) => [setting, after]),
        [],
        'a second time',
      )
    })
  }
})

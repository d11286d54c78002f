import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { policyOf, rulebookByName, type OpensslGeneration, type Policy } from '../../policy/index.ts'
import type { Adapter } from '../adapter.ts'
import { courierAdapter } from '../courier/adapter.ts'
import { cyrusAdapter } from '../cyrus/adapter.ts'
import { dovecotAdapter } from '../dovecot/adapter.ts'
import { haproxyAdapter } from '../haproxy/adapter.ts'
import { nginxAdapter } from '../nginx/adapter.ts'
import { postfixAdapter } from '../postfix/adapter.ts'
import { proftpdAdapter } from '../proftpd/adapter.ts'
import { sendmailAdapter } from '../sendmail/adapter.ts'
import { vsftpdAdapter } from '../vsftpd/adapter.ts'
import { dhBitsOf, dhFileCommand } from './dh-file.ts'

const version = /^OpenSSL (\d)/.exec(spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout ?? '')?.[1]
const skip = process.env['CI'] === undefined && version !== '3' && 'OpenSSL 3 is not installed'

describe('dhFileCommand()', () => {
  const parameters = '-----BEGIN DH PARAMETERS-----\n'
  const rows: readonly (readonly [
    why: string,
    bits: number,
    generation: OpensslGeneration,
    path: string | undefined,
    text: string,
    command: string,
  ])[] = [
    [
      'a group of RFC 7919',
      2048,
      '3.0',
      '/etc/dh.pem',
      '',
      'openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048 -out /etc/dh.pem',
    ],
    [
      'the next larger one',
      2236,
      '3.5',
      '/etc/dh.pem',
      '',
      'openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe3072 -out /etc/dh.pem',
    ],
    ['which older versions cannot write', 3000, '1.1.1', '/etc/dh.pem', '', 'openssl dhparam -out /etc/dh.pem 3072'],
    ['nor is there one so large', 9000, '3.0', '/etc/dh.pem', '', 'openssl dhparam -out /etc/dh.pem 9000'],
    ['no file is named', 2048, '1.0.2', undefined, '', 'openssl dhparam -out FILE 2048'],
    ['parameters are written over', 2048, '1.0.2', '/etc/dh.pem', parameters, 'openssl dhparam -out /etc/dh.pem 2048'],
    ['a key is not', 2048, '1.0.2', '/etc/dh.pem', `${parameters}-----BEGIN PRIVATE KEY-----\n`, 'openssl dhparam -out FILE 2048'],
    ['a name that a shell would read otherwise', 2048, '1.0.2', '/etc/a b;c', '', 'openssl dhparam -out FILE 2048'],
    ['a name that begins like an option', 2048, '1.0.2', '-rf', '', 'openssl dhparam -out FILE 2048'],
  ]
  for (const [why, bits, generation, path, text, command] of rows)
    test(why, () =>
      assert.equal(
        dhFileCommand(bits, generation, path, (file) => ({ path: file, text })),
        command,
      ),
    )

  test('what it makes has so many bits', { skip }, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-dh-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'dh.pem')
    const [program = '', ...words] = dhFileCommand(3000, '3.0', file).split(' ')
    execFileSync(program, words, { timeout: 20_000 })
    assert.equal(dhBitsOf(readFileSync(file, 'utf8')), 3072)
  })
})

const DHE = 'DHE-RSA-AES256-GCM-SHA384'

function policy(minBits: number): Policy {
  const rulebook = rulebookByName('mozilla-intermediate')
  assert.ok(rulebook)
  const made = policyOf(rulebook, { now: new Date('2026-11-22T00:00:00Z') })
  return { ...made, suites: [...made.suites, 'TLS_DHE_RSA_WITH_AES_256_GCM_SHA384'], dh: { ...made.dh, minBits } }
}

describe('parameters that are a file', () => {
  const rows: readonly (readonly [adapter: Adapter, path: string, text: string, file: string, version?: string])[] = [
    [
      nginxAdapter,
      '/etc/nginx/nginx.conf',
      `http { server { listen 443 ssl; ssl_ciphers ${DHE}; ssl_dhparam dh.pem; } }\n`,
      '/etc/nginx/dh.pem',
    ],
    [
      haproxyAdapter,
      '/etc/haproxy/haproxy.cfg',
      `global\n  ssl-dh-param-file /etc/haproxy/dh.pem\nfrontend f\n  bind :443 ssl crt /x.pem ciphers ${DHE}\n`,
      '/etc/haproxy/dh.pem',
    ],
    [
      dovecotAdapter,
      '/etc/dovecot/dovecot.conf',
      `dovecot_config_version = 2.4.0\nssl_cipher_list = ${DHE}\nssl_server_dh_file = /etc/dovecot/dh.pem\n`,
      '/etc/dovecot/dh.pem',
    ],
    [dovecotAdapter, '/etc/dovecot/dovecot.conf', `ssl_cipher_list = ${DHE}\nssl_dh = <dh.pem\n`, '/etc/dovecot/dh.pem', '2.3.19'],
    [
      proftpdAdapter,
      '/etc/proftpd/proftpd.conf',
      `TLSEngine on\nTLSRSACertificateFile /x.pem\nTLSCipherSuite ${DHE}\nTLSDHParamFile /etc/proftpd/dh.pem\n`,
      '/etc/proftpd/dh.pem',
    ],
    [
      cyrusAdapter,
      '/etc/imapd.conf',
      `tls_server_cert: /x\ntls_server_key: /y\ntls_ciphers: ${DHE}\ntls_server_dhparam: /etc/cyrus-dh.pem\n`,
      '/etc/cyrus-dh.pem',
      '3.6.1',
    ],
    [
      sendmailAdapter,
      '/etc/mail/sendmail.cf',
      `V10/Berkeley\nO CipherList=${DHE}\nO DHParameters=/etc/mail/dh.pem\nO ServerCertFile=/c\nO ServerKeyFile=/k\nO CACertFile=/ca\nO CACertPath=/d\n`,
      '/etc/mail/dh.pem',
      '8.17.1',
    ],
    [
      courierAdapter,
      '/etc/courier/imapd-ssl',
      `TLS_CERTFILE=/x\nIMAPDSTARTTLS=YES\nTLS_CIPHER_LIST=${DHE}\nTLS_DHPARAMS=/etc/courier/dh.pem\n`,
      '/etc/courier/dh.pem',
    ],
    [
      vsftpdAdapter,
      '/etc/vsftpd/vsftpd.conf',
      `ssl_enable=YES\nrsa_cert_file=/x\nssl_ciphers=${DHE}\ndh_param_file=/etc/vsftpd/dh.pem\n`,
      '/etc/vsftpd/dh.pem',
      '3.0.5 Red Hat',
    ],
    [
      postfixAdapter,
      '/etc/postfix/main.cf',
      `smtpd_tls_security_level = may\nsmtpd_tls_cert_file = /x\ntls_high_cipherlist = ${DHE}\nsmtpd_tls_ciphers = high\n`,
      'FILE',
      '3.5',
    ],
  ]
  for (const [adapter, path, text, file, productVersion] of rows) {
    test(`${adapter.title}: the command that makes ${file} is told`, () => {
      const told = {
        openssl: '3.0',
        more: () => undefined,
        list: () => [],
        ...(productVersion === undefined ? {} : { version: productVersion }),
      } as const
      const reading = adapter.read({ path, text }, told)
      const wanted = reading.legs.map(({ door, role }) => ({ door, role, policy: policy(3072) }))
      const { inexpressible } = adapter.write(reading, wanted, told)
      const commands = new Set(inexpressible.flatMap(({ word, command }) => (word === 'dh' && command !== undefined ? [command] : [])))
      assert.deepEqual([...commands], [`openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe3072 -out ${file}`])
    })
  }
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { masked, unifiedDiff } from './diff.ts'
import { hiderOf, secretsOfLines } from './secrets.ts'

const lines = secretsOfLines()
const folded = secretsOfLines({ folded: true })

describe('secretsOfLines()', () => {
  const hidden: readonly (readonly [whose: string, text: string])[] = [
    ['Postfix', 'ldap_bind_pw = S3CRET'],
    ['Postfix', 'smtp_sasl_password_maps = static:user:S3CRET'],
    ['Dovecot', 'imapc_password = S3CRET'],
    ['Dovecot', '  args = dnpass=S3CRET'],
    ['Dovecot', 'ssl_key_password=S3CRET'],
    ['Dovecot', 'ssl_key = -----BEGIN PRIVATE KEY-----\nMIIE\nS3CRET\n-----END PRIVATE KEY-----'],
    ['Dovecot', '#doveadm_api_key = S3CRET'],
    ['nginx', 'fastcgi_param DB_PASSWORD S3CRET;'],
    ['nginx', 'proxy_set_header Authorization "Basic S3CRET";'],
    ['nginx', 'proxy_pass http://user:S3CRET@host/;'],
    ['nginx', 'if ($http_x_token = "S3CRET") {'],
    ['HAProxy', '  http-request set-header X-Api-Key S3CRET'],
    ['HAProxy', '  user a insecure-password S3CRET'],
    ['HAProxy', '  stats auth admin:S3CRET'],
    ['Courier', 'LDAP_BINDPW=S3CRET'],
    ['Courier', 'AUTHSMTPCLIENT_PASS="S3CRET"'],
    ['Sendmail', 'AuthInfo:host "U:u" "P:S3CRET"'],
    ['ProFTPD', 'UserPassword u S3CRET'],
  ]
  for (const [whose, text] of hidden) {
    test(`${whose}: ${text}`, () => assert.doesNotMatch(masked({ path: 'x', text: `a\n${text}\nb\n` }, lines), /S3CRET/))
  }

  const shown: readonly (readonly [why: string, text: string])[] = [
    ['a switch', 'disable_plaintext_password = no'],
    ['a file', 'ssl_password_file /etc/nginx/keys;'],
    ['a table', 'smtp_sasl_password_maps = hash:/etc/postfix/sasl'],
    ['a reference', 'x_password = $other'],
    ['what hands requests on', 'proxy_pass http://127.0.0.1:80/;'],
    ['a name in the plural', 'server_tokens off;'],
    ['a list of suites', 'ssl_ciphers HIGH:!aNULL:!PSK:!SRP;'],
  ]
  for (const [why, text] of shown) {
    test(`leaves alone ${why}: ${text}`, () => assert.equal(masked({ path: 'x', text }, lines), text))
  }

  test('hides a value that goes on in the next lines, where only these are shown', () => {
    const text = 'x_password_maps = inline:{\n  {a=S3CRET}\n# more\n  {b=S3CRET} }\nsmtp_tls_protocols = TLSv1\n'
    assert.doesNotMatch(masked({ path: 'x', text }, folded), /S3CRET/)
    const start = text.indexOf('TLSv1')
    const diff = unifiedDiff({ path: 'x', text }, [{ file: 'x', start, end: start + 5, text: '>=TLSv1.2' }], folded)
    assert.match(diff, /\+smtp_tls_protocols = >=TLSv1\.2/)
    assert.doesNotMatch(diff, /S3CRET/)
  })

  test('is through with a line of megabytes at once', () => {
    const began = performance.now()
    for (const text of ['passwd'.repeat(500_000), ' '.repeat(4_000_000), `password${' '.repeat(4_000_000)}`, '://a:'.repeat(500_000)])
      for (const find of [lines, folded]) masked({ path: 'x', text }, find)
    assert.ok(performance.now() - began < 10_000)
  })
})

describe('hiderOf()', () => {
  test('takes secrets out of what a command says, in UTF-8 too', () => {
    const file = { path: 'x', text: Buffer.from('bind_pw = "pässword"\nx_secret = ab\n').toString('latin1') }
    const hide = hiderOf([file], lines, '***')
    assert.equal(hide('unused parameter: bind_pw=pässword, about ab'), 'unused parameter: bind_pw=***, about ab')
  })
})

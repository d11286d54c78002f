import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test, type TestContext } from 'node:test'
import { needPeer } from '../peers/index.ts'
import { daemon, type Daemon } from './daemon.ts'

/** vsftpd on a port of loopback, with TLS after AUTH and all that its OpenSSL speaks. */
async function vsftpd(t: TestContext): Promise<Daemon> {
  const at = await daemon(t, { name: 'vsftpd', command: (file) => `vsftpd '${file}'`, always: ['--product', 'vsftpd', '--detect'] })
  const { folder, port } = at
  await at.start(`# test
listen=YES
listen_ipv6=NO
listen_address=127.0.0.1
listen_port=${port}
background=NO
seccomp_sandbox=NO
secure_chroot_dir=${folder}/empty
anonymous_enable=YES
allow_anon_ssl=YES
ssl_enable=YES
rsa_cert_file=${folder}/cert.pem
rsa_private_key_file=${folder}/key.pem
ssl_tlsv1=YES
ssl_ciphers=HIGH:!aNULL:@SECLEVEL=0
# the end`)
  return at
}

describe('postern settings and a real vsftpd', { skip: needPeer('vsftpd'), concurrency: true }, () => {
  test('show, plan, apply, prove, and undo', async (t) => {
    const at = await vsftpd(t)
    const before = readFileSync(at.file)
    assert.ok(await at.shakesHands('-starttls', 'ftp', '-tls1'))
    const shown = await at.settings('show')
    assert.equal(shown.status, 0, shown.err)
    assert.match(shown.out, /TLS 1\.0 is offered\. \[protocol-tls1-0\]/)
    const policy = ['--policy', at.policy('base: mozilla-intermediate\n')]
    const planned = await at.settings('plan', ...policy)
    assert.equal(planned.status, 1, planned.err)
    const made = await at.settings('apply', ...policy, '--as-far-as-possible', ...at.service)
    assert.equal(made.status, 0, made.err + made.out)
    assert.match(made.out, /keeps to tls, proved on the wire/)
    assert.match(readFileSync(at.file, 'latin1'), /^ssl_tlsv1=NO$/m)
    assert.ok(!(await at.shakesHands('-starttls', 'ftp', '-tls1')))
    assert.equal((await at.settings('plan', ...policy)).status, 0)
    const undone = await at.settings('undo')
    assert.equal(undone.status, 0, undone.err)
    assert.deepEqual(readFileSync(at.file), before)
    assert.ok(await at.shakesHands('-starttls', 'ftp', '-tls1'))
  })

  test('suites that need another certificate are not what was planned, and everything is put back', async (t) => {
    const at = await vsftpd(t)
    const before = readFileSync(at.file)
    const policy = at.policy('base: mozilla-intermediate\nrequire: [TLSv1.2]\nciphers: ECDHE-ECDSA-AES256-GCM-SHA384\n')
    const made = await at.settings(
      'apply',
      '--policy',
      policy,
      '--as-far-as-possible',
      ...at.service,
      '--prove',
      `port ${at.port}=ftp://localhost:${at.port}`,
    )
    assert.equal(made.status, 3, made.err + made.out)
    assert.deepEqual(readFileSync(at.file), before)
    assert.ok(await at.shakesHands('-starttls', 'ftp', '-tls1'))
  })

  test('what vsftpd does not start with is found, and nothing else', async (t) => {
    const at = await vsftpd(t)
    const text = readFileSync(at.file, 'latin1')
    for (const line of [
      'ssl_tlsv1=no',
      ' ssl_sslv2=0',
      'ssl_tlsv1=NO ',
      'ssl_tlsv12=YES',
      'ssl_ciphers=NOTHING',
      'ssl_ciphers= HIGH ',
      'ssl_ciphers',
    ]) {
      await at.stop()
      let starts = true
      try {
        await at.start(`${text}\n${line}\n`)
      } catch {
        starts = false
      }
      const { out } = await at.settings('show')
      assert.equal(/vsftpd does not start/.test(out), !starts, line)
    }
  })
})

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, test, type TestContext } from 'node:test'
import { needPeer } from '../peers/index.ts'
import { makeSmtpdRoot } from '../peers/smtpd-root.ts'
import { daemon, type Daemon } from './daemon.ts'
import { outputOf, statusOf } from './program.ts'

/**
 * OpenSMTPD as Debian 12 builds it, which cannot sign with OpenSSL 3: suites with a certificate end in the alert internal_error, and only
 * those without one are spoken to their end. So a list that is changed is seen by what it still names, and no door can be proved.
 */
async function smtpd(t: TestContext): Promise<Daemon> {
  const at = await daemon(t, {
    name: 'opensmtpd',
    command: (_file, folder) => `/usr/sbin/chroot '${folder}' /usr/sbin/smtpd -d -f /opensmtpd.conf`,
    always: ['--product', 'opensmtpd', '--product-version', '6.8.0p2', '--openssl', '3.0'],
  })
  makeSmtpdRoot(at.folder)
  await at.start(`# test
pki test cert "/cert.pem"
pki test key "/key.pem"
smtp ciphers "ALL:aNULL:@SECLEVEL=0" # everything
listen on 127.0.0.1 port ${at.port} smtps pki test hostname localhost
action outbound relay
match for domain "nowhere.example.test" action outbound
`)
  return at
}

const ANONYMOUS = ['-tls1', '-cipher', 'aNULL:@SECLEVEL=0']

/** The alert that a hello is answered with. */
async function alertOf({ port }: Daemon, ciphers: string): Promise<string | undefined> {
  const { out } = await outputOf('openssl', [
    's_client',
    '-no-CAfile',
    '-connect',
    `127.0.0.1:${port}`,
    '-tls1_2',
    '-cipher',
    `${ciphers}:@SECLEVEL=0`,
  ])
  return /SSL alert number (\d+)/.exec(out)?.[1]
}

const INTERNAL_ERROR = '80'
const HANDSHAKE_FAILURE = '40'

describe('postern settings and a real OpenSMTPD', { skip: needPeer('opensmtpd'), concurrency: true }, () => {
  test('show, plan, apply with its own check, see the list change, and undo', async (t) => {
    const at = await smtpd(t)
    const before = readFileSync(at.file)
    assert.ok(await at.shakesHands(...ANONYMOUS))
    assert.equal(await alertOf(at, 'ECDHE+AESGCM'), INTERNAL_ERROR, 'Debian’s build can sign: prove its doors here')
    const shown = await at.settings('show')
    assert.equal(shown.status, 0, shown.err)
    assert.match(shown.out, /\[suites-anonymous\]/)
    assert.match(shown.out, /TLS 1\.0 is offered\. \[protocol-tls1-0\]/)
    const policy = ['--policy', at.policy('base: mozilla-intermediate\n')]
    const planned = await at.settings('plan', ...policy)
    assert.equal(planned.status, 1, planned.err)
    assert.match(planned.out, /OpenSMTPD 6\.8\.0p2 has no setting for versions: it has from 7 on/)
    const check = ['--check', `/usr/sbin/chroot '${at.folder}' /usr/sbin/smtpd -n -f /opensmtpd.conf`]
    const made = await at.settings('apply', ...policy, '--as-far-as-possible', ...at.service, ...check, '--no-prove')
    assert.equal(made.status, 0, made.err + made.out)
    assert.ok(!(await at.shakesHands(...ANONYMOUS)))
    assert.equal(await alertOf(at, 'ECDHE+AESGCM'), INTERNAL_ERROR, 'what is left is still named')
    assert.equal(await alertOf(at, 'kRSA'), HANDSHAKE_FAILURE, 'and what is not is refused')
    assert.equal((await at.settings('plan', ...policy)).status, 0)
    const undone = await at.settings('undo')
    assert.equal(undone.status, 0, undone.err)
    assert.deepEqual(readFileSync(at.file), before)
    assert.ok(await at.shakesHands(...ANONYMOUS))
  })

  test('a door that lets nobody in is no proof, and everything is put back', async (t) => {
    const at = await smtpd(t)
    const before = readFileSync(at.file)
    const policy = ['--policy', at.policy('base: mozilla-intermediate\n')]
    const made = await at.settings('apply', ...policy, '--as-far-as-possible', ...at.service)
    assert.equal(made.status, 3, made.err + made.out)
    assert.deepEqual(readFileSync(at.file), before)
    assert.ok(await at.shakesHands(...ANONYMOUS))
  })

  test('what its own check refuses is found', async (t) => {
    const at = await smtpd(t)
    const text = readFileSync(at.file, 'latin1')
    const lines = [
      'smtp ciphers "HIGH" # strong',
      'pki test dhe auto',
      'pki test dhe maybe',
      'listen on lo port 2599 tls pki test protocols "tlsv1.2"',
      'list = "HIGH"\nsmtp ciphers $list',
      'listen on lo \\\n port 2599 # \\\n nonsense\n',
    ]
    for (const line of lines) {
      writeFileSync(at.file, `${text}${line}\n`, { mode: 0o600 })
      const status = await statusOf('/usr/sbin/chroot', [at.folder, '/usr/sbin/smtpd', '-n', '-f', '/opensmtpd.conf'])
      const { out, err } = await at.settings('show')
      assert.equal(/OpenSMTPD does not start/.test(out), status !== 0, `${line}\n${out}${err}`)
    }
  })
})

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { type } from '../cli-session.ts'
import { certificates } from '../peers/index.ts'
import { freePort } from '../peers/free-port.ts'
import { needSendmail, runSendmail, type Sendmail } from './sendmail-program.ts'
import { ownFolder } from './supervised.ts'

interface WithState extends Sendmail {
  readonly state: readonly string[]
}

/** Two doors with TLS that old clients can speak. */
async function sendmail(t: TestContext): Promise<WithState> {
  const folder = ownFolder('sendmail', t)
  const at = (name: string): string => join(folder, name)
  const material = await certificates()
  writeFileSync(at('cert.pem'), material.chain('rsa', 'full'))
  writeFileSync(at('key.pem'), readFileSync(material.leaf('rsa').key), { mode: 0o600 })
  const [smtp, smtps] = [await freePort(), await freePort()]
  const lines = [
    `DAEMON_OPTIONS(\`Family=inet, Name=MTA, Port=${smtp}, Addr=127.0.0.1')dnl`,
    `DAEMON_OPTIONS(\`Family=inet, Name=TLS, Port=${smtps}, Addr=127.0.0.1, M=s')dnl`,
    `define(\`confCACERT', \`${at('cert.pem')}')dnl`,
    `define(\`confCACERT_PATH', \`${folder}')dnl`,
    `define(\`confSERVER_CERT', \`${at('cert.pem')}')dnl`,
    `define(\`confSERVER_KEY', \`${at('key.pem')}')dnl`,
    "define(`confCIPHER_LIST', `HIGH:!aNULL:@SECLEVEL=0')dnl old clients",
    "define(`confDH_PARAMETERS', `1024')dnl",
  ]
  const running = await runSendmail(folder, { lines, ports: [smtp, smtps] }, t)
  return { ...running, state: ['--state', at('state'), '--openssl', '3.0'] }
}

describe('postern settings and a real Sendmail', { skip: needSendmail(), concurrency: true }, () => {
  test('show, plan, apply to sendmail.mc, make sendmail.cf, prove both doors, and undo', async (t) => {
    const { etc, state, make, restart } = await sendmail(t)
    const file = join(etc, 'sendmail.mc')
    const before = readFileSync(file)
    const shown = await type(['settings', 'show', etc, ...state])
    assert.equal(shown.status, 0, shown.err)
    assert.match(shown.out, /TLS 1\.0 is offered\. \[protocol-tls1-0\]/)
    assert.match(shown.out, /\[settings-generated\]/)
    const policy = join(etc, 'tls.yaml')
    writeFileSync(policy, 'base: mozilla-intermediate\n')
    assert.equal((await type(['settings', 'plan', etc, '--policy', policy, ...state])).status, 1)
    const order = ['settings', 'apply', etc, '--policy', policy, '--as-far-as-possible', ...state]
    const made = await type([...order, '--check', 'true', '--start', `${make} && ${restart}`])
    assert.equal(made.status, 0, made.err + made.out)
    assert.equal(made.out.match(/keeps to tls, proved on the wire/g)?.length, 2, made.out)
    assert.match(readFileSync(join(etc, 'sendmail.cf'), 'latin1'), /^O ServerSSLOptions=\+SSL_OP_NO_TLSv1 \+SSL_OP_NO_TLSv1_1$/m)
    assert.equal((await type(['settings', 'undo', etc, ...state])).status, 0)
    assert.deepEqual(readFileSync(file), before)
    // The commands of the change are those of taking it back.
    assert.doesNotMatch(readFileSync(join(etc, 'sendmail.cf'), 'latin1'), /^O ServerSSLOptions/m)
  })

  test('takes back what was never made', async (t) => {
    const { etc, state, restart } = await sendmail(t)
    const file = join(etc, 'sendmail.mc')
    const before = readFileSync(file)
    const order = ['settings', 'apply', file, '--policy', 'mozilla-modern', '--as-far-as-possible', ...state, '--check', 'true']
    // Without making sendmail.cf again Sendmail goes on as it was, and the wire shows it.
    const made = await type([...order, '--start', restart])
    assert.equal(made.status, 3, made.err + made.out)
    assert.deepEqual(readFileSync(file), before)
  })
})

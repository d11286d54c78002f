import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { type } from '../cli-session.ts'
import { certificates, needPackages } from '../peers/index.ts'
import { LIBRARIES, unpackedFile } from '../peers/packages.ts'
import { freePort } from '../peers/free-port.ts'
import { ownFolder, supervised } from './supervised.ts'

interface Cyrus {
  readonly etc: string
  readonly state: readonly string[]
  readonly restart: string
  readonly check: string
}

/** Cyrus IMAP 3.6, whose imapd runs for anybody but root: its master becomes `nobody`. */
async function cyrus(t: TestContext): Promise<Cyrus> {
  const folder = ownFolder('cyrus', t)
  chmodSync(folder, 0o755)
  const at = (name: string): string => join(folder, name)
  for (const name of ['etc', 'conf', 'spool', 'run']) mkdirSync(at(name))
  const material = await certificates()
  writeFileSync(at('cert.pem'), material.chain('rsa', 'full'))
  writeFileSync(at('key.pem'), readFileSync(material.leaf('rsa').key))
  const ports = { imap: await freePort(), imaps: await freePort() }
  const imapd = unpackedFile('cyrus-imapd', '/usr/lib/cyrus/bin/imapd')
  const conf = at('etc/imapd.conf')
  writeFileSync(
    conf,
    `# Where things are.\nconfigdirectory: ${at('conf')}\npartition-default: ${at('spool')}\ndefaultpartition: default\nproc_path: ${at('run/proc')}\nmboxname_lockpath: ${at('run/lock')}\ncyrus_user: nobody\nsasl_pwcheck_method: auxprop\n\ntls_server_cert: ${at('cert.pem')}\ntls_server_key: ${at('key.pem')}\ntls_server_dhparam: ${material.dh('own-2048')}\n# TLS 1.0 for old clients.\ntls_versions: tls1_0 tls1_1 tls1_2 tls1_3\ntls_ciphers: DEFAULT:@SECLEVEL=0\n`,
  )
  writeFileSync(
    at('etc/cyrus.conf'),
    `START {\n}\nSERVICES {\n  imap cmd="${imapd} -C ${conf}" listen="127.0.0.1:${ports.imap}" prefork=0\n  imaps cmd="${imapd} -s -C ${conf}" listen="127.0.0.1:${ports.imaps}" prefork=0\n}\nEVENTS {\n}\n`,
  )
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', 'nobody', folder])
  const libraries = (['cyrus-common', 'libical3', 'libxapian30'] as const).map((name) => unpackedFile(name, LIBRARIES)).join(':')
  const program = (name: string): string => unpackedFile('cyrus-common', `/usr/lib/cyrus/bin/${name}`)
  const command = `exec '${program('master')}' -D -C '${conf}' -M '${at('etc/cyrus.conf')}' -p '${at('run/pid')}'\n`
  const { restart } = await supervised(folder, { command, ports: Object.values(ports), env: { LD_LIBRARY_PATH: libraries } }, t)
  const check = `env LD_LIBRARY_PATH='${libraries}' '${program('cyr_info')}' -C '${conf}' conf`
  return { etc: at('etc'), state: ['--state', at('state'), '--openssl', '3.0', '--product-version', '3.6.1'], restart, check }
}

const needed =
  process.env['CI'] !== 'true' &&
  (needPackages('cyrus-common', 'cyrus-imapd', 'libical3', 'libxapian30', 'libjansson4', 'libpq5', 'libwrap0', 'libsasl2-2') ||
    (process.getuid?.() !== 0 && 'its master changes its user'))

describe('postern settings and a real Cyrus IMAP', { skip: needed, concurrency: true }, () => {
  test('show, plan, apply with its own check, prove both doors, and undo', async (t) => {
    const { etc, state, restart, check } = await cyrus(t)
    const file = join(etc, 'imapd.conf')
    const before = readFileSync(file)
    const shown = await type(['settings', 'show', etc, ...state])
    assert.equal(shown.status, 0, shown.err)
    assert.match(shown.out, /TLS 1\.0 is offered\. \[protocol-tls1-0\]/)
    const policy = join(etc, 'tls.yaml')
    writeFileSync(policy, 'base: mozilla-intermediate\n')
    assert.equal((await type(['settings', 'plan', etc, '--policy', policy, ...state])).status, 1)
    const order = ['settings', 'apply', etc, '--policy', policy, '--as-far-as-possible', ...state, '--check', check, '--start', restart]
    const made = await type(order)
    assert.equal(made.status, 0, made.err + made.out)
    assert.equal(made.out.match(/keeps to tls, proved on the wire/g)?.length, 2, made.out)
    assert.match(readFileSync(file, 'latin1'), /# TLS 1\.0 for old clients\.\ntls_versions: tls1_2 tls1_3\n/)
    assert.equal((await type(['settings', 'plan', etc, '--policy', policy, ...state])).status, 0)
    assert.equal((await type(['settings', 'undo', etc, ...state])).status, 0)
    assert.deepEqual(readFileSync(file), before)
  })

  test('takes back what its check refuses', async (t) => {
    const { etc, state, restart, check } = await cyrus(t)
    const file = join(etc, 'imapd.conf')
    const before = readFileSync(file)
    const order = ['settings', 'apply', etc, '--policy', 'mozilla-modern', '--as-far-as-possible', ...state, '--start', restart]
    // The same line once more: Cyrus does not start with it.
    const twice = `sh -c "echo 'tls_versions: tls1_3' >'${etc}/more' && cat '${file}' '${etc}/more' >'${etc}/both' && ${check.replace(file, `${etc}/both`)}"`
    const made = await type([...order, '--check', twice])
    assert.equal(made.status, 3, made.err + made.out)
    assert.deepEqual(readFileSync(file), before)
  })
})

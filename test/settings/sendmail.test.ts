import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { type } from '../cli-session.ts'
import { certificates, needPackages } from '../peers/index.ts'
import { LIBRARIES, unpackedFile } from '../peers/packages.ts'
import { freePort } from '../peers/free-port.ts'
import { ownFolder, supervised } from './supervised.ts'

interface Sendmail {
  readonly etc: string
  readonly state: readonly string[]
  /** Makes sendmail.cf from sendmail.mc. */
  readonly make: string
  readonly restart: string
}

const CF = unpackedFile('sendmail-cf', '/usr/share/sendmail/cf/')

/** Debian's Sendmail, with settings that m4 makes as its administrator does. It waits for a minute where its host has no domain. */
async function sendmail(t: TestContext): Promise<Sendmail> {
  const folder = ownFolder('sendmail', t)
  const at = (name: string): string => join(folder, name)
  mkdirSync(at('etc'))
  mkdirSync(at('queue'), { mode: 0o700 })
  const material = await certificates()
  writeFileSync(at('cert.pem'), material.chain('rsa', 'full'))
  writeFileSync(at('key.pem'), readFileSync(material.leaf('rsa').key), { mode: 0o600 })
  writeFileSync(at('aliases'), '')
  const [smtp, smtps] = [await freePort(), await freePort()]
  const mc = [
    'divert(-1)',
    'divert(0)dnl our server',
    "define(`_USE_ETC_MAIL_')dnl",
    `include(\`${CF}m4/cf.m4')dnl`,
    "OSTYPE(`linux')dnl",
    "define(`confDOMAIN_NAME', `mail.example.test')dnl",
    "FEATURE(`no_default_msa')dnl",
    `DAEMON_OPTIONS(\`Family=inet, Name=MTA, Port=${smtp}, Addr=127.0.0.1')dnl`,
    `DAEMON_OPTIONS(\`Family=inet, Name=TLS, Port=${smtps}, Addr=127.0.0.1, M=s')dnl`,
    `define(\`confPID_FILE', \`${at('sendmail.pid')}')dnl`,
    `define(\`QUEUE_DIR', \`${at('queue')}')dnl`,
    `define(\`ALIAS_FILE', \`${at('aliases')}')dnl`,
    "define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl",
    `define(\`confCACERT', \`${at('cert.pem')}')dnl`,
    `define(\`confCACERT_PATH', \`${folder}')dnl`,
    `define(\`confSERVER_CERT', \`${at('cert.pem')}')dnl`,
    `define(\`confSERVER_KEY', \`${at('key.pem')}')dnl`,
    "define(`confCIPHER_LIST', `HIGH:!aNULL:@SECLEVEL=0')dnl old clients",
    "define(`confDH_PARAMETERS', `1024')dnl",
    "MAILER(`local')dnl",
    "MAILER(`smtp')dnl",
    '',
  ]
  writeFileSync(at('etc/sendmail.mc'), mc.join('\n'))
  const libraries = unpackedFile('libsigsegv2', LIBRARIES)
  const m4 = `LD_LIBRARY_PATH='${libraries}' '${unpackedFile('m4', '/usr/bin/m4')}' -D_CF_DIR_='${CF}'`
  const make = `cd '${at('etc')}' && ${m4} sendmail.mc >sendmail.cf`
  execFileSync('sh', ['-c', make])
  const program = unpackedFile('sendmail-bin', '/usr/libexec/sendmail/sendmail')
  const command = `exec unshare --uts sh -c "hostname mail.example.test && exec '${program}' -bD -C '${at('etc/sendmail.cf')}'"\n`
  const { restart } = await supervised(folder, { command, ports: [smtp, smtps] }, t)
  return { etc: at('etc'), state: ['--state', at('state'), '--openssl', '3.0'], make, restart }
}

/** A host name with a domain, and who may give it one. */
function mayNameHost(): string | false {
  if (process.getuid?.() !== 0) return 'only root can run it'
  return spawnSync('unshare', ['--uts', 'hostname', 'mail.example.test']).status !== 0 && 'a host name of its own cannot be had here'
}

const needed =
  process.env['CI'] !== 'true' &&
  (needPackages('sendmail-bin', 'sendmail-cf', 'm4', 'libsigsegv2', 'libsasl2-2', 'libwrap0', 'libnsl2') || mayNameHost())

describe('postern settings and a real Sendmail', { skip: needed, concurrency: true }, () => {
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

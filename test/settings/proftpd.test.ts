import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { needPackages } from '../peers/index.ts'
import { unpackedFile } from '../peers/packages.ts'
import { daemon, type Daemon } from './daemon.ts'
import { freePort } from '../peers/free-port.ts'
import { statusOf } from './program.ts'

const program = unpackedFile('proftpd-core', '/usr/sbin/proftpd')
const modules = unpackedFile('proftpd-mod-crypto', '/usr/lib/proftpd')

interface Two extends Daemon {
  /** The port of the virtual host. */
  readonly other: number
  /** What `<Global>` says is in a file of its own. */
  readonly included: string
  readonly proofs: readonly string[]
}

/** ProFTPD on two ports of loopback: the main server, and a virtual host. Both take TLS from an included file and `<Global>`. */
async function proftpd(t: TestContext, further = ''): Promise<Two> {
  const at = await daemon(t, {
    name: 'proftpd',
    command: (file) => `'${program}' -n -c '${file}'`,
    always: ['--product', 'proftpd', '--product-version', '1.3.8', '--openssl', '3.0'],
  })
  const { folder, port } = at
  const other = await freePort()
  const included = join(folder, 'tls.conf')
  writeFileSync(
    included,
    `<IfModule mod_tls.c>
  TLSEngine on # for all
  TLSRSACertificateFile ${folder}/cert.pem
  TLSRSACertificateKeyFile ${folder}/key.pem
  TLSOptions AllowWeakSecurity
  TLSCipherSuite "HIGH:!aNULL"
</IfModule>
`,
  )
  await at.start(`ModulePath ${modules}
LoadModule mod_tls.c
ServerName "test"
ServerType standalone
UseIPv6 off
Port ${port}
DefaultAddress 127.0.0.1
User nobody
Group nogroup
AuthPAM off
WtmpLog off
DelayEngine off
PidFile ${folder}/own-pid
ScoreboardFile ${folder}/scoreboard
SystemLog ${folder}/system.log
<Global>
  Include ${included}
</Global>
<VirtualHost 127.0.0.1>
  Port ${other}
  TLSProtocol ALL -SSLv3 # all of them
${further}</VirtualHost>
`)
  const proofs = [`port ${port}=ftp://localhost:${port}`, `127.0.0.1 port ${other}=ftp://localhost:${other}`]
  return { ...at, other, included, proofs: proofs.flatMap((one) => ['--prove', one]) }
}

const check = (file: string): readonly string[] => ['--check', `'${program}' -t -c '${file}'`]

describe('postern settings and a real ProFTPD', { skip: needPackages('proftpd-core', 'proftpd-mod-crypto'), concurrency: true }, () => {
  test('show, plan, apply with its own check, prove both servers, and undo', async (t) => {
    const at = await proftpd(t)
    const [before, includedBefore] = [readFileSync(at.file), readFileSync(at.included)]
    assert.ok(await at.shakesHands('-starttls', 'ftp', '-tls1'))
    const shown = await at.settings('show')
    assert.equal(shown.status, 0, shown.err)
    assert.match(shown.out, /TLS 1\.0 is offered\. \[protocol-tls1-0\]/)
    const policy = ['--policy', at.policy('base: mozilla-intermediate\n')]
    assert.equal((await at.settings('plan', ...policy)).status, 1)
    const made = await at.settings('apply', ...policy, '--as-far-as-possible', ...at.service, ...check(at.file))
    assert.equal(made.status, 0, made.err + made.out)
    assert.equal(made.out.match(/keeps to tls, proved on the wire/g)?.length, 2)
    assert.match(readFileSync(at.file, 'latin1'), /^ {2}TLSProtocol TLSv1\.2 TLSv1\.3 # all of them$/m)
    assert.ok(!(await at.shakesHands('-starttls', 'ftp', '-tls1')))
    assert.equal((await at.settings('plan', ...policy)).status, 0)
    const undone = await at.settings('undo')
    assert.equal(undone.status, 0, undone.err)
    assert.deepEqual([readFileSync(at.file), readFileSync(at.included)], [before, includedBefore])
    assert.ok(await at.shakesHands('-starttls', 'ftp', '-tls1'))
  })

  test('suites that need another certificate are not what was planned, and every file is put back', async (t) => {
    const at = await proftpd(t)
    const [before, includedBefore] = [readFileSync(at.file), readFileSync(at.included)]
    const policy = at.policy('base: mozilla-intermediate\nrequire: [TLSv1.2]\nciphers: ECDHE-ECDSA-AES256-GCM-SHA384\n')
    const made = await at.settings('apply', '--policy', policy, '--as-far-as-possible', ...at.service, ...check(at.file), ...at.proofs)
    assert.equal(made.status, 3, made.err + made.out)
    assert.deepEqual([readFileSync(at.file), readFileSync(at.included)], [before, includedBefore])
    assert.ok(await at.shakesHands('-starttls', 'ftp', '-tls1'))
  })

  test('what its own check refuses is found, and nothing else', async (t) => {
    const at = await proftpd(t)
    const text = readFileSync(at.file, 'latin1')
    const lines = [
      'tlsprotocol all -tlsv1.0',
      'TLSProtocol TLS1.2',
      'TLSProtocol ALL SSLv3',
      'TLSProtocol "TLSv1.2 TLSv1.3"',
      'TLSCipherSuite HIGH !aNULL',
      'TLSCipherSuite "HIGH !aNULL"',
      'TLSCipherSuite TLSv1.3 TLS_NOTHING',
      'TLSCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256',
      'TLSECDHCurve P-256:nothing',
      'TLSServerCipherPreference maybe',
    ]
    for (const line of lines) {
      writeFileSync(at.file, text.replace('<Global>', `${line}\n<Global>`))
      const passes = (await statusOf(program, ['-t', '-c', at.file])) === 0
      const { out, err } = await at.settings('show')
      assert.equal(/ProFTPD does not start/.test(out), !passes, `${line}\n${out}${err}`)
    }
  })

  test('the list of <Global> wins over that of a server, and the first of several protocols counts', async (t) => {
    const at = await proftpd(t, '  TLSProtocol TLSv1.3\n  TLSCipherSuite ECDHE+AESGCM\n')
    const { out } = await at.settings('show')
    assert.match(out, /this TLSCipherSuite counts for nothing, since that of <Global> wins/)
    assert.match(out, /this TLSProtocol counts for nothing, since another one wins/)
    const old = ['-starttls', 'ftp', '-connect', `127.0.0.1:${at.other}`]
    assert.ok(await at.shakesHands(...old, '-tls1'))
  })
})

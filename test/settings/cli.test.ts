import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { makeAuthority, makeServerCertificate } from '../../src/cli/demo/certificate.ts'
import { main } from '../../src/cli/main.ts'
import { settingsOf } from '../../src/cli/settings.ts'
import { settingsHistory, settingsOutcome } from '../../src/settings/apply/outcome-schema.ts'
import { settingsPlan, settingsShow } from '../../src/settings/json-schema.ts'
import { keyValueAdapter, rewritingAdapter } from '../../src/settings/testdata/key-value.ts'
import type { Adapter } from '../../src/settings/index.ts'
import { type, type Ended } from '../cli-session.ts'
import { freePort } from '../peers/free-port.ts'
import { letsIn, statusOfLine } from './program.ts'

const root = mkdtempSync(join(tmpdir(), 'postern-settings-'))
after(() => rmSync(root, { recursive: true, force: true }))

const OLD = '# our server\r\nserver.protocols = TLSv1 TLSv1.2\r\npassword = hunter2\r\n'
const POLICY = 'base: mozilla-intermediate\ngroups: [X25519MLKEM768, x25519, secp256r1, secp384r1, secp521r1]\n'
const standIn = fileURLToPath(new URL('stand-in.ts', import.meta.url))

async function settings(adapter: Adapter, argv: readonly string[]): Promise<Ended> {
  const out: string[] = []
  const err: string[] = []
  const terminal = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    interactive: false,
    colour: false,
    columns: 100,
    unicode: true,
    cwd: root,
    env: {},
  }
  const status = await main(['settings', ...argv], terminal, [settingsOf([{ ...adapter, adapter: () => Promise.resolve(adapter) }])])
  return { status, out: out.join(''), err: err.join('') }
}

interface Scene {
  readonly folder: string
  readonly file: string
  readonly policy: string
  readonly adapter: Adapter
  readonly url: string
  /** Runs a command on it. */
  readonly type: (...argv: readonly string[]) => Promise<Ended>
  /** With the service and the door that there are. */
  readonly apply: (...more: readonly string[]) => Promise<Ended>
  readonly text: () => string
  /** Whether a client that speaks only this version gets in. */
  readonly lets: (version: string) => Promise<boolean>
}

let scenes = 0

function scene(text: string = OLD, adapter: Adapter = keyValueAdapter): Scene {
  const folder = join(root, String(scenes++))
  mkdirSync(folder)
  const file = join(folder, 'key-value.conf')
  writeFileSync(file, text)
  const policy = join(folder, 'tls.yaml')
  writeFileSync(policy, POLICY)
  const type: Scene['type'] = (...argv) => settings(adapter, [...argv, '--state', join(folder, 'state')])
  const nobody = (): never => assert.fail('no service was started')
  return { folder, file, policy, adapter, url: '', type, apply: nobody, text: () => readFileSync(file, 'latin1'), lets: nobody }
}

/** The same with a service that runs. */
async function served(t: TestContext, text: string = OLD, adapter: Adapter = keyValueAdapter): Promise<Scene> {
  const at = scene(text, adapter)
  const port = await freePort()
  const now = new Date()
  const { cert, key } = identity(now)
  writeFileSync(join(at.folder, 'cert.pem'), cert)
  writeFileSync(join(at.folder, 'key.pem'), key)
  writeFileSync(join(at.folder, 'port'), String(port))
  const rewrites = adapter.service?.rewritesOnStop === true ? ' rewrites' : ''
  const line = (what: string): string => `'${process.execPath}' '${standIn}' ${what} '${at.folder}'${rewrites}`
  t.after(() => statusOfLine(line('stop')))
  assert.equal(await statusOfLine(line('start')), 0)
  const url = `tls://localhost:${port}`
  const apply: Scene['apply'] = (...more) =>
    at.type(
      'apply',
      at.file,
      '--policy',
      at.policy,
      '--as-far-as-possible',
      '--stop',
      line('stop'),
      '--start',
      line('start'),
      '--prove',
      url,
      ...more,
    )
  const lets = (version: string): Promise<boolean> => letsIn(port, version)
  return { ...at, url, apply, lets }
}

function identity(now: Date): { readonly cert: string; readonly key: string } {
  const { privateKey, pem } = makeServerCertificate('localhost', 'RSA-2048', makeAuthority('Settings test', 'P-256', now), now)
  return { cert: pem, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

describe('postern settings show', () => {
  test('says for each role what holds, where it comes from and what is wrong, and no secret', async () => {
    const at = scene()
    const { status, out } = await at.type('show', at.folder)
    assert.equal(status, 0)
    assert.match(out, /^Key-value server 1 \(assumed; --product-version says another\)$/m)
    assert.match(out, /━━ port 993 · server ━/)
    assert.match(out, /Protocols {5}TLSv1, TLSv1\.2\n {16}key-value\.conf:2, server\.protocols\n/)
    assert.match(out, /Suite chosen {2}by the client\n {16}default of Key-value server 1, server\.order is not set\n/)
    assert.match(out, /✗ BAD TLS 1\.0 is offered\. \[protocol-tls1-0\]\n/)
    assert.match(out, /Remedy +Turn TLS 1\.0 off/)
    assert.match(out, /Settings do not tell \d+ things that an audit of a door finds out\./)
    assert.doesNotMatch(out, /hunter2/)
    for (const line of out.split('\n')) assert.ok(line.length <= 100, line)
  })

  test('says in a line that a door has no TLS, and judges nothing that is not there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-no-tls-'))
    try {
      writeFileSync(join(folder, 'main.cf'), 'myhostname = mail.example.com\n')
      const shown = await type(['settings', 'show', folder, '--product-version', '3.7', '--state', join(folder, 'state')])
      assert.match(shown.out, / TLS {11}none\n {16}default of Postfix 3\.7, smtpd_tls_security_level is not set\n/)
      assert.doesNotMatch(shown.out.split('smtpd as in main.cf').at(1)?.split('━━')[0] ?? 'Protocols', /Protocols|DHE/)
      const { legs } = settingsShow.parse(
        JSON.parse((await type(['settings', 'show', folder, '--json', '--state', join(folder, 'state')])).out),
      )
      const off = legs.filter(({ words }) => words.protocols.value.length === 0)
      assert.ok(off.length > 0)
      for (const leg of off) assert.deepEqual([leg.findings, leg.undecided], [[], []])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('prints JSON in the shape of its schema', async () => {
    const at = scene()
    const { out } = await at.type('show', at.file, '--json')
    const json = settingsShow.parse(JSON.parse(out))
    assert.equal(json.legs.length, 2)
    assert.doesNotMatch(out, /hunter2/)
  })

  test('says what is wrong with what is no settings file, with line and caret where there is one', async () => {
    const at = scene('server.protocols = TLSv1\nnonsense\n')
    const broken = await at.type('show', at.file)
    assert.equal(broken.status, 2)
    assert.match(broken.err, /key-value\.conf:2:1: there is no = in this line\n2 \| nonsense\n {4}\^\npostern: hint: /)
    symlinkSync(at.file, join(at.folder, 'link'))
    const link = await at.type('show', join(at.folder, 'link'))
    assert.equal(link.status, 2)
    assert.match(link.err, /symbolic link to .*hint: Name .* itself, or add --follow\.\n$/s)
  })

  test('shows nothing of a file that could move a cursor', async () => {
    const at = scene('server.protocols = TLSv1\ninclude = \u001b[2J.conf\n')
    const { out } = await at.type('plan', at.file, '--policy', at.policy)
    assert.ok(!out.includes('\u001b'))
    assert.match(out, /\\x1b\[2J/)
  })
})

describe('postern settings plan', () => {
  test('shows the difference and what it does, changes nothing, and exits with 1', async () => {
    const at = scene()
    const { status, out } = await at.type('plan', at.file, '--policy', at.policy)
    assert.equal(status, 1)
    assert.match(out, /^-server\.protocols = TLSv1 TLSv1\.2\n\+server\.protocols = TLSv1\.2 TLSv1\.3\n password = \*{8}$/m)
    assert.match(out, /Protocols: without TLSv1; with TLSv1\.3/)
    assert.match(out, /Findings: 1 → 0 bad/)
    assert.equal(at.text(), OLD)
  })

  test('prints JSON in the shape of its schema, twice the same', async () => {
    const at = scene()
    const { out, status } = await at.type('plan', at.file, '--policy', at.policy, '--json')
    assert.equal(status, 1)
    const plan = settingsPlan.parse(JSON.parse(out))
    assert.ok(plan.changes.some(({ setting }) => setting === 'server.protocols'))
    assert.equal((await at.type('plan', at.file, '--policy', at.policy, '--json')).out, out)
  })

  test('exits with 0 where nothing has to change, and with 2 for wrong input', async () => {
    const at = scene()
    const fine = await at.type('plan', at.file, '--policy', 'mozilla-old')
    assert.equal(fine.status, 1, 'the client role has more than it should')
    writeFileSync(
      at.file,
      'server.protocols = TLSv1.2\nserver.ciphers = ECDHE-RSA-AES128-GCM-SHA256\nclient.protocols = TLSv1.2\nclient.ciphers = ECDHE-RSA-AES128-GCM-SHA256\n',
    )
    const none = await at.type('plan', at.file, '--policy', at.policy)
    assert.equal(none.status, 0, none.out)
    assert.match(none.out, /Nothing has to change\./)
    assert.equal((await at.type('plan', at.file, '--policy', 'nosuch')).status, 2)
  })

  test('has a policy of its own for each role and door, and says which door there is not', async () => {
    const at = scene()
    writeFileSync(
      at.policy,
      `${POLICY}client: { base: mozilla-modern }\ndoors: { port 993: { protocols: [TLSv1.3], ciphers: [TLS_AES_128_GCM_SHA256] } }\n`,
    )
    const { out } = await at.type('plan', at.file, '--policy', at.policy)
    assert.match(out, /^\+server\.protocols = TLSv1\.3$/m)
    writeFileSync(at.policy, `${POLICY}doors: { port 994: { order: any } }\n`)
    const { status, err } = await at.type('plan', at.file, '--policy', at.policy)
    assert.equal(status, 2)
    assert.match(err, /speaks of a door "port 994", which these settings do not have\npostern: hint: Its doors are "port 993"\.\n$/)
  })

  test('says what the product has no words for', async () => {
    const at = scene()
    const { out } = await at.type('plan', at.file, '--policy', 'mozilla-intermediate')
    assert.match(
      out,
      /What cannot be said in these settings\n {2}\? Groups cannot be set here\. This concerns port 993 \(server\), port 993 \(client\)\./,
    )
  })
})

describe('postern settings apply and undo', { concurrency: true }, () => {
  test('change the file, restart the service, prove the door, and give the identical bytes back', async (t) => {
    const at = await served(t)
    assert.ok(await at.lets('tls1'))
    const made = await at.apply()
    assert.equal(made.status, 0, made.err)
    assert.match(made.out, /Done: change 1\.\n {2}tls:\/\/localhost:\d+ keeps to tls, proved on the wire\.\n/)
    assert.match(at.text(), /^# our server\r\nserver\.protocols = TLSv1\.2 TLSv1\.3\r\npassword = hunter2\r\n/)
    assert.ok(!(await at.lets('tls1')) && (await at.lets('tls1_2')))
    const again = await at.apply()
    assert.deepEqual([again.status, /keeps to tls already/.test(again.out)], [0, true])
    const undone = await at.type('undo', at.file)
    assert.equal(undone.status, 0, undone.err)
    assert.equal(at.text(), OLD)
    assert.ok(await at.lets('tls1'), 'the service runs with the old settings again')
    const { out } = await at.type('history', at.file)
    assert.match(out, /1 .* apply tls: undone by 2\n.* 2 .* undo of 1 \(tls\): applied\n/)
    assert.doesNotMatch(made.out + undone.out + out, /hunter2/)
  })

  test('change what a service has written again when it stopped', async (t) => {
    const at = await served(t, OLD, rewritingAdapter)
    const made = await at.apply()
    assert.equal(made.status, 0, made.err)
    assert.match(made.out, /The service wrote its settings again when it stopped/)
    assert.match(at.text(), /TLSv1\.2 TLSv1\.3[^]*# written again\n/)
    assert.ok(!(await at.lets('tls1')) && (await at.lets('tls1_2')))
  })

  test('take a change back that does not hold on the wire', async (t) => {
    const text = `${OLD}stuck = yes\r\n`
    const at = await served(t, text)
    writeFileSync(at.policy, `${POLICY}require: [TLSv1.3]\n`)
    const { status, err } = await at.apply()
    assert.equal(status, 3)
    assert.match(err, /Cannot prove the change on the wire: tls:\/\/localhost:\d+ does not keep to tls: .*TLS 1\.3/)
    assert.match(err, /was put back\.\n/)
    assert.match(err, /its doors are open again\.\n/)
    assert.equal(at.text(), text)
    assert.ok(await at.lets('tls1'))
  })

  test('refuse a product that rewrites its settings while nobody says how to stop it', async () => {
    const at = scene(OLD, rewritingAdapter)
    const { status, err } = await at.type('apply', at.file, '--policy', at.policy)
    assert.equal(status, 2)
    assert.match(err, /writes them again when it stops\npostern: hint: Say how to stop and start it/)
    assert.equal(at.text(), OLD)
  })

  test('refuse what cannot be expressed until somebody accepts that', async () => {
    const at = scene()
    const { status, err } = await at.type('apply', at.file, '--policy', 'mozilla-intermediate')
    assert.equal(status, 2)
    assert.match(err, /Cannot reach mozilla-intermediate with the settings of Key-value server: Groups cannot be set here\./)
    assert.equal(at.text(), OLD)
    const apply = ['apply', at.file, '--policy', 'mozilla-intermediate', '--as-far-as-possible'] as const
    assert.match((await at.type(...apply)).out, /Done: change 1\./)
    assert.match((await at.type(...apply)).out, /key-value\.conf cannot come nearer to mozilla-intermediate\.\n$/)
    assert.equal((await at.type('apply', at.file, '--policy', 'mozilla-intermediate')).status, 2)
  })

  test('say the command that makes what settings cannot say, in one line to be copied, and in JSON', async () => {
    const at = scene()
    const file = join(at.folder, 'nginx.conf')
    writeFileSync(file, `http { server { listen 443 ssl; ssl_ciphers DHE-RSA-AES256-GCM-SHA384; ssl_dhparam ${at.folder}/dh.pem; } }\n`)
    const policy = join(at.folder, 'dhe.yaml')
    writeFileSync(policy, 'base: mozilla-intermediate\nciphers: DHE-RSA-AES256-GCM-SHA384\n')
    const words = [file, '--product', 'nginx', '--product-version', '1.22.1', '--openssl', '3.0', '--policy', policy]
    const command = `openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048 -out ${at.folder}/dh.pem`
    const planned = await type(['settings', 'plan', ...words])
    assert.ok(planned.out.split('\n').includes(`      ${command}`), planned.out)
    const { inexpressible } = settingsPlan.parse(JSON.parse((await type(['settings', 'plan', ...words, '--json'])).out))
    assert.deepEqual(
      inexpressible.flatMap((one) => one.command ?? []),
      [command],
    )
    const refused = await type(['settings', 'apply', ...words, '--state', join(at.folder, 'state')])
    assert.equal(refused.status, 2)
    assert.ok(refused.err.includes(`Or first make what is missing: ${command}.`), refused.err)
  })

  test('say what was not done: no restart, no proof', async () => {
    const at = scene()
    const { status, out } = await at.type('apply', at.file, '--policy', at.policy)
    assert.equal(status, 0)
    assert.match(out, /The service was not restarted[^]*Nothing was proved on the wire/)
    const twice = await at.type('apply', at.file, '--policy', at.policy, '--service', 'x', '--stop', 'y')
    assert.match(twice.err, /Cannot restart a service in two ways/)
  })

  test('print as JSON what came of it', async () => {
    const at = scene()
    const done = async (...argv: readonly string[]): Promise<unknown> => {
      const { outcome, number, problem } = settingsOutcome.parse(JSON.parse((await at.type(...argv, '--json')).out))
      return [outcome, number, problem]
    }
    const apply = ['apply', at.file, '--policy', at.policy] as const
    assert.deepEqual(await done(...apply), ['applied', 1, null])
    assert.deepEqual(await done(...apply), ['unchanged', null, null])
    assert.deepEqual(await done('undo', at.file), ['applied', 2, null])
    const failed = await at.type(...apply, '--start', 'echo no; false', '--json')
    assert.equal(failed.status, 3)
    assert.equal(settingsOutcome.parse(JSON.parse(failed.out)).problem?.code, 'SETTINGS_COMMAND')
    const { changes } = settingsHistory.parse(JSON.parse((await at.type('history', at.file, '--json')).out))
    assert.deepEqual(
      changes.map(({ kind, outcome }) => [kind, outcome]),
      [
        ['apply', 'applied'],
        ['undo', 'applied'],
        ['apply', 'rolled-back'],
      ],
    )
    assert.match(failed.out, /"outcome": "rolled-back"[^]*"code": "SETTINGS_COMMAND"[^]*"output": "no\\n"/)
  })

  test('put right what was interrupted, whichever command comes next', async () => {
    const at = scene()
    const script = fileURLToPath(new URL('../../src/settings/testdata/apply-and-die.ts', import.meta.url))
    for (const command of ['show', 'history'] as const) {
      const { signal } = spawnSync(process.execPath, [
        script,
        join(at.folder, 'state'),
        at.file,
        'server.protocols = x\n',
        'replace',
        'no',
        join(at.folder, 'running'),
      ])
      assert.equal(signal, 'SIGKILL')
      assert.notEqual(at.text(), OLD)
      const { status, err } = await at.type(command, at.file)
      assert.equal(status, 0)
      assert.match(err, /^postern: note: The change of .* was interrupted, and is taken back\./)
      assert.equal(at.text(), OLD)
    }
  })
})

describe('postern settings show, of all that is installed', () => {
  test('shows what can be read, and says what cannot', async () => {
    const { folder, file } = scene()
    const places = ['empty.conf', 'key-value.conf', 'broken.conf'].map((name) => join(folder, name))
    writeFileSync(join(folder, 'empty.conf'), '')
    writeFileSync(join(folder, 'broken.conf'), 'server.protocols = TLSv1\nnothing\n')
    const out: string[] = []
    const err: string[] = []
    const terminal = {
      out: (text: string) => void out.push(text),
      err: (text: string) => void err.push(text),
      interactive: false,
      colour: false,
      columns: 100,
      cwd: root,
      env: {},
    }
    const products = places.map((place) => ({ ...keyValueAdapter, places: [place], adapter: () => Promise.resolve(keyValueAdapter) }))
    assert.equal(await main(['settings', 'show', '--state', join(folder, 'state')], terminal, [settingsOf(products)]), 2)
    assert.match(out.join(''), /^Key-value server 1 /)
    assert.ok(out.join('').includes(file))
    const said = err.join('')
    assert.match(said, /empty\.conf: the file is empty\n/)
    assert.match(said, /broken\.conf:2:1: there is no =/)
  })
})

describe('secrets', () => {
  test('are taken out of what commands write, in errors and in history', async () => {
    const at = scene()
    const { status, out, err } = await at.type('apply', at.file, '--policy', at.policy, '--check', `cat '${at.file}'; exit 1`)
    assert.equal(status, 3)
    const { out: history } = await at.type('history', at.file, '--json')
    assert.match(err, /password = \*{8}\r?\n/)
    assert.match(history, /password = \*{8}/)
    assert.doesNotMatch(out + err + history, /hunter2/)
  })
})

describe('what a terminal would obey', () => {
  const evil = '\u001b]0;x\u0007\u009b2J'
  const raw = /(?!\n)\p{Cc}/u
  test('is shown and not sent, in errors, in what commands write and in names', async () => {
    const at = scene()
    const named = join(at.folder, `${evil}.conf`)
    const own = join(at.folder, 'evil.yaml')
    writeFileSync(own, `${POLICY}name: "a\\e]0;x\\a"\n`)
    const told = [
      await at.type('show', named),
      await at.type('plan', at.file, '--policy', `${evil}.yaml`),
      await at.type('plan', at.file, '--policy', own),
      await at.type('apply', at.file, '--policy', own, '--check', `printf '\\033]0;x\\007'; exit 1`),
      await at.type('history', at.file),
    ]
    writeFileSync(named, 'server.protocols = TLSv1.2 TLSv1.3\n')
    told.push(await at.type('apply', named, '--policy', at.policy), await at.type('undo', named))
    for (const [index, { out, err }] of told.entries()) assert.doesNotMatch(out + err, raw, `${index}`)
    assert.match(told[3]?.err ?? '', /\\x1b\]0;x\\x07/)
  })
})

describe('a change that would not count', () => {
  test('is not made, and nobody is told that it was', async () => {
    const blind: Adapter = { ...keyValueAdapter, read: (file, options) => keyValueAdapter.read({ ...file, text: OLD }, options) }
    const at = scene(OLD, blind)
    const { status, out, err } = await at.type('apply', at.file, '--policy', at.policy)
    assert.deepEqual([status, out], [2, ''])
    assert.match(err, /Cannot change settings .*: server\.protocols would not count where it would be written\n/)
    assert.equal(at.text(), OLD)
  })
})

describe('postern settings mend', () => {
  const broken = 'server.protocols = \u0093TLSv1\u0094\n'
  test('shows what is broken, puts it right, and undo takes that back', async () => {
    const at = scene()
    writeFileSync(at.file, broken, 'latin1')
    const shown = await at.type('mend', at.file, '--dry-run')
    assert.equal(shown.status, 1)
    assert.match(shown.out, /1:20: A curly quote stood here\./)
    assert.equal(at.text(), broken)
    assert.equal((await at.type('mend', at.file)).status, 0)
    assert.equal(at.text(), 'server.protocols = TLSv1\n')
    assert.equal((await at.type('mend', at.file)).status, 0)
    assert.equal((await at.type('undo', at.file)).status, 0)
    assert.equal(at.text(), broken)
  })

  const files: readonly (readonly [why: string, name: string, text: string, status: number, says: RegExp])[] = [
    ['of another product', 'main.cf', 'myhostname = a\nsmtpd_tls_security_level = may\n', 2, /it is a file of Postfix/],
    ['of nobody', 'some.cf', 'user = a\nport = 1\n', 2, /no product that Postern can mend/],
    ['with its blanks', 'ftp.cf', 'local_enable = YES\nwrite_enable = YES\n', 0, /Done/],
  ]
  for (const [why, name, text, status, says] of files) {
    test(`takes a file ${why} for what it is`, () => {
      const folder = join(root, String(scenes++))
      mkdirSync(folder)
      writeFileSync(join(folder, name), text)
      const postern = fileURLToPath(new URL('../../bin/postern.js', import.meta.url))
      const typed = ['settings', 'mend', join(folder, name), '--state', join(folder, 'state')]
      const { status: ended, stdout, stderr } = spawnSync(process.execPath, [postern, ...typed], { encoding: 'utf8', timeout: 20_000 })
      assert.deepEqual([ended, says.test(stdout + stderr)], [status, true], stdout + stderr)
      if (status !== 0) assert.equal(readFileSync(join(folder, name), 'utf8'), text, 'nothing is touched')
    })
  }
})

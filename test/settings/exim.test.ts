import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, test, type TestContext } from 'node:test'
import { eximAdapter } from '../../src/settings/exim/adapter.ts'
import { neighboursOf, readSettings } from '../../src/settings/index.ts'
import { type, type Ended } from '../cli-session.ts'
import { freePort } from '../peers/free-port.ts'
import { outputOf, statusOf } from './program.ts'
import { needPeer, startPeer, type Peer } from '../peers/index.ts'

const GNUTLS = '4.96 GnuTLS'

/** Exim of Debian, which has GnuTLS, in its root directory. */
interface Exim {
  readonly peer: Peer<'exim'>
  readonly file: string
  /** Types `postern settings …` about its file. */
  readonly settings: (command: string, ...rest: readonly string[]) => Promise<Ended>
  /** The path of a policy file with this text, behind `--policy`. */
  readonly policy: (text: string) => readonly string[]
  /** Its own check and its restart. */
  readonly service: readonly string[]
  /** Its own answer to these arguments. */
  readonly run: (...words: readonly string[]) => Promise<{ readonly status: number | null; readonly out: string }>
  /** Whether a client of GnuTLS that speaks nothing but this version comes through. */
  readonly speaks: (version: string) => Promise<boolean>
  /** Whether its daemon starts with what is in its file now. */
  readonly starts: () => Promise<boolean>
  readonly restart: () => Promise<void>
  /** Bits of the smallest group that a client gets from it, whether it names one or none; null: none at all. */
  readonly leastDh: () => Promise<number | null>
}

async function exim(t: TestContext): Promise<Exim> {
  const peer = await startPeer('exim', { protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] }, t)
  const root = peer.folder
  const file = join(root, 'exim.conf')
  const inside = `/usr/sbin/chroot '${root}' /usr/sbin/exim4`
  const { smtps } = peer.doors
  const restart = async (): Promise<void> => {
    process.kill(Number(readFileSync(join(root, 'var/run/exim.pid'), 'latin1')), 'SIGHUP')
    await setTimeout(500)
  }
  const client = (priority: string): Promise<boolean> =>
    endsWell('gnutls-cli', '--insecure', '--priority', priority, '-p', String(smtps), '127.0.0.1').then((out) => out !== undefined)
  const free = await freePort()
  return {
    peer,
    file,
    settings: (command, ...rest) =>
      type(['settings', command, file, '--product', 'exim', '--product-version', GNUTLS, '--state', join(root, 'state'), ...rest]),
    policy: (text) => {
      const path = join(root, 'tls.yaml')
      writeFileSync(path, text)
      return ['--policy', path]
    },
    service: ['--check', `${inside} -bV -C /exim.conf`, '--start', `kill -HUP $(cat '${join(root, 'var/run/exim.pid')}') && sleep 1`],
    run: (...words) => outputOf('/usr/sbin/chroot', [root, '/usr/sbin/exim4', ...words]),
    speaks: (version) => client(`NORMAL:-VERS-ALL:+VERS-${version}:%COMPAT`),
    starts: async () => {
      const command = ['/usr/sbin/chroot', root, '/usr/sbin/exim4', '-C', '/exim.conf', '-bdf', '-oX', String(free)]
      return (await statusOf('timeout', ['-k', '1', '1', ...command])) === STILL_RUNNING
    },
    restart,
    leastDh: async () => {
      const dhe = 'NONE:+VERS-TLS1.2:+DHE-RSA:+AES-256-GCM:+AEAD:+SIGN-ALL'
      const sizes = [2048, 3072]
      const named = await Promise.all(sizes.map((bits) => client(`${dhe}:+GROUP-FFDHE${bits}`)))
      const out = await endsWell('openssl', 's_client', '-no-CAfile', '-connect', `127.0.0.1:${smtps}`, '-tls1_2', '-cipher', 'DHE')
      const unnamed = /Temp Key: DH, (\d+) bits/.exec(out ?? '')?.[1]
      const all = [...sizes.filter((_, index) => named[index]), ...(unnamed === undefined ? [] : [Number(unnamed)])]
      return all.length === 0 ? null : Math.min(...all)
    },
  }
}

/** What a client prints, undefined where it fails. */
async function endsWell(program: string, ...words: readonly string[]): Promise<string | undefined> {
  const ran = promisify(execFile)(program, words, { timeout: 20_000 })
  ran.child.stdin?.end()
  return ran.then(
    ({ stdout }) => stdout,
    () => undefined,
  )
}

/** How timeout(1) ends a program that has not ended by itself. */
const STILL_RUNNING = 124

describe('postern settings and a real Exim', { skip: needPeer('exim'), concurrency: true }, () => {
  test('show, plan, apply with its own check, prove both doors, and undo', async (t) => {
    const at = await exim(t)
    const before = readFileSync(at.file)
    assert.ok(await at.speaks('TLS1.0'))
    const shown = await at.settings('show')
    assert.equal(shown.status, 0, shown.err)
    assert.match(shown.out, /TLS 1\.0 is offered\. \[protocol-tls1-0\]/)
    const policy = at.policy('base: mozilla-intermediate\n')
    const planned = await at.settings('plan', ...policy)
    assert.equal(planned.status, 1, planned.err)
    const made = await at.settings('apply', ...policy, ...at.service)
    assert.equal(made.status, 0, made.err + made.out)
    assert.equal(made.out.match(/keeps to tls, proved on the wire/g)?.length, 2, made.out)
    assert.ok(!(await at.speaks('TLS1.0')))
    assert.equal((await at.settings('plan', ...policy)).status, 0)
    const undone = await at.settings('undo', ...at.service.slice(0, 4))
    assert.equal(undone.status, 0, undone.err)
    assert.deepEqual(readFileSync(at.file), before)
    assert.ok(await at.speaks('TLS1.0'))
  })

  test('suites that need another certificate pass its own check, are not what was planned, and everything is put back', async (t) => {
    const at = await exim(t)
    const before = readFileSync(at.file)
    const policy = at.policy('base: mozilla-intermediate\nprotocols: [TLSv1.2]\nciphers: ECDHE-ECDSA-AES256-GCM-SHA384\n')
    const made = await at.settings('apply', ...policy, '--as-far-as-possible', ...at.service)
    assert.equal(made.status, 3, made.err + made.out)
    assert.deepEqual(readFileSync(at.file), before)
    assert.ok(await at.speaks('TLS1.0'))
  })

  test('is read as Exim reads it', async (t) => {
    const at = await exim(t)
    const rows: readonly (readonly [why: string, text: string])[] = [
      ['nothing', ''],
      ['a macro, wherever its name stands', 'A_B = -VERS\ntls_require_ciphers = NORMAL:A_B-TLS1.0:A_B-TLS1.1'],
      ['a macro in a macro', 'ONE = NORMAL\nTWO = ONE:%COMPAT\ntls_require_ciphers = TWO'],
      ['a macro that is defined anew', 'ONE = NORMAL\nTWO = ONE\nONE == PFS\ntls_require_ciphers = TWO:ONE'],
      ['in the order of definition', 'TWO_ = PFS\nONE = TWO_\ntls_require_ciphers = ONE'],
      ['continued, with a comment inside', 'tls_require_ciphers = NORMAL\\\n # :PFS\n   :-VERS-TLS1.0 \\\n  :%COMPAT'],
      ['continued by an empty line, which ends it', 'tls_require_ciphers = NORMAL\\\n\ntls_eccurve = auto'],
      ['in quotes', 'tls_require_ciphers = "NORMAL:-VERS-TLS1.0"'],
      ['quotes over two lines', 'tls_require_ciphers = "NORMAL:\\\n   -VERS-TLS1.0"'],
      ['hidden, with blanks', '   hide   tls_require_ciphers   =   PFS   '],
      [
        'a condition on the library',
        '.ifdef _HAVE_OPENSSL\ntls_require_ciphers = HIGH\n.elifdef _HAVE_GNUTLS\ntls_require_ciphers = PFS\n.else\nx\n.endif',
      ],
      ['a condition on part of a name', 'AA = 1\n.ifdef XAAX\ntls_require_ciphers = PFS\n.else\ntls_require_ciphers = NORMAL\n.endif'],
      ['conditions in each other', '.ifndef NO\n.ifdef NO\ntls_require_ciphers = PFS\n.else\ntls_require_ciphers = NORMAL\n.endif\n.endif'],
      ['a condition that is off takes the inner one with it', '.ifdef NO\n.ifndef NO\ntls_require_ciphers = PFS\n.else\nx\n.endif\n.endif'],
      ['an include', '.include_if_exists /nothing\n.include /more.conf\ntls_require_ciphers = MORE'],
      ['a macro as a whole line', 'MY_LINE = tls_require_ciphers = PFS\nMY_LINE'],
      ['a macro of nothing before a comment', 'EMPTY =\nEMPTY # tls_require_ciphers = PFS\ntls_require_ciphers = NORMAL'],
      ['CR before LF', 'tls_require_ciphers = NORMAL:\\\r\n  -VERS-TLS1.0\r'],
    ]
    writeFileSync(join(at.peer.folder, 'more.conf'), 'MORE = PFS')
    for (const [why, text] of rows) {
      const path = join(at.peer.folder, 'read.conf')
      writeFileSync(path, `keep_environment =\nspool_directory = /var/spool/exim4\nlog_file_path = /var/log/exim4/%slog\n${text}\n`)
      const { out } = await at.run('-C', '/read.conf', '-bP', 'tls_require_ciphers')
      const real = /^tls_require_ciphers = ?(.*)$/m.exec(out)?.[1]
      assert.ok(real !== undefined, `${why}: ${out}`)
      const near = neighboursOf(path)
      const reading = eximAdapter.read(readSettings(path), {
        ...near,
        more: (name) => near.more(name.startsWith(at.peer.folder) ? name : join(at.peer.folder, name)),
        version: GNUTLS,
      })
      const expected = eximAdapter.read({ path, text: real === '' ? 'x = y\n' : `tls_require_ciphers = ${real}\n` }, { version: GNUTLS })
      const values = ({ legs }: typeof reading): unknown => legs.map(({ words }) => [words.protocols.value, words.suites.value])
      assert.deepEqual(values(reading), values(expected), `${why}: ${real}`)
    }
  })

  test('what Exim does not start with is found, and nothing else', async (t) => {
    const at = await exim(t)
    const text = readFileSync(at.file, 'latin1').replaceAll(/^tls_require_ciphers.*\n/gm, '')
    for (const line of [
      'tls_eccurve = auto',
      'openssl_options = +no_tlsv1',
      'tls_dh_max_bits = 512',
      'tls_require_ciphers =',
      'tls_require_ciphers = NORMAL:+NO',
      'tls_require_ciphers = NONE',
      'tls_require_ciphers = HIGH:!aNULL',
      '.include /nothing.conf',
      '.include_if_exists /nothing.conf',
      'tls_dhparam = no-such',
    ]) {
      writeFileSync(at.file, `${text}${line}\n`)
      const { out } = await at.settings('show')
      assert.equal(/Exim does not start/.test(out), !(await at.starts()), line)
    }
  })

  test('DHE is as large as was read', async (t) => {
    const at = await exim(t)
    const text = readFileSync(at.file, 'latin1').replaceAll(/^tls_require_ciphers.*\n/gm, '')
    for (const lines of [
      '',
      'tls_dhparam = ike15',
      'tls_dhparam = none',
      'tls_require_ciphers = NORMAL:-GROUP-DH-ALL\ntls_dhparam = ike15',
      'tls_require_ciphers = NORMAL:-GROUP-FFDHE2048',
    ]) {
      writeFileSync(at.file, `${text}${lines}\n`)
      await at.restart()
      const { legs } = eximAdapter.read(readSettings(at.file), { version: GNUTLS })
      assert.equal(await at.leastDh(), legs[0]?.words.dh.value, lines)
    }
  })
})

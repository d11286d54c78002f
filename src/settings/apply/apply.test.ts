import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { PosternError } from '../../errors.ts'
import { policyOf, RULEBOOKS } from '../../policy/index.ts'
import { orderFor, type OrderParts } from '../testdata/orders.ts'
import { applyChange, type ApplyContext, type Auditor, type ChangeOrder, type Outcome, type Step } from './apply.ts'
import { historyIn } from './journal.ts'
import { lock } from './lock.ts'
import { newName, oldName } from './replace.ts'
import { runCommand, shellLine } from './run-command.ts'
import { folderOf, isInterrupted } from './state.ts'
import { undoOrder } from './undo.ts'
import { withSettings } from './with-settings.ts'

const OLD = 'server.protocols = TLSv1\n'
const NEW = 'server.protocols = TLSv1.2\n'
const now = (): Date => new Date('2026-11-22T12:00:00Z')
const root = mkdtempSync(join(tmpdir(), 'postern-apply-'))
after(() => rmSync(root, { recursive: true, force: true }))

let scenes = 0

interface Scene {
  readonly state: string
  readonly file: string
  /** There while the service runs, with the settings that it has read. */
  readonly service: string
  readonly folder: string
}

/** A settings file with a running service. */
function scene(text: string = OLD): Scene {
  const home = join(root, String(scenes++))
  mkdirSync(join(home, 'etc'), { recursive: true })
  const file = join(home, 'etc', 'key-value.conf')
  const service = join(home, 'running')
  writeFileSync(file, text)
  writeFileSync(service, text)
  const state = join(home, 'state')
  return { state, file, service, folder: folderOf(state, file) }
}

interface Did {
  readonly outcome: Outcome
  readonly recovered: readonly Outcome[]
  readonly steps: readonly Step[]
}

async function change(
  at: Scene,
  parts: Partial<OrderParts> = {},
  more: Partial<ChangeOrder> = {},
  context: Partial<ApplyContext> = {},
): Promise<Did> {
  const recovered: Outcome[] = []
  const steps: Step[] = []
  const outcome = await withSettings(
    at.state,
    at.file,
    { now },
    (one) => recovered.push(one),
    (held) =>
      applyChange({ ...orderFor({ ...at, text: NEW, ...parts }), ...more }, { ...held, after: (step) => steps.push(step), ...context }),
  )
  return { outcome, recovered, steps }
}

function read(path: string): string {
  return readFileSync(path, 'utf8')
}

/** Nothing but the file itself is in its folder. */
function assertTidy({ file, folder }: Scene): void {
  assert.deepEqual(readdirSync(join(file, '..')), ['key-value.conf'])
  assert.equal(existsSync(join(folder, 'pending')), false)
}

const code = (name: string) => (error: unknown) => {
  assert.ok(error instanceof PosternError, String(error))
  assert.equal(error.code, name, error.message)
  return true
}

const unexpected = (): void => assert.fail('nothing was to be put right')

/** An auditor who finds what it is told. */
function auditor({
  closed = [],
  keeps = 'yes',
}: {
  readonly closed?: readonly string[]
  readonly keeps?: 'yes' | 'no' | 'unknown'
}): Auditor {
  return { waitFor: () => Promise.resolve(closed), prove: () => Promise.resolve({ keeps, why: ['TLS 1.0 is accepted.'] }) }
}

const [rulebook] = RULEBOOKS
const proofs = [{ door: 'tls://localhost:1', policy: policyOf(rulebook!, { now: now() }) }]

describe('applyChange()', () => {
  test('writes the new file, keeps a copy, restarts the service and remembers what it did', async () => {
    const at = scene()
    const { outcome, steps } = await change(at)
    assert.equal(outcome.outcome, 'applied')
    assert.equal(outcome.number, 1)
    assert.deepEqual(steps, ['copy', 'journal', 'stage', 'replace', 'check', 'stop', 'start', 'note', 'finish'])
    assert.equal(read(at.file), NEW)
    assert.equal(read(at.service), NEW)
    assertTidy(at)
    const [entry] = await historyIn(at.folder)
    assert.equal(entry?.entry.outcome, 'applied')
    assert.deepEqual(
      entry?.entry.ran.map(({ ok }) => ok),
      [true, true, true],
    )
  })

  test('stops a service first that rewrites its settings, and keeps mode and owner of the file', async () => {
    const at = scene()
    chmodSync(at.file, 0o640)
    const { uid, gid } = statSync(at.file)
    const { steps } = await change(at, { rewritesOnStop: true })
    assert.deepEqual(steps, ['copy', 'journal', 'stage', 'stop', 'recheck', 'replace', 'check', 'start', 'note', 'finish'])
    const now = statSync(at.file)
    assert.deepEqual([now.mode & 0o7777, now.uid, now.gid], [0o640, uid, gid])
  })

  test('has made anew what the service reads, also where the change is taken back or undone', async () => {
    const at = scene()
    const index = `${at.file}.db`
    const rebuild = `cp '${at.file}' '${index}'`
    const { steps } = await change(at, { rebuild })
    assert.deepEqual(steps, ['copy', 'journal', 'stage', 'replace', 'rebuild', 'check', 'stop', 'start', 'note', 'finish'])
    assert.equal(read(index), NEW)
    assert.equal((await change(at, { rebuild, text: '2\n', start: 'false' })).outcome.outcome, 'rolled-back')
    assert.equal(read(index), NEW)
    await withSettings(at.state, at.file, { now }, unexpected, async (held) => {
      const service = { rewritesOnStop: false, patience: 10_000 }
      return applyChange(await undoOrder(at.folder, at.file, { service }), held)
    })
    assert.equal(read(index), OLD, 'however the service is treated')
    const failed = await change(at, { rebuild: 'false' })
    assert.equal(failed.outcome.outcome, 'rolled-back')
    assert.match(failed.outcome.why?.message ?? '', /Cannot make anew what the service reads with false: exit 1/)
    assert.equal(read(at.file), OLD)
  })

  test('makes the same change to what the service has written when it stopped, and undoes to that', async () => {
    const at = scene()
    const rewritten = `# rewritten\n${OLD}`
    const replan = () => [{ before: { path: at.file, text: rewritten }, after: { path: at.file, text: `# rewritten\n${NEW}` } }]
    const stop = `rm -f '${at.service}'; printf '# rewritten\\n%s\\n' "$(cat '${at.file}')" > '${at.file}'`
    const { outcome } = await change(at, { rewritesOnStop: true, stop }, { replan })
    assert.equal(outcome.outcome, 'applied', outcome.why?.message)
    assert.equal(read(at.file), `# rewritten\n${NEW}`)
    await withSettings(at.state, at.file, { now }, unexpected, async (held) =>
      applyChange(await undoOrder(at.folder, at.file, { service: orderFor({ ...at, text: '' }).service }), held),
    )
    assert.equal(read(at.file), rewritten)
  })

  test('refuses when the file is not what was planned on, and touches nothing', async () => {
    const at = scene()
    const order = orderFor({ ...at, text: NEW })
    writeFileSync(at.file, 'somebody else\n')
    await assert.rejects(change(at, {}, order), code('SETTINGS_CHANGED'))
    assert.equal(read(at.file), 'somebody else\n')
    assert.equal(read(at.service), OLD)
    assertTidy(at)
  })

  test('leaves alone what somebody else has written at the last moment, and says so', async () => {
    const at = scene()
    const { outcome } = await change(at, {}, {}, { after: (step) => step === 'stage' && writeFileSync(at.file, 'somebody else\n') })
    assert.equal(outcome.outcome, 'rolled-back')
    assert.equal(outcome.why?.code, 'SETTINGS_CHANGED')
    assert.equal(read(at.file), 'somebody else\n')
    assert.match(outcome.entry.said.join(' '), /left alone/)
    assertTidy(at)
  })

  const failures: readonly (readonly [why: string, parts: Partial<OrderParts>, why: string, said: RegExp])[] = [
    [
      'a check that fails',
      { check: 'echo line 3 is wrong; exit 1' },
      'SETTINGS_COMMAND',
      /^Cannot check the settings with .*: exit 1\nline 3 is wrong$/,
    ],
    ['a service that does not stop', { stop: 'exit 7' }, 'SETTINGS_COMMAND', /^Cannot stop the service/],
    [
      'a service that does not start',
      { start: 'grep -q "TLSv1$" FILE && cp FILE SERVICE' },
      'SETTINGS_COMMAND',
      /^Cannot start the service/,
    ],
    ['a command that never ends', { check: 'sleep 60 & sleep 60', patience: 300 }, 'SETTINGS_COMMAND', /still running after 0\.3 s/],
  ]
  for (const [why, { start, ...parts }, wanted, said] of failures) {
    test(`puts everything back after ${why}`, async () => {
      const at = scene()
      const own = start?.replaceAll('FILE', at.file).replaceAll('SERVICE', at.service)
      const { outcome } = await change(at, { ...parts, ...(own === undefined ? {} : { start: own }) })
      assert.equal(outcome.outcome, 'rolled-back')
      assert.equal(outcome.why?.code, wanted)
      assert.match(outcome.why?.message ?? '', said)
      assert.equal(read(at.file), OLD)
      assert.equal(read(at.service), OLD)
      assertTidy(at)
      assert.equal((await historyIn(at.folder))[0]?.entry.outcome, 'rolled-back')
    })
  }

  test('does not stop the service when the check has failed', async () => {
    const at = scene()
    const { steps } = await change(at, { check: 'exit 1' })
    assert.ok(!steps.includes('stop'))
  })

  test('says where there is no program to check with, and goes on', async () => {
    const at = scene()
    const { service } = orderFor({ ...at, text: NEW })
    const { outcome } = await change(at, {}, { service: { ...service, check: ['/nonexistent/check', at.file] } })
    assert.equal(outcome.outcome, 'applied')
    assert.match(outcome.entry.said.join(), /were not checked: there is no \/nonexistent\/check/)
  })

  const proofRows: readonly (readonly [why: string, finds: Parameters<typeof auditor>[0], said: RegExp])[] = [
    ['a port that never opens', { closed: ['tls://localhost:1'] }, /did not open within/],
    ['a door that does not keep to the policy', { keeps: 'no' }, /does not keep to postern: TLS 1\.0 is accepted\./],
    ['a door of which nobody knows', { keeps: 'unknown' }, /may not keep to/],
  ]
  for (const [why, finds, said] of proofRows) {
    test(`puts everything back after ${why}`, async () => {
      const at = scene()
      const { outcome } = await change(at, {}, { proofs }, { auditor: auditor(finds) })
      assert.equal(outcome.why?.code, 'SETTINGS_UNPROVED')
      assert.match(outcome.why?.message ?? '', said)
      assert.equal(read(at.file), OLD)
      assert.equal(read(at.service), OLD)
      assertTidy(at)
    })
  }

  test('puts everything back, and notes it, although nobody can look at the doors', async () => {
    const at = scene()
    const blind: Auditor = { waitFor: () => Promise.reject(new Error('no network')), prove: () => assert.fail('nobody asked') }
    const { outcome } = await change(at, {}, { proofs }, { auditor: blind })
    assert.equal(outcome.why?.code, 'SETTINGS_APPLY')
    assert.match(outcome.entry.said.join(' '), /not known: no network\./)
    assert.equal(read(at.file), OLD)
    assertTidy(at)
  })

  test('asks once more where a service that only reads its settings again still has the old ones', async () => {
    const at = scene()
    let asked = 0
    const slow: Auditor = {
      waitFor: () => Promise.resolve([]),
      prove: () => Promise.resolve(asked++ === 0 ? { keeps: 'no', why: ['TLS 1.0 is accepted.'] } : { keeps: 'yes', why: [] }),
    }
    const { stop: _stop, ...reloads } = orderFor({ ...at, text: NEW }).service
    const { outcome } = await change(at, {}, { proofs, service: reloads }, { auditor: slow })
    assert.deepEqual([outcome.outcome, asked], ['applied', 2])
    const again = scene()
    asked = 0
    const restarted = await change(again, {}, { proofs }, { auditor: slow })
    assert.deepEqual([restarted.outcome.outcome, asked], ['rolled-back', 1])
  })

  test('proves what the product offers as a client, and makes it connect for each question', async () => {
    const at = scene()
    const asked: string[] = []
    const listener: Auditor = {
      waitFor: () => Promise.resolve([]),
      prove: () => assert.fail('it is no server'),
      receive: async (target, { name }, { patience, connect }) => {
        await connect?.()
        asked.push(`${target} ${name} ${patience > 0}`)
        return { keeps: 'yes', why: [] }
      },
    }
    const sent = join(at.folder, '..', 'sent')
    const client = { leg: 'SMTP', connect: shellLine(`echo >> '${sent}'`) }
    const own = proofs.map((proof) => ({ ...proof, client }))
    const { outcome } = await change(at, {}, { proofs: own, unproved: ['Not proved: POP3.'] }, { auditor: listener })
    assert.equal(outcome.outcome, 'applied')
    assert.deepEqual(outcome.entry.said.slice(-2), [
      'SMTP (client) keeps to postern, as its hello at tls://localhost:1 shows.',
      'Not proved: POP3.',
    ])
    assert.deepEqual([asked, outcome.entry.doors, read(sent)], [['tls://localhost:1 postern true'], [], '\n'])
    const { receive: _receive, ...deaf } = listener
    const unheard = await change(scene(), {}, { proofs: own }, { auditor: deaf })
    assert.match(unheard.outcome.why?.message ?? '', /SMTP \(client\) may not keep to postern: Nobody listens for it\./)
  })

  test('says what was proved', async () => {
    const { outcome } = await change(scene(), {}, { proofs }, { auditor: auditor({}) })
    assert.match(outcome.entry.said.join(), /tls:\/\/localhost:1 keeps to postern, proved on the wire\./)
  })

  test('takes back what was begun when somebody stops it', async () => {
    const at = scene()
    const stopped = new AbortController()
    const { outcome } = await change(at, {}, {}, { signal: stopped.signal, after: (step) => step === 'replace' && stopped.abort() })
    assert.equal(outcome.why?.code, 'SETTINGS_INTERRUPTED')
    assert.equal(read(at.file), OLD)
    assertTidy(at)
  })

  const waits: readonly (readonly [why: string, parts: Partial<OrderParts>, looks: Auditor])[] = [
    ['a command', { check: 'sleep 60' }, auditor({})],
    [
      'doors to open',
      {},
      { ...auditor({}), waitFor: (_doors, patience) => new Promise((resolve) => setTimeout(() => resolve([]), patience).unref()) },
    ],
  ]
  for (const [why, parts, looks] of waits) {
    test(`waits for ${why} no longer than somebody wants it to`, async () => {
      const at = scene()
      const stopped = new AbortController()
      setTimeout(() => stopped.abort(), 500)
      const began = performance.now()
      // The way back waits for doors, too.
      let asked = 0
      const once: Auditor = { ...looks, waitFor: (...given) => (asked++ === 0 ? looks.waitFor(...given) : Promise.resolve([])) }
      const { outcome } = await change(at, parts, { proofs }, { auditor: once, signal: stopped.signal })
      assert.equal(outcome.why?.code, 'SETTINGS_INTERRUPTED')
      assert.ok(performance.now() - began < 8000)
      assert.equal(read(at.file), OLD)
      assert.equal(read(at.service), OLD)
      assertTidy(at)
    })
  }

  test('refuses files that a rename would not do for', async () => {
    const readOnly = scene()
    chmodSync(readOnly.file, 0o444)
    await assert.rejects(change(readOnly), code('SETTINGS_UNWRITABLE'))
    assert.equal(read(readOnly.file), OLD)
    const linked = scene()
    linkSync(linked.file, join(root, 'another-name'))
    await assert.rejects(change(linked), code('SETTINGS_UNWRITABLE'))
    const link = scene()
    const real = `${link.file}.real`
    writeFileSync(real, OLD)
    rmSync(link.file)
    symlinkSync(real, link.file)
    const files = [{ before: { path: link.file, text: OLD }, after: { path: link.file, text: NEW } }]
    const order = { ...orderFor({ ...link, file: real, text: NEW }), files }
    await assert.rejects(applyChange(order, { folder: link.folder, now }), code('SETTINGS_UNWRITABLE'))
    assert.ok(lstatSync(link.file).isSymbolicLink())
  })

  test('two at once: one is told who is at it', async () => {
    const at = scene()
    mkdirSync(at.folder, { recursive: true, mode: 0o700 })
    const held = lock(at.folder)
    try {
      await assert.rejects(change(at), code('SETTINGS_LOCKED'))
      const script = fileURLToPath(new URL('../testdata/apply-and-die.ts', import.meta.url))
      const { stderr } = spawnSync(process.execPath, [script, at.state, at.file, NEW, 'never', 'no', at.service], {
        encoding: 'utf8',
        timeout: 20_000,
      })
      assert.match(stderr, new RegExp(`SETTINGS_LOCKED|process ${process.pid} is changing them`))
    } finally {
      held.release()
    }
    assert.equal(read(at.file), OLD)
    assert.equal((await change(at)).outcome.outcome, 'applied')
  })

  test('says how to get rid of a lock that is damaged', async () => {
    const at = scene()
    mkdirSync(at.folder, { recursive: true, mode: 0o700 })
    writeFileSync(join(at.folder, 'lock'), 'x'.repeat(4096))
    await assert.rejects(change(at), code('STATE_DAMAGED'))
    rmSync(join(at.folder, 'lock'))
    assert.equal((await change(at)).outcome.outcome, 'applied')
  })

  test('says what a change has stumbled over', async () => {
    const at = scene()
    const { outcome } = await change(at, {}, {}, { after: (step) => step === 'stage' && rmSync(newName(at.file)) })
    assert.match(outcome.why?.message ?? '', /^Cannot carry the change out: ENOENT: .*rename/)
    assert.equal(read(at.file), OLD)
    assertTidy(at)
  })

  test('trusts no state folder that others may write into', async () => {
    const at = scene()
    mkdirSync(at.folder, { recursive: true })
    chmodSync(at.folder, 0o777)
    await assert.rejects(change(at), code('STATE_UNSAFE'))
  })
})

describe('a full disk', { skip: process.getuid?.() === 0 ? false : 'a small disk can only be made as root' }, () => {
  const script = fileURLToPath(new URL('../testdata/apply-and-die.ts', import.meta.url))
  /** Runs it where a folder is on a disk of 128 kB with so little room left, in a mount namespace of its own. */
  const onSmallDisk = (at: Scene, small: string, filled: number, step: string, text: string): string => {
    const own = `'${process.execPath}' '${script}' '${at.state}' '${at.file}' "$TEXT" ${step} no '${at.service}'`
    const inside = [
      `mkdir -p '${small}' && cp -a '${small}' '${small}.kept' && mount -t tmpfs -o size=128k none '${small}' && chmod 700 '${small}' && cp -a '${small}.kept/.' '${small}/'`,
      `dd if=/dev/zero of='${small}/room' bs=1024 count=${filled} 2>/dev/null`,
      `${own}; echo "status $?"; cat '${at.file}'; cat '${at.service}'`,
      `rm -f '${small}/filler' '${small}/room'; ${own.replace(step, 'never')}; cat '${at.file}' | head -n 1; cat '${at.service}' | head -n 1; find '${at.folder}/pending' 2>/dev/null`,
    ].join('; ')
    const { stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', inside], {
      encoding: 'utf8',
      timeout: 40_000,
      env: { ...process.env, TEXT: text },
    })
    return `${stdout}${stderr}`
  }
  const large = `${NEW}${'#'.repeat(30_000)}`
  const before: readonly (readonly [what: string, small: (at: Scene) => string])[] = [
    ['under the settings', (at) => join(at.file, '..')],
    ['under what is remembered', (at) => at.state],
  ]
  for (const [what, small] of before) {
    test(`${what} keeps a change from being begun`, () => {
      const at = scene()
      const text = onSmallDisk(at, small(at), 120, 'none', large)
      assert.match(text, /status 1\n/)
      assert.match(text, /SETTINGS_UNWRITABLE|STATE_UNWRITABLE/)
      assert.match(text, new RegExp(`status 1\n${OLD}${OLD}`))
    })
  }

  for (const step of ['stage', 'replace', 'start'] as const) {
    test(`after ${step} has the change taken back, and the next one begun as ever`, () => {
      const at = scene()
      const text = onSmallDisk(at, at.state, 0, `full:${step}`, NEW)
      assert.match(text, new RegExp(`^rolled-back STATE_UNWRITABLE\nstatus 0\n${OLD}${OLD}applied undefined\n${NEW}${NEW}$`))
    })
  }
})

describe('a change that is killed', () => {
  const script = fileURLToPath(new URL('../testdata/apply-and-die.ts', import.meta.url))
  const plain: readonly Step[] = ['copy', 'journal', 'stage', 'replace', 'check', 'stop', 'start', 'note']
  const rewriting: readonly Step[] = ['copy', 'journal', 'stage', 'stop', 'recheck', 'replace', 'check', 'start', 'note']
  for (const [rewrites, steps] of [
    ['no', plain],
    ['yes', rewriting],
  ] as const) {
    for (const step of steps) {
      test(`after ${step}${rewrites === 'yes' ? ', with the service stopped first,' : ''} is put right by the next command`, async () => {
        const at = scene()
        const { signal } = spawnSync(process.execPath, [script, at.state, at.file, NEW, step, rewrites, at.service], { timeout: 20_000 })
        assert.equal(signal, 'SIGKILL')
        assert.ok([OLD, NEW].includes(read(at.file)), 'the old or the new file, never a part')
        assert.ok(isInterrupted(at.state, at.file))
        const recovered: Outcome[] = []
        await withSettings(
          at.state,
          at.file,
          { now },
          (one) => recovered.push(one),
          () => Promise.resolve(),
        )
        const finished = step === 'note'
        assert.equal(read(at.file), finished ? NEW : OLD)
        assert.equal(read(at.service), finished ? NEW : OLD, 'the service runs, with what stands in the file')
        assert.deepEqual(
          recovered.map(({ outcome }) => outcome),
          step === 'copy' ? [] : [finished ? 'applied' : 'rolled-back'],
        )
        assertTidy(at)
        assert.equal((await change(at, finished ? { text: OLD } : {})).outcome.outcome, 'applied')
      })
    }
  }
})

describe('undoOrder()', () => {
  const undo = (at: Scene, options: { readonly to?: number; readonly force?: boolean } = {}): Promise<Outcome> =>
    withSettings(at.state, at.file, { now }, unexpected, async (held) => applyChange(await undoOrder(at.folder, at.file, options), held))

  test('gives back the identical bytes, one change after another', async () => {
    const first = '\ufeffserver.protocols = TLSv1\r\n\tä\u0000'
    const at = scene('a')
    writeFileSync(at.file, Buffer.from(first.replace('\u0000', ''), 'utf8'))
    const bytes = readFileSync(at.file)
    await change(at, { text: NEW })
    await change(at, { text: '2\n' })
    await change(at, { text: '3\n' })
    await undo(at)
    assert.equal(read(at.file), '2\n')
    await undo(at)
    assert.equal(read(at.file), NEW)
    await undo(at)
    assert.deepEqual(readFileSync(at.file), bytes)
    await assert.rejects(undo(at), code('UNDO_NOTHING'))
    assert.equal(read(at.service), bytes.toString('utf8'))
  })

  test('goes back to before a change with all that came after it', async () => {
    const at = scene()
    for (const text of ['1\n', '2\n', '3\n']) await change(at, { text })
    await assert.rejects(undo(at, { to: 9 }), code('UNDO_NUMBER'))
    const { entry } = await undo(at, { to: 2 })
    assert.deepEqual(entry.undoes, [2, 3])
    assert.equal(read(at.file), '1\n')
    await undo(at)
    assert.equal(read(at.file), OLD)
  })

  test('throws nothing away that somebody has changed since, unless it is told to', async () => {
    const at = scene()
    await change(at)
    writeFileSync(at.file, 'by hand\n')
    await assert.rejects(undo(at), code('SETTINGS_CHANGED'))
    assert.equal(read(at.file), 'by hand\n')
    await undo(at, { force: true })
    assert.equal(read(at.file), OLD)
  })

  const broken: readonly (readonly [why: string, text: string])[] = [
    ['is empty', ''],
    ['is no text any more', '\u0000\u0001'],
  ]
  for (const [why, text] of broken) {
    test(`gives the old bytes back where the file ${why}`, async () => {
      const at = scene()
      await change(at)
      writeFileSync(at.file, text)
      await assert.rejects(undo(at), code('SETTINGS_CHANGED'))
      await undo(at, { force: true })
      assert.equal(read(at.file), OLD)
    })
  }

  test('says what to do where the file is gone', async () => {
    const at = scene()
    await change(at)
    rmSync(at.file)
    await assert.rejects(undo(at, { force: true }), /Cannot undo changes of .*: it is not there any more/)
    writeFileSync(at.file, '')
    await undo(at, { force: true })
    assert.equal(read(at.file), OLD)
  })

  test('puts no copy into the file that is not what was copied', async () => {
    const at = scene()
    await change(at)
    writeFileSync(join(at.folder, 'history', '1', '0.before'), 'damaged')
    await assert.rejects(undo(at), code('STATE_DAMAGED'))
    assert.equal(read(at.file), NEW)
  })

  test('starts the service again where a damaged copy keeps a change from being taken back, and says so', async () => {
    const at = scene()
    const spoil = (step: Step): void => {
      if (step !== 'check') return
      rmSync(oldName(at.file))
      writeFileSync(join(at.folder, 'pending', '0.before'), 'damaged')
    }
    await assert.rejects(change(at, { start: `cp '${at.file}' '${at.service}'; exit 1` }, {}, { after: spoil }), code('STATE_DAMAGED'))
    assert.equal(read(at.file), NEW)
    assert.equal(read(at.service), NEW, 'it runs with what stands in the file')
    assert.ok(isInterrupted(at.state, at.file), 'the next command tries again')
  })

  test('is not kept from anything by a change that was rolled back', async () => {
    const at = scene()
    await change(at, { check: 'exit 1' })
    await assert.rejects(undo(at), code('UNDO_NOTHING'))
  })
})

describe('runCommand()', () => {
  const folder = mkdtempSync(join(root, 'run-'))
  const rows: readonly (readonly [why: string, line: string, ok: boolean, ended: string, output: string])[] = [
    ['a command that works', 'echo out; echo err >&2', true, 'exit 0', 'out\nerr\n'],
    ['one that fails', 'exit 3', false, 'exit 3', ''],
    ['one that is killed', 'kill -9 $$', false, 'killed by SIGKILL', ''],
    ['one that leaves a service behind, which keeps its output open', 'echo started; sleep 2 &', true, 'exit 0', 'started\n'],
  ]
  for (const [why, line, ok, ended, output] of rows) {
    test(why, async () => {
      const began = performance.now()
      const ran = await runCommand(shellLine(line), { folder, patience: 10_000 })
      assert.deepEqual([ran.ok, ran.ended, ran.output, ran.command], [ok, ended, output, line])
      assert.ok(performance.now() - began < 1900, 'it does not wait for what it leaves behind')
    })
  }

  test('ends what takes too long, with all that it has started', async () => {
    const file = join(folder, 'alive')
    const ran = await runCommand(shellLine(`(sleep 1; touch '${file}') & sleep 60`), { folder, patience: 200 })
    assert.equal(ran.ended, 'still running after 0.2 s')
    await new Promise((resolve) => setTimeout(resolve, 1200))
    assert.equal(existsSync(file), false)
  })

  test('keeps the end of a long output', async () => {
    const ran = await runCommand(shellLine('seq 1 100000'), { folder, patience: 10_000 })
    assert.ok(ran.output.length < 20_000)
    assert.match(ran.output, /^…[^]*\n100000\n$/)
  })
})

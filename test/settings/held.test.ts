import assert from 'node:assert/strict'
import { spawn, spawnSync, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const OLD = 'ssl_enable=YES\nssl_tlsv1=YES\nlocal_enable=YES\n'
const postern = fileURLToPath(new URL('../../bin/postern.js', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'postern-held-'))
after(() => rmSync(root, { recursive: true, force: true }))

let scenes = 0

/** A settings file with a service that takes a moment to stop: it is a file, which says whether it runs. */
function scene(): { readonly file: string; readonly service: string; readonly stopping: string; readonly typed: readonly string[] } {
  const folder = join(root, String(scenes++))
  mkdirSync(folder)
  const [file, service, stopping] = [join(folder, 'vsftpd.conf'), join(folder, 'running'), join(folder, 'stopping')]
  writeFileSync(file, OLD)
  writeFileSync(service, OLD)
  const stop = `rm -f '${service}'; touch '${stopping}'; sleep 1`
  const typed = [file, '--state', join(folder, 'state'), '--no-detect', '--stop', stop, '--start', `cp '${file}' '${service}'`]
  return { file, service, stopping, typed }
}

const apply = ['settings', 'apply', '--policy', 'mozilla-modern', '--as-far-as-possible', '--no-prove']

async function seen(path: string): Promise<void> {
  for (let left = 400; left > 0; left--) {
    if (existsSync(path)) return
    await delay(25)
  }
  assert.fail(`${path} never came`)
}

describe('a change that somebody wants to end', { skip: process.platform === 'win32' ? 'these signals are of Unix' : false }, () => {
  const signals: readonly (readonly [why: string, signal: NodeJS.Signals])[] = [
    ['a key', 'SIGINT'],
    ['a terminal that is closed', 'SIGHUP'],
    ['a system that shuts down', 'SIGTERM'],
  ]
  for (const [why, signal] of signals) {
    for (const command of ['apply', 'undo'] as const) {
      test(`by ${why}: ${command} is taken back, and the service runs`, async () => {
        const at = scene()
        if (command === 'undo') {
          const [file = '', state = '', folder = ''] = at.typed
          const made = spawnSync(process.execPath, [postern, ...apply, file, state, folder, '--no-detect'], { timeout: 20_000 })
          assert.equal(made.status, 0, made.stderr.toString())
        }
        const before = readFileSync(at.file, 'utf8')
        const words = command === 'apply' ? apply : ['settings', 'undo']
        const child = spawn(process.execPath, [postern, ...words, ...at.typed], { stdio: 'ignore', timeout: 30_000 })
        await seen(at.stopping)
        child.kill(signal)
        const [status] = (await once(child, 'exit')) as [number | null]
        assert.equal(status, 3)
        assert.equal(readFileSync(at.file, 'utf8'), before)
        assert.equal(readFileSync(at.service, 'utf8'), before)
      })
    }
  }

  const outputs: readonly (readonly [why: string, status: number, output: () => 'pipe' | number])[] = [
    ['has no reader any more', 141, () => 'pipe'],
    ['goes to a full disk', 3, () => openSync('/dev/full', 'w')],
  ]
  for (const [why, wanted, output] of outputs) {
    test(`by nobody: it is brought to its end where its output ${why}`, async (t) => {
      if (!existsSync('/dev/full')) return t.skip('there is no /dev/full')
      const at = scene()
      const to = output()
      const stdio: StdioOptions = ['ignore', to, 'pipe']
      const child = spawn(process.execPath, [postern, ...apply, ...at.typed], { stdio, timeout: 30_000 })
      child.stdout?.destroy()
      const [status] = (await once(child, 'exit')) as [number | null]
      if (typeof to === 'number') closeSync(to)
      assert.equal(status, wanted)
      assert.match(readFileSync(at.file, 'utf8'), /^ssl_tlsv1=NO$/m)
      assert.equal(readFileSync(at.service, 'utf8'), readFileSync(at.file, 'utf8'))
    })
  }
})

describe('a file that is empty, broken or gone', () => {
  const wrecks: readonly (readonly [why: string, wreck: (file: string) => void, undone: boolean])[] = [
    ['empty', (file) => writeFileSync(file, ''), true],
    ['no text', (file) => writeFileSync(file, '\u0000'), true],
    ['another product’s', (file) => writeFileSync(file, '<Server><Connector port="1"/></Server>'), true],
    ['gone', (file) => rmSync(file), false],
  ]
  for (const [why, wreck, undone] of wrecks) {
    test(`its history is known, and undo gives it back: ${why}`, () => {
      const folder = join(root, String(scenes++))
      mkdirSync(folder)
      const file = join(folder, 'our-ftp.conf')
      writeFileSync(file, `${OLD}write_enable=YES\n`)
      const run = (...words: readonly string[]): { readonly status: number | null; readonly said: string } => {
        const typed = [postern, 'settings', ...words, '--state', join(folder, 'state'), '--no-detect']
        const { status, stdout, stderr } = spawnSync(process.execPath, typed, { encoding: 'utf8', timeout: 20_000 })
        return { status, said: stdout + stderr }
      }
      assert.equal(run('apply', file, '--policy', 'mozilla-modern', '--as-far-as-possible').status, 0)
      wreck(file)
      assert.match(run('history', file).said, /^ {2}1 .* apply mozilla-modern: applied/)
      const { status, said } = run('undo', file, '--force')
      assert.equal(status, undone ? 0 : 2, said)
      if (undone) assert.equal(readFileSync(file, 'utf8'), `${OLD}write_enable=YES\n`)
      else assert.match(said, /it is not there any more\n.*Make an empty file of that name/s)
    })
  }
})

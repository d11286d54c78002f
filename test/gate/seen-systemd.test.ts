import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { stringify } from 'yaml'
import { certificates } from '../peers/index.ts'
import { Talker } from './talker.ts'

const PROGRAM = new URL('../../bin/postern.js', import.meta.url).pathname
const MANAGER = new URL('service-manager.py', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'postern-systemd-'))
after(() => rmSync(folder, { recursive: true }))
const { leaf } = await certificates()

function has(program: string, ...words: readonly string[]): boolean {
  return spawnSync(program, words, { stdio: 'ignore' }).status === 0
}

const file = join(folder, 'postern.yaml')
function configure(port: number, workers: number, listen = '[::1]:2525'): void {
  const words = { dialect: 'smtp', tls: 'implicit', policy: 'mozilla-intermediate', backend: `127.0.0.1:${port}` }
  const identities = { test: [{ certificate: leaf('ecdsa').chain, key: leaf('ecdsa').key }] }
  writeFileSync(file, stringify({ workers, identities, services: { mx: { listen, ...words } } }))
}

interface Word {
  readonly ports?: readonly number[]
  readonly notice?: readonly string[]
  readonly exit?: number
}

const NEEDS = has('python3', '--version') && has('systemd-notify', '--version') ? false : 'python3 and systemd-notify are not installed'

/** The Node that runs Postern, and one that has to start that first. */
const OLD = ['/usr/bin/node', new URL('../stacks/node_modules/node20/bin/node', import.meta.url).pathname].find(
  (node) => has(node, '--version') && !has(node, '-e', 'process.exit(process.versions.node >= "24" ? 0 : 1)'),
)
const STARTS: readonly (readonly [node: string, workers: number])[] = [
  [process.execPath, 1],
  [process.execPath, 2],
  ...(OLD === undefined ? [] : [[OLD, 1] as const]),
]

describe('postern gate run, started by a service manager', { skip: NEEDS }, () => {
  for (const [node, workers] of STARTS) {
    test(`takes the socket of its name, and says when it is ready, reloads, lives and stops; processes: ${workers}, by ${node}`, async (t) => {
      const backend = createServer((socket) => void socket.on('error', () => undefined).write('220 behind ESMTP\r\n')).listen(
        0,
        '127.0.0.1',
      )
      await once(backend, 'listening')
      t.after(() => void backend.close())
      const address = backend.address()
      const behind = typeof address === 'object' && address !== null ? address.port : 0
      configure(behind, workers)
      const own = mkdtempSync(join(folder, 'run-'))
      const manager = spawn('python3', [MANAGER, 'mx', own, node, PROGRAM, 'gate', 'run', file], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      t.after(() => void manager.kill('SIGTERM'))
      const said: Word[] = []
      createInterface({ input: manager.stdout }).on('line', (line) => void said.push(JSON.parse(line) as Word))
      const hears = async (fits: (word: Word) => boolean): Promise<Word> => {
        const end = performance.now() + 30_000
        for (;;) {
          const at = said.findIndex(fits)
          // What was heard before is not heard again.
          if (at >= 0) return said.splice(0, at + 1).at(-1)!
          assert.ok(performance.now() < end, JSON.stringify(said))
          await delay(20)
        }
      }
      const notice = (word: string) => hears(({ notice }) => notice?.includes(word) === true)
      const { ports: [port = 0] = [] } = await hears(({ ports }) => ports !== undefined)
      // It waits in the socket that listens since before the gate was started.
      const client = await Talker.inTls(port)
      await client.hears(/^220 behind/)
      assert.deepEqual((await notice('READY=1')).notice, ['READY=1', 'STATUS=Serves mx'])
      await notice('WATCHDOG=1')
      // Where it says that it listens does not count: it has what it was handed.
      configure(behind, workers, '[::1]:2526')
      manager.kill('SIGHUP')
      const { notice: reloading = [] } = await notice('RELOADING=1')
      assert.match(reloading[1] ?? '', /^MONOTONIC_USEC=\d+$/)
      await notice('READY=1')
      const again = await Talker.inTls(port)
      await again.hears(/^220 behind/)
      manager.kill('SIGTERM')
      await notice('STOPPING=1')
      client.leave()
      again.leave()
      assert.equal((await hears(({ exit }) => exit !== undefined)).exit, 0)
    })
  }

  test('does not start with a socket that no service has', () => {
    configure(1, 1)
    const own = mkdtempSync(join(folder, 'run-'))
    const { stdout, stderr } = spawnSync('python3', [MANAGER, 'mx,smtps', own, process.execPath, PROGRAM, 'gate', 'run', file], {
      timeout: 30_000,
    })
    assert.match(stderr.toString(), /Cannot use the socket "smtps" that systemd hands over: no service has that name\n/)
    assert.match(stdout.toString(), /\{"exit": 2\}\n$/)
  })
})

describe('postern gate unit', () => {
  test(
    'prints units that systemd takes, and calls well locked up',
    { skip: has('systemd-analyze', '--version') ? false : 'systemd-analyze is not installed' },
    () => {
      configure(1, 1)
      for (const sockets of [false, true]) {
        const printed = execFileSync(process.execPath, [PROGRAM, 'gate', 'unit', file, ...(sockets ? ['--sockets'] : [])], {
          encoding: 'utf8',
        })
        const units = printed
          .split(/^(?=# \/etc\/systemd\/system\/)/m)
          .map((text) => ({ name: /^# \/etc\/systemd\/system\/(\S+)\n/.exec(text)?.[1] ?? '', text }))
        assert.deepEqual(
          units.map(({ name }) => name),
          ['postern-gate.service', ...(sockets ? ['postern-gate-mx.socket'] : [])],
        )
        const own = mkdtempSync(join(folder, 'units-'))
        for (const { name, text } of units) writeFileSync(join(own, name), text)
        const paths = units.map(({ name }) => join(own, name))
        const verified = spawnSync('systemd-analyze', ['verify', ...paths], { encoding: 'utf8' })
        assert.deepEqual([verified.status, verified.stderr], [0, ''])
        const secure = spawnSync(
          'systemd-analyze',
          ['security', '--offline=true', '--threshold=25', '--no-pager', join(own, 'postern-gate.service')],
          { encoding: 'utf8' },
        )
        assert.equal(secure.status, 0, secure.stdout)
        assert.equal(units[1]?.text.includes('ListenStream=[::1]:2525\n') ?? false, sockets)
      }
    },
  )

  test(
    'prints one for an inside, too, and says what it could not write',
    { skip: has('systemd-analyze', '--version') ? false : 'systemd-analyze is not installed' },
    () => {
      const own = mkdtempSync(join(folder, 'inside-'))
      const words = { listen: { link: 'edge' }, dialect: 'tcp', tls: 'none', policy: 'mozilla-intermediate', backend: '127.0.0.1:1' }
      writeFileSync(join(own, 'inside.yaml'), stringify({ links: { gates: { edge: 'edge.link' } }, services: { mx: words } }))
      const printed = spawnSync(process.execPath, [PROGRAM, 'link', 'unit', join(own, 'inside.yaml')], { encoding: 'utf8' })
      assert.equal(
        printed.stderr,
        `postern: note: the unit cannot write to ${own}/edge.link: name a place in /var/lib/postern-link for it\n`,
      )
      writeFileSync(join(own, 'postern-link.service'), printed.stdout)
      const verified = spawnSync('systemd-analyze', ['verify', join(own, 'postern-link.service')], { encoding: 'utf8' })
      assert.deepEqual([verified.status, verified.stderr], [0, ''])
    },
  )
})

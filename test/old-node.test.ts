import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { version } from '../src/cli/version.ts'

const POSTERN = fileURLToPath(new URL('../bin/postern.js', import.meta.url))

/** Nodes that people may start the command with: the one of Debian 12, and those that test/setup.ts brings. */
const NODES: readonly string[] = [
  '/usr/bin/node',
  ...['node16', 'node20'].map((name) => fileURLToPath(new URL(`stacks/node_modules/${name}/bin/node`, import.meta.url))),
]

const [OLD] = NODES.filter((node) => existsSync(node) && /^v(?:1|20|22)/.test(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout))

describe('a gate that another Node has started', { skip: OLD === undefined && 'there is none on this machine' }, () => {
  test('ends when that is killed', { timeout: 30_000 }, async (t) => {
    assert.ok(OLD !== undefined)
    const folder = mkdtempSync(join(tmpdir(), 'postern-starter-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'postern.yaml')
    const service = { listen: '127.0.0.1:0', dialect: 'smtp', tls: 'none', policy: 'mozilla-intermediate', backend: '127.0.0.1:9' }
    writeFileSync(file, JSON.stringify({ workers: 1, admin: false, services: { mx: service } }))
    const starter = spawn(OLD, [POSTERN, 'gate', 'run', file], { stdio: ['ignore', 'ignore', 'pipe'] })
    const gate = createInterface({ input: starter.stderr })
    const [line] = (await once(gate, 'line')) as [string]
    const [, port] = /^mx listens on .*:(\d+)$/.exec(line) ?? []
    const isThere = async (): Promise<boolean> => {
      const socket = connect(Number(port), '127.0.0.1')
      const there = await once(socket, 'connect').then(
        () => true,
        () => false,
      )
      socket.destroy()
      return there
    }
    assert.equal(await isThere(), true)
    starter.kill('SIGKILL')
    // The end of what it says is its own end.
    await once(gate, 'close')
    assert.equal(await isThere(), false)
  })
})

describe('bin/postern.js', () => {
  for (const node of NODES) {
    test(`hands over to the Node.js that Postern needs from ${node}`, { skip: !existsSync(node) && 'not on this machine' }, () => {
      const { status, stdout, stderr } = spawnSync(node, [POSTERN, '--version'], { encoding: 'utf8', timeout: 30_000 })
      assert.equal(stderr, '')
      assert.match(stdout, new RegExp(`^postern ${version().replaceAll('.', '\\.')} \\(Node\\.js (?:2[4-9]|[3-9]\\d)\\.`))
      assert.equal(status, 0)
    })

    test(`keeps the exit status with ${node}`, { skip: !existsSync(node) && 'not on this machine' }, () => {
      assert.equal(spawnSync(node, [POSTERN, 'handshake'], { timeout: 30_000 }).status, 2)
    })
  }
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { version } from '../src/cli/version.ts'

const POSTERN = fileURLToPath(new URL('../bin/postern.js', import.meta.url))

/** Nodes that people may start the command with: the one of Debian 12, and those that test/setup.ts brings. */
const NODES: readonly string[] = [
  '/usr/bin/node',
  ...['node16', 'node20'].map((name) => fileURLToPath(new URL(`stacks/node_modules/${name}/bin/node`, import.meta.url))),
]

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

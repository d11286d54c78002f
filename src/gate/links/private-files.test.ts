import assert from 'node:assert/strict'
import { chownSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makePrivate, makePrivateFolder, replacePrivate } from './private-files.ts'

const SOMEBODY = 61_184

test(
  'what root makes in the folder of a gate that runs as somebody else is that one’s',
  { skip: process.getuid?.() !== 0 && 'only root can' },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-private-'))
    t.after(() => rmSync(folder, { recursive: true }))
    chownSync(folder, SOMEBODY, SOMEBODY)
    await makePrivateFolder(join(folder, 'links', 'insides'))
    await replacePrivate(join(folder, 'links', 'replaced'), 'x')
    await makePrivate(join(folder, 'links', 'made'), 'x')
    for (const [name, mode] of [
      ['links', 0o700],
      ['links/insides', 0o700],
      ['links/replaced', 0o600],
      ['links/made', 0o600],
    ] as const) {
      const found = statSync(join(folder, name))
      assert.deepEqual([found.uid, found.gid, found.mode & 0o777], [SOMEBODY, SOMEBODY, mode], name)
    }
  },
)

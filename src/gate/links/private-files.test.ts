import assert from 'node:assert/strict'
import { chownSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { chmod, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { PosternError } from '../../errors.ts'
import { readLinkFile } from './link-file.ts'
import { makePrivate, makePrivateFolder, readPrivate, replacePrivate } from './private-files.ts'

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

test('a file is read or is not there, whoever removes or replaces it meanwhile', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-private-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'edge.link')
  await replacePrivate(file, 'x')
  assert.deepEqual(await readPrivate(file), { text: 'x', isOpenToOthers: false })
  await chmod(file, 0o640)
  assert.deepEqual(await readPrivate(file), { text: 'x', isOpenToOthers: true })
  const reading = { over: false }
  const changing = (async (): Promise<void> => {
    while (!reading.over) {
      await writeFile(file, 'y', { mode: 0o600 })
      await rm(file)
    }
  })()
  for (let time = 0; time < 200; time++) {
    await readPrivate(file)
    // Whoever keeps a link up expects this and nothing else.
    await assert.rejects(readLinkFile(file), (error) => error instanceof PosternError && error.code === 'LINK_FILE')
  }
  reading.over = true
  await changing
})

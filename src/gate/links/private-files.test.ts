import assert from 'node:assert/strict'
import {
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
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

test(
  'root gives away what it has made, and not what somebody has put in its place meanwhile',
  { skip: process.getuid?.() !== 0 && 'only root can' },
  async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'postern-private-'))
    t.after(() => rmSync(root, { recursive: true }))
    const [folder, file, other] = [join(root, 'gate'), join(root, 'shadow'), join(root, 'etc')]
    for (const one of [folder, other]) mkdirSync(one)
    writeFileSync(file, 'x')
    chownSync(folder, SOMEBODY, SOMEBODY)
    const swapping = { over: false, swapped: 0 }
    const swapOne = (name: string): void => {
      try {
        if (lstatSync(join(folder, name)).uid !== 0 || lstatSync(join(folder, name)).isSymbolicLink()) return
        const to = name.endsWith('.new') ? file : other
        renameSync(join(folder, name), join(root, `${++swapping.swapped}`))
        symlinkSync(to, join(folder, name))
      } catch {
        // It has its own name already.
      }
    }
    const swap = (): void => {
      if (swapping.over) return
      for (const name of readdirSync(folder)) if (/(?:^folder\d+|\.new)$/.test(name)) swapOne(name)
      setImmediate(swap)
    }
    swap()
    for (let time = 0; time < 20; time++) {
      await replacePrivate(join(folder, `file${time}`), 'x').catch(() => undefined)
      await makePrivateFolder(join(folder, `folder${time}`)).catch(() => undefined)
    }
    swapping.over = true
    assert.ok(swapping.swapped > 0)
    assert.deepEqual([statSync(file).uid, statSync(other).uid], [0, 0])
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

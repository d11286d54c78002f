import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { link, mkdir, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'

/** For its owner alone. */
export const PRIVATE_FILE = 0o600
const PRIVATE_FOLDER = 0o700
const OTHERS = 0o077

/** Writes a file so that nobody ever sees half of it, and none but its owner sees it at all. Rejects as `node:fs` does. */
export async function replacePrivate(path: string, text: string): Promise<void> {
  const draft = await writeDraft(path, text)
  await rename(draft, path)
}

/** The same, where nobody has made it meanwhile. Gives whether it is this one. */
export async function makePrivate(path: string, text: string): Promise<boolean> {
  const draft = await writeDraft(path, text)
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft)
  }
}

/** Undefined: it is not there. Rejects as `node:fs` does. */
export async function textIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** What is in a file, and whether anybody but its owner can read or change it, both of the same file. Undefined: it is not there. Rejects as `node:fs` does. */
export async function readPrivate(path: string): Promise<{ readonly text: string; readonly isOpenToOthers: boolean } | undefined> {
  try {
    await using file = await open(path)
    const { mode } = await file.stat()
    return { text: await file.readFile('utf8'), isOpenToOthers: (mode & OTHERS) !== 0 }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Whether anybody but its owner can read or change it. */
export async function isOpenToOthers(path: string): Promise<boolean> {
  const { mode } = await stat(path)
  return (mode & OTHERS) !== 0
}

export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

const DRAFT_OCTETS = 8

/** Makes a folder, and those above it, where it is not there. */
export async function makePrivateFolder(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: PRIVATE_FOLDER })
  if (made === undefined) return
  // The outer one last: until then nobody but root can put something else in the place of the inner one.
  for (const one of path === made ? [made] : [path, made]) {
    await using folder = await open(one, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    await handOver(folder, dirname(made))
  }
}

/**
 * What root makes for a gate that runs as somebody else has to be that one's: whose the folder is. Nobody but root can, and nobody else has to. By its descriptor:
 * whoever has the folder may have put another in the place of its name by now, such as a link to what is root's alone.
 */
async function handOver(made: FileHandle, folder: string): Promise<void> {
  const [own, whole] = await Promise.all([made.stat(), stat(folder)])
  if (own.uid === whole.uid) return
  await made.chown(whole.uid, whole.gid).catch((error: unknown) => {
    if (codeOf(error) !== 'EPERM') throw error
  })
}

async function writeDraft(path: string, text: string): Promise<string> {
  const draft = `${path}.${randomBytes(DRAFT_OCTETS).toString('hex')}.new`
  await using file = await open(draft, 'wx', PRIVATE_FILE)
  await file.writeFile(text)
  await file.sync()
  await handOver(file, dirname(path))
  return draft
}

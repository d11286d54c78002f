import { randomBytes } from 'node:crypto'
import { link, open, readFile, rename, rm, stat } from 'node:fs/promises'

/** For its owner alone. */
export const PRIVATE_FILE = 0o600
export const PRIVATE_FOLDER = 0o700
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

/** Whether anybody but its owner can read or change it. */
export async function isOpenToOthers(path: string): Promise<boolean> {
  const { mode } = await stat(path)
  return (mode & OTHERS) !== 0
}

export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

const DRAFT_OCTETS = 8

async function writeDraft(path: string, text: string): Promise<string> {
  const draft = `${path}.${randomBytes(DRAFT_OCTETS).toString('hex')}.new`
  const file = await open(draft, 'wx', PRIVATE_FILE)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  return draft
}

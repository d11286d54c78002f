import { rm, stat } from 'node:fs/promises'
import { renewAt } from './enrolment.ts'
import { isDue, readLinkFile, writeLinkFile } from './link-file.ts'
import { makePrivate } from './private-files.ts'

/** Who began so long ago and has not finished never will, in milliseconds. */
const STALE_MS = 5 * 60 * 1000

/** Has the gate know another certificate where the one in this file comes to its end. One process at a time does so. Rejects as `renewAt()` does. */
export async function renewIfDue(path: string, now: Date): Promise<void> {
  if (!isDue(await readLinkFile(path), now)) return
  const mark = `${path}.renewing`
  if (await isStale(mark, now)) await rm(mark, { force: true })
  if (!(await makePrivate(mark, ''))) return
  try {
    // Another process may have been faster.
    const file = await readLinkFile(path)
    if (isDue(file, now)) await writeLinkFile(path, await renewAt(file, now))
  } finally {
    await rm(mark, { force: true })
  }
}

async function isStale(path: string, now: Date): Promise<boolean> {
  try {
    return now.getTime() - (await stat(path)).mtimeMs > STALE_MS
  } catch {
    return false
  }
}

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PosternError } from '../../errors.ts'

export interface Lock {
  release(): void
}

/** SQLite's number for "somebody else has it". */
const SQLITE_BUSY = 5
/** Its numbers for what is no lock of ours any more. */
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

/**
 * Keeps every other Postern away from one settings file. SQLite locks through the system, which lets go when a process ends however
 * it ends: no lock is ever left behind. Errors: `SETTINGS_LOCKED`, `STATE_UNWRITABLE`, `STATE_DAMAGED` (`world`).
 */
export function lock(folder: string): Lock {
  const path = join(folder, 'lock')
  const holder = join(folder, 'lock.pid')
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    database?.close()
    if (hasCode(cause, SQLITE_BUSY)) throw locked(holder)
    if (hasCode(cause, SQLITE_CORRUPT) || hasCode(cause, SQLITE_NOTADB)) throw damagedLock(path, cause)
    const remedy = 'Make room on the disk, run this as root, or name another folder with --state.'
    throw new PosternError('world', 'STATE_UNWRITABLE', `Cannot lock ${path}`, { remedy, cause })
  }
  const held = database
  note(holder)
  return {
    release: () => {
      rmSync(holder, { force: true })
      held.close()
    },
  }
}

function hasCode(cause: unknown, code: number): boolean {
  return cause instanceof Error && 'errcode' in cause && cause.errcode === code
}

/** Nobody can hold it; but to take it away is safe only while nobody tries to. */
function damagedLock(path: string, cause: unknown): PosternError {
  return new PosternError('world', 'STATE_DAMAGED', `Cannot use the lock ${path}: it is damaged`, {
    remedy: 'Remove that file while no other Postern runs: nothing is remembered in it.',
    cause,
  })
}

/** Only for the words of an error: a full disk must not keep anybody from undoing. */
function note(holder: string): void {
  try {
    writeFileSync(holder, String(process.pid))
  } catch {
    rmSync(holder, { force: true })
  }
}

function locked(holder: string): PosternError {
  const pid = existsSync(holder) ? readFileSync(holder, 'utf8') : ''
  const who = /^\d+$/.test(pid) ? `process ${pid}` : 'another Postern'
  return new PosternError('world', 'SETTINGS_LOCKED', `Cannot change these settings now: ${who} is changing them`, {
    remedy: 'Wait until it has finished, then plan again.',
  })
}

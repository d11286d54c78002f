import { spawnSync } from 'node:child_process'
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  type Stats,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { PosternError } from '../../errors.ts'
import { syncFolder } from './state.ts'

/** A new content that is ready to take a file's place. */
export interface Staged {
  /** What could not be kept, in sentences. */
  readonly notes: readonly string[]
}

const PERMISSIONS = 0o7777
const ANYBODY_MAY_WRITE = 0o222
const COPY_PATIENCE_MS = 10_000

/** Beside the file, so that a rename is enough. Names with a dot in front, and with another ending, are included by no program. */
export function newName(path: string): string {
  return join(dirname(path), `.${basename(path)}.postern-new`)
}

/** The file as it was, under a second name: putting it back needs no room on the disk and keeps all that hangs on it. */
export function oldName(path: string): string {
  return join(dirname(path), `.${basename(path)}.postern-old`)
}

/** Errors: `SETTINGS_UNWRITABLE` (`input`) for a file that should not, or cannot, be replaced as it is. */
export function checkReplaceable(path: string): void {
  const found = lstatSync(path)
  if (!found.isFile()) throw unwritable(path, 'it is no plain file', 'Name the file itself.')
  if ((found.mode & ANYBODY_MAY_WRITE) === 0) throw unwritable(path, 'it is marked as read-only', `If that is a mistake: chmod u+w ${path}`)
  if (found.nlink > 1 && !existsSync(oldName(path)))
    throw unwritable(
      path,
      `it has ${found.nlink} names (hard links), and the others would keep the old settings`,
      'Make it a file of its own.',
    )
}

/**
 * Writes a new content beside a file, with owner, permissions and, through `cp`, ACLs, extended attributes and the SELinux label of the
 * file, and sees it safely onto the disk. Errors: `SETTINGS_UNWRITABLE`, and nothing is left behind.
 */
export function stage(path: string, content: Uint8Array): Staged {
  const temporary = newName(path)
  try {
    rmSync(temporary, { force: true })
    const descriptor = openSync(temporary, 'wx', 0o600)
    try {
      const notes = copyAttributes(path, temporary)
      keepOwner(path, descriptor)
      writeFileSync(descriptor, content)
      fsyncSync(descriptor)
      return { notes }
    } finally {
      closeSync(descriptor)
    }
  } catch (cause) {
    rmSync(temporary, { force: true })
    if (cause instanceof PosternError) throw cause
    throw unwritable(
      path,
      'a new file cannot be written beside it',
      'Make room on the disk, or run this as the owner of the folder.',
      cause,
    )
  }
}

/** Puts what was staged into the place of the file, which stays under its second name. */
export function swap(path: string): void {
  const old = oldName(path)
  rmSync(old, { force: true })
  try {
    linkSync(path, old)
  } catch {
    // FAT and some network disks know no second names.
    copyFileSync(path, old, constants.COPYFILE_EXCL)
    copyAttributes(path, old)
  }
  renameSync(newName(path), path)
  syncFolder(dirname(path))
}

/** Puts the file back that `swap` has replaced. False where it is not there any more. */
export function swapBack(path: string): boolean {
  const old = oldName(path)
  if (!existsSync(old)) return false
  renameSync(old, path)
  syncFolder(dirname(path))
  return true
}

/** Removes what `stage` and `swap` leave beside a file. */
export function tidy(path: string): void {
  rmSync(newName(path), { force: true })
  rmSync(oldName(path), { force: true })
}

/** Node.js knows owner and permissions only; GNU cp knows the rest. */
function copyAttributes(from: string, to: string): readonly string[] {
  const { status } = spawnSync('cp', ['--attributes-only', '--preserve=all', '--', from, to], {
    stdio: 'ignore',
    timeout: COPY_PATIENCE_MS,
  })
  if (status === 0) return []
  return [`ACLs, extended attributes and SELinux labels of ${from} could not be copied: there is no GNU cp that does it.`]
}

function keepOwner(path: string, descriptor: number): void {
  const old: Stats = lstatSync(path)
  const now = fstatSync(descriptor)
  if (process.platform === 'win32') return
  try {
    if (now.uid !== old.uid || now.gid !== old.gid) fchownSync(descriptor, old.uid, old.gid)
    // Of a file with an ACL the middle digit is its mask, which cp has copied already.
    if ((fstatSync(descriptor).mode & PERMISSIONS) !== (old.mode & PERMISSIONS)) fchmodSync(descriptor, old.mode & PERMISSIONS)
  } catch (cause) {
    throw unwritable(path, 'its owner could not be kept', 'Run this as root, or as the owner of the file.', cause)
  }
}

function unwritable(path: string, what: string, remedy: string, cause?: unknown): PosternError {
  return new PosternError('input', 'SETTINGS_UNWRITABLE', `Cannot change settings ${path}: ${what}`, { remedy, cause })
}

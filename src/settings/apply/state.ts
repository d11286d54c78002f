import { createHash } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { PosternError } from '../../errors.ts'

/** Others may neither read backups, which have secrets in them, nor write commands that are run again after a crash. */
export const PRIVATE_FOLDER = 0o700
const PRIVATE_FILE = 0o600
const OTHERS_MAY_WRITE = 0o022

/** Where everything that is remembered of one settings file is: `<state>/settings/<name>-<hash of its path>`. */
export function folderOf(state: string, file: string): string {
  const hash = createHash('sha256').update(file).digest('hex').slice(0, 12)
  return join(state, 'settings', `${basename(file)}-${hash}`)
}

/** Whether a change of this file was begun and neither finished nor taken back. Costs next to nothing. */
export function isInterrupted(state: string, file: string): boolean {
  return existsSync(join(folderOf(state, file), 'pending'))
}

/** Makes a folder that is nobody else's. Errors: `STATE_UNWRITABLE` (`world`), `STATE_UNSAFE` (`input`). */
export function makePrivate(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER })
  } catch (cause) {
    throw unwritable(folder, cause)
  }
  checkOwn(folder)
}

/** Errors: `STATE_UNSAFE` where somebody else could have written what stands there. */
export function checkOwn(folder: string): void {
  const { uid, mode } = lstatSync(folder)
  const own = process.getuid === undefined || uid === process.getuid()
  if (own && (mode & OTHERS_MAY_WRITE) === 0) return
  const what = own ? 'others may write into it' : 'it belongs to somebody else'
  throw new PosternError('input', 'STATE_UNSAFE', `Cannot trust the state folder ${folder}: ${what}`, {
    remedy: 'Name a folder of your own with --state, or take the permissions of others away.',
  })
}

/** Writes a file so that after a power cut it is there as a whole, or as it was. Errors: `STATE_UNWRITABLE`. */
export function writeDurably(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.new`
  try {
    const descriptor = openSync(temporary, 'w', PRIVATE_FILE)
    try {
      writeFileSync(descriptor, content)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    chmodSync(temporary, PRIVATE_FILE)
    renameSync(temporary, path)
    syncFolder(join(path, '..'))
  } catch (cause) {
    throw unwritable(path, cause)
  }
}

/** Makes renames in a folder survive a power cut. Windows has no such thing. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** The JSON in a file; undefined where there is no such file. Errors: `STATE_DAMAGED`. */
export function readJson(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw damaged(path, cause)
  }
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch (cause) {
    throw damaged(path, cause)
  }
}

export function damaged(path: string, cause?: unknown): PosternError {
  return new PosternError('world', 'STATE_DAMAGED', `Cannot use what was remembered in ${path}: it is damaged`, {
    remedy: 'Compare the settings file with the copies beside it by hand, then move the folder away.',
    cause,
  })
}

export function unwritable(path: string, cause: unknown): PosternError {
  return new PosternError('world', 'STATE_UNWRITABLE', `Cannot write ${path}, where Postern remembers changes`, {
    remedy: 'Make room on the disk, run this as root, or name another folder with --state.',
    cause,
  })
}

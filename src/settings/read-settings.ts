import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  type Stats,
} from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { PosternError } from '../errors.ts'
import type { ReadOptions } from './adapter.ts'
import { fileOf, type SettingsFile } from './settings-file.ts'

/** The largest settings of a big site have a few megabytes; what is larger is something else. */
export const MAX_SETTINGS_BYTES: number = 32 * 1024 * 1024

const MEGABYTE = 1024 * 1024

/**
 * The settings file at a path. Errors, all of them `input` and with nothing touched: `SETTINGS_UNREADABLE`, `SETTINGS_SYMLINK` unless
 * `follow`, `SETTINGS_SIZE`, and, unless `broken` is welcome because it is to be replaced, `SETTINGS_EMPTY`, `SETTINGS_BINARY`.
 */
export function readSettings(
  path: string,
  { follow = false, broken = false }: { readonly follow?: boolean; readonly broken?: boolean } = {},
): SettingsFile {
  const found = look(path)
  if (found.isSymbolicLink() && !follow) throw symlink(path)
  // What is no plain file is not even opened: a pipe would wait for ever, and a device may act.
  if (found.isSymbolicLink() && !statOf(path).isFile()) throw unreadable(path, 'it leads to something that is no file')
  if (!found.isSymbolicLink() && !found.isFile()) throw unreadable(path, kindOf(found))
  const bytes = bytesAt(path, follow)
  return broken ? fileOf(path, bytes) : checked(path, bytes)
}

/**
 * How an adapter comes to the files that the first one names: relative names are looked up from its folder, links are followed, and
 * what is not there is undefined.
 */
export function neighboursOf(first: string): Required<Pick<ReadOptions, 'more' | 'list'>> {
  const pathOf = (name: string): string => (isAbsolute(name) ? name : join(dirname(first), name))
  return {
    more: (name) => {
      const path = pathOf(name)
      return statIfThere(path)?.isFile() === true ? fileOf(path, bytesAt(path, true)) : undefined
    },
    list: (folder) => {
      const path = pathOf(folder)
      if (statIfThere(path)?.isDirectory() !== true) return []
      return namesIn(path)
        .map((name) => join(path, name))
        .filter((one) => statIfThere(one)?.isFile() === true)
    },
  }
}

/** Links that lead nowhere, or round in a circle, are not there. Errors: `SETTINGS_UNREADABLE`. */
function statIfThere(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (cause) {
    if (codeOf(cause) === 'ELOOP') return undefined
    throw unreadable(path, notThere(cause), cause)
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted()
  } catch (cause) {
    throw unreadable(folder, 'you may not look into this folder', cause)
  }
}

/** The file itself, wherever links lead: what is locked, written and remembered. Errors: `SETTINGS_UNREADABLE`. */
export function realPath(path: string): string {
  try {
    return realpathSync(resolve(path))
  } catch (cause) {
    throw unreadable(path, 'it is not there', cause)
  }
}

/** Whether something is there, and what. Errors: `SETTINGS_UNREADABLE`. */
export function look(path: string): Stats {
  try {
    return lstatSync(path)
  } catch (cause) {
    throw unreadable(path, notThere(cause), cause)
  }
}

function statOf(path: string): Stats {
  try {
    return statSync(path)
  } catch (cause) {
    throw unreadable(path, 'it is a symbolic link that leads nowhere', cause)
  }
}

function notThere(cause: unknown): string {
  const code = codeOf(cause)
  if (code === 'ENOENT') return 'it is not there'
  if (code === 'EACCES') return 'you may not look into its folder'
  return 'it cannot be looked at'
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'it is a folder'
  if (found.isFIFO()) return 'it is a pipe'
  if (found.isSocket()) return 'it is a socket'
  return 'it is a device'
}

/** The size is looked at before a byte is read, and what is read never exceeds it, even if the file grows meanwhile. */
function bytesAt(path: string, follow: boolean): Uint8Array {
  let descriptor: number
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | (follow ? 0 : constants.O_NOFOLLOW))
  } catch (cause) {
    throw unreadable(path, denied(cause) ? 'you may not read it' : 'it cannot be opened', cause)
  }
  try {
    const { size } = fstatSync(descriptor)
    if (size > MAX_SETTINGS_BYTES) throw tooLarge(path, size)
    return readFileSync(descriptor)
  } catch (cause) {
    if (cause instanceof PosternError) throw cause
    throw unreadable(path, 'reading it fails', cause)
  } finally {
    closeSync(descriptor)
  }
}

function denied(cause: unknown): boolean {
  return codeOf(cause) === 'EACCES' || codeOf(cause) === 'EPERM'
}

function checked(path: string, bytes: Uint8Array): SettingsFile {
  const file = fileOf(path, bytes)
  if (file.text.trim() === '') {
    throw new PosternError('input', 'SETTINGS_EMPTY', `Cannot read settings ${path}: the file is empty`, {
      remedy: 'Name the file that the program really reads, or put a backup back.',
    })
  }
  const zero = file.text.indexOf('\0')
  if (zero === -1) return file
  const wide = /^(?:\xff\xfe|\xfe\xff)/.test(file.text)
  const what = wide ? 'it is text in UTF-16, which none of these programs reads' : `it is no text: byte ${zero + 1} is zero`
  throw new PosternError('input', 'SETTINGS_BINARY', `Cannot read settings ${path}: ${what}`, {
    remedy: wide ? 'Save it as UTF-8.' : 'Name the settings file, not a program, an archive or a database.',
  })
}

/**
 * Reads what may be nested or repeated without end. Errors: `SETTINGS_TOO_DEEP`, `input`, where that takes more than there is room for;
 * those of `work`.
 */
export function withinReason<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    const message = `Cannot read settings ${path}: blocks, names that stand for others, or a line in it have no end`
    throw new PosternError('input', 'SETTINGS_TOO_DEEP', message, { remedy: 'Check that this is the settings file.', cause })
  }
}

function unreadable(path: string, what: string, cause?: unknown): PosternError {
  const remedy =
    what === 'you may not read it'
      ? 'Run this as root, or as the user that the service runs as.'
      : 'Name a settings file, or a folder that has one, and check the permissions.'
  return new PosternError('input', 'SETTINGS_UNREADABLE', `Cannot read settings ${path}: ${what}`, { remedy, cause })
}

function symlink(path: string): PosternError {
  const leads = realPath(path)
  return new PosternError('input', 'SETTINGS_SYMLINK', `Cannot read settings ${path}: it is a symbolic link to ${leads}`, {
    remedy: `Name ${leads} itself, or add --follow.`,
  })
}

function tooLarge(path: string, size: number): PosternError {
  const most = MAX_SETTINGS_BYTES / MEGABYTE
  const message = `Cannot read settings ${path}: it has ${Math.round(size / MEGABYTE)} MB, and ${most} MB are the most`
  return new PosternError('input', 'SETTINGS_SIZE', message, { remedy: 'Check that this is the settings file.' })
}

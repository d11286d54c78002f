import { accessSync, closeSync, constants, openSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { PosternError } from '../errors.ts'
import type { Terminal } from './terminal.ts'

const STDIN = 0
/** Octets that are read at once. */
const PIECE = 64 * 1024

/** The text of a file that somebody named; `-` is standard input. Errors: `FILE_UNREADABLE`, `input`. */
export function readText(file: string, terminal: Terminal, remedy = 'Check the name and the permissions.'): string {
  try {
    return readFileSync(file === '-' ? STDIN : resolve(terminal.cwd, file), 'utf8')
  } catch (error) {
    const isFolder = error instanceof Error && 'code' in error && error.code === 'EISDIR'
    throw new PosternError('input', 'FILE_UNREADABLE', `Cannot read ${file}`, {
      remedy,
      cause: isFolder ? new Error('it is a folder') : error,
    })
  }
}

/** What a file holds, or the beginning of it: one octet more than `most` says that there is more. `-` is standard input. Errors: `FILE_UNREADABLE`, `input`. */
export function readBytes(file: string, most: number, terminal: Terminal): Uint8Array {
  const parts: Uint8Array[] = []
  try {
    const descriptor = file === '-' ? STDIN : openSync(resolve(terminal.cwd, file), 'r')
    try {
      for (let left = most + 1, count = 1; left > 0 && count > 0; left -= count) {
        const part = new Uint8Array(Math.min(left, PIECE))
        count = readSync(descriptor, part)
        parts.push(part.slice(0, count))
      }
    } finally {
      if (descriptor !== STDIN) closeSync(descriptor)
    }
  } catch (cause) {
    throw new PosternError('input', 'FILE_UNREADABLE', `Cannot read ${file}`, { remedy: 'Check the name and the permissions.', cause })
  }
  return Buffer.concat(parts)
}

/** The same of a file of lines, where anything but text would only make thousands of errors. Errors: `FILE_UNREADABLE`, `input`. */
export function readLines(file: string, terminal: Terminal): string {
  const text = readText(file, terminal)
  // UTF-16, which old editors of Windows write, is full of them.
  if (!text.includes('\0')) return text
  throw new PosternError('input', 'FILE_UNREADABLE', `Cannot read ${file}: it is no text in UTF-8`, {
    remedy: 'Name a text file, and save it as UTF-8.',
  })
}

/** Writes a text in its pieces. Errors: `FILE_UNWRITABLE`, `input`. */
export function writeText(file: string, pieces: readonly string[] | Generator<string>, terminal: Terminal): void {
  try {
    const descriptor = openSync(resolve(terminal.cwd, file), 'w')
    try {
      for (const piece of pieces) writeFileSync(descriptor, piece)
    } finally {
      closeSync(descriptor)
    }
  } catch (cause) {
    throw unwritable(file, cause)
  }
}

/** Fails before long work whose result could not be written, and creates nothing. Errors: `FILE_UNWRITABLE`, `input`. */
export function checkWritable(file: string, terminal: Terminal): void {
  const path = resolve(terminal.cwd, file)
  try {
    const there = statSync(path, { throwIfNoEntry: false })
    if (there?.isDirectory() === true) throw new Error('it is a folder')
    accessSync(there === undefined ? dirname(path) : path, constants.W_OK)
  } catch (cause) {
    throw unwritable(file, cause)
  }
}

/** Nothing is written over what was written a moment ago. Errors: `FILE_TWICE`, `input`. */
export function checkDifferent(files: readonly (string | undefined)[], terminal: Terminal): void {
  const paths = files.flatMap((file) => (file === undefined ? [] : [resolve(terminal.cwd, file)]))
  const twice = paths.find((path, index) => paths.indexOf(path) !== index)
  if (twice === undefined) return
  throw new PosternError('input', 'FILE_TWICE', `Cannot write two reports to ${twice}`, { remedy: 'Name a file for each.' })
}

function unwritable(file: string, cause: unknown): PosternError {
  return new PosternError('input', 'FILE_UNWRITABLE', `Cannot write ${file}`, {
    remedy: 'Name a file in a folder that exists and may be written to, on a disk with room.',
    cause,
  })
}

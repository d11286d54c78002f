import { spawnSync } from 'node:child_process'
import { realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Adapter, Answer, Ask, Installed } from '../adapter.ts'
import { zipEntry } from './zip-entry.ts'

/** A program that knows its version says it at once. */
const PATIENCE_MS = 2000
const MOST_OUTPUT = 256 * 1024

const OF_SYSTEM = ['/usr/sbin', '/usr/bin']
const OF_LOCAL = ['/usr/local/sbin', '/usr/local/bin', '/usr/local/nginx/sbin']

/** What is installed where this file belongs to; undefined where nobody can say. */
export function askInstalled({ installed }: Pick<Adapter, 'installed'>, path: string): Installed | undefined {
  if (process.platform === 'win32') return undefined
  return installed?.(path, askFor(path))
}

/** Programs are looked for in the system's own folders and never on a search path, which somebody else may have set. */
function askFor(path: string): Ask {
  const folders = path.startsWith('/usr/local/') ? OF_LOCAL : [...OF_SYSTEM, ...OF_LOCAL]
  return {
    run: (program, ...args) => {
      const found = folders.map((folder) => join(folder, program)).find(isOfSystem)
      return found === undefined ? undefined : said(found, args)
    },
    entry: (archive, name) => {
      const text = zipEntry(archive, name)
      return text === undefined ? undefined : { text, by: archive }
    },
  }
}

/** Only root can have put it there. */
function isOfSystem(program: string): boolean {
  try {
    const { uid, mode } = statSync(realpathSync(program))
    return uid === 0 && (mode & WRITABLE_BY_OTHERS) === 0
  } catch {
    return false
  }
}

const WRITABLE_BY_OTHERS = 0o022

function said(program: string, args: readonly string[]): Answer | undefined {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: '/',
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    maxBuffer: MOST_OUTPUT,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  })
  return status === 0 ? { text: `${stdout}${stderr}`, by: program } : undefined
}

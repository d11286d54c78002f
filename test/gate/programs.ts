import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext } from 'node:test'

export interface Said {
  readonly status: number
  readonly out: string
}

/** Where programs of people are run, with nothing in it but what tests put there. */
export interface Desk {
  readonly folder: string
  /** `input` is what it reads and the end of it. */
  readonly run: (program: string, words: readonly string[], input?: string) => Promise<Said>
  /** Writes a file that nobody else may read, and gives its path. */
  readonly write: (name: string, text: string) => string
}

/** A desk for the tests of a file. */
export function desk(): Desk {
  const folder = mkdtempSync(join(tmpdir(), 'postern-clients-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: folder, LANG: 'C', TERM: 'dumb', MAILDIR: folder }
  return {
    folder,
    run: (program, words, input = '') =>
      new Promise((resolve) => {
        const child = execFile(program, words, { timeout: 30_000, env, cwd: folder, maxBuffer: 1 << 24 }, (error, out, err) =>
          resolve({ status: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, out: out + err }),
        )
        child.stdin?.on('error', () => {})
        child.stdin?.end(input)
      }),
    write: (name, text) => {
      writeFileSync(join(folder, name), text, { mode: 0o600 })
      return join(folder, name)
    },
  }
}

/** What lasts as long as the tests of a `describe`, in which it has to be called. */
export function lasting(): Pick<TestContext, 'after'> {
  const ends: (() => unknown)[] = []
  after(async () => {
    for (const end of ends.toReversed()) await end()
  })
  return { after: (end) => void ends.push(end as () => unknown) }
}

/** A message whose lines are such that somebody on its way might take them for something else. */
export const MESSAGE = 'From: a@example.org\nTo: b@example.net\nSubject: through the gate\n\nA line.\n.\n..A line with dots\nThe last.\n'
export const CRLF: string = MESSAGE.replaceAll('\n', '\r\n')

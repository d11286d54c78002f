import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { PosternError } from '../../errors.ts'
import type { Login } from '../../dialects/index.ts'

/** Where the secret of a login comes from. */
export interface LoginConfig {
  readonly user: string
  readonly from:
    /** A path: its first line, read at each login. */
    | { readonly kind: 'password' | 'token'; readonly file: string }
    /** A program with its words, which prints a token, alone or as RFC 6749 §5.1 has it. */
    | { readonly kind: 'token'; readonly command: readonly string[] }
}

/** Nobody but the owner may read it or change it; its group may read. */
const OTHERS = 0o037
/** Milliseconds that a command may take. */
const PATIENCE = 10_000
const LONGEST = 16 * 1024
/** Milliseconds that a token holds of which nobody says how long. */
const USUAL_LIFE = 300_000
/** It is given up so many milliseconds before its end. */
const EARLY = 60_000

const run = promisify(execFile)

/** Why a file of a secret must not be used, as a clause; undefined where it may be. */
export async function secretFault(file: string): Promise<string | undefined> {
  try {
    return ((await stat(file)).mode & OTHERS) === 0 ? undefined : 'others can read or change it'
  } catch {
    return 'it cannot be read'
  }
}

/** The secret of a login, asked for when it is wanted. It is in no error and in no log. */
export class Secret {
  readonly #config: LoginConfig
  readonly #clock: () => number
  #token: { readonly text: string; readonly until: number } | undefined
  #running: Promise<string> | undefined

  /** `clock`: milliseconds of a clock that nobody sets. */
  constructor(config: LoginConfig, clock: () => number) {
    this.#config = config
    this.#clock = clock
  }

  /** Rejects with `OUTLET_SECRET`. */
  async login(): Promise<Login> {
    const { user, from } = this.#config
    const secret = 'file' in from ? await this.#read(from.file) : await this.#fromCommand(from.command)
    if (!/^[^\r\n\0]+$/.test(secret)) throw this.#unusable('it is empty, or has control characters in it')
    return { user, kind: from.kind, secret }
  }

  /** It was refused: the next time a new one is asked for. */
  forget(): void {
    this.#token = undefined
  }

  async #read(file: string): Promise<string> {
    const fault = await secretFault(file)
    if (fault !== undefined) throw this.#unusable(fault)
    const text = await readFile(file, 'utf8').catch(() => '')
    return (text.split(/\r?\n/, 1)[0] ?? '').trim()
  }

  /** However many ask at once, the program runs once. */
  async #fromCommand(command: readonly string[]): Promise<string> {
    if (this.#token !== undefined && this.#token.until > this.#clock()) return this.#token.text
    this.#running ??= this.#run(command).finally(() => (this.#running = undefined))
    return this.#running
  }

  async #run([program = '', ...words]: readonly string[]): Promise<string> {
    const asked = this.#clock()
    const { stdout } = await run(program, words, { timeout: PATIENCE, killSignal: 'SIGKILL', maxBuffer: LONGEST }).catch(() => {
      throw this.#unusable('the program that prints it failed, or took longer than 10 s')
    })
    const { token, life } = tokenIn(stdout)
    this.#token = { text: token, until: asked + Math.max(0, life - EARLY) }
    return token
  }

  #unusable(why: string): PosternError {
    const { user, from } = this.#config
    const what = 'file' in from ? `the ${from.kind} in ${from.file}` : `the token of ${from.command[0] ?? ''}`
    return new PosternError('input', 'OUTLET_SECRET', `Cannot use ${what} for ${user}: ${why}`, {
      remedy: 'See that this user, and no other, can read it, and that the program prints a token.',
    })
  }
}

function tokenIn(printed: string): { readonly token: string; readonly life: number } {
  const text = printed.trim()
  if (!text.startsWith('{')) return { token: text, life: USUAL_LIFE + EARLY }
  const found: unknown = parsed(text)
  if (typeof found !== 'object' || found === null || !('access_token' in found)) return { token: '', life: 0 }
  const life = 'expires_in' in found && typeof found.expires_in === 'number' ? 1000 * found.expires_in : USUAL_LIFE + EARLY
  return { token: typeof found.access_token === 'string' ? found.access_token : '', life }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

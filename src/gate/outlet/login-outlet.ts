import { createHash, timingSafeEqual } from 'node:crypto'
import { duplexPair, type Duplex } from 'node:stream'
import { PosternError } from '../../errors.ts'
import type { Claim, FetchedDialect, LoggedIn, LoginDoor, LoginStep, OnwardOutcome, OnwardScript } from '../../dialects/index.ts'
import { clientKey } from '../client-key.ts'
import { closeBehind } from '../closing.ts'
import type { ClientFacts } from '../facts.ts'
import { converse } from './converse.ts'
import { Guesses } from './guesses.ts'
import { Secret, type LoginConfig } from './secret.ts'

/** A user of the service, and as whom to log in at the server behind. */
export interface LocalLogin {
  readonly user: string
  /** The password that the user has here. */
  readonly password: LoginConfig
  readonly onward: LoginConfig
}

export interface LoginOutletSettings {
  readonly dialect: FetchedDialect
  /** The name that the gate goes by. */
  readonly name: string
  /** Milliseconds for the greeting and the login at the server behind. */
  readonly patience: number
  /** By so many bits IPv6 clients are told apart. */
  readonly ipv6Prefix: number
}

interface Known {
  readonly user: string
  readonly password: Secret
  readonly onward: Secret
}

/** Takes a password from clients, and logs in with another secret at the server behind: for clients that know nothing of OAuth. */
export class LoginOutlet {
  readonly #known: readonly Known[]
  readonly #settings: LoginOutletSettings
  readonly #guesses: Guesses

  constructor(logins: readonly LocalLogin[], settings: LoginOutletSettings) {
    const clock = (): number => performance.now()
    this.#guesses = new Guesses(clock)
    this.#known = logins.map(({ user, password, onward }) => ({
      user,
      password: new Secret(password, clock),
      onward: new Secret(onward, clock),
    }))
    this.#settings = settings
  }

  /** A connection for one client, as if to the server. `connect`: to the server itself, whose greeting is left to be read. Never rejects. */
  reach({ address }: Pick<ClientFacts, 'address'>, connect: () => Promise<Duplex>): Promise<Duplex> {
    const [outside, inside] = duplexPair()
    outside.once('end', () => outside.end())
    const left = new AbortController()
    outside.once('close', () => left.abort())
    const caller = { key: clientKey(address, this.#settings.ipv6Prefix), left: left.signal, guesses: this.#guesses, connect }
    new LoginSession(inside, caller, this.#known, this.#settings).start()
    return Promise.resolve(outside)
  }
}

/** Who wants to log in. */
interface Caller {
  /** Whom it is told apart by. */
  readonly key: string
  /** It is gone. */
  readonly left: AbortSignal
  readonly guesses: Guesses
  /** To the server behind. */
  readonly connect: () => Promise<Duplex>
}

class LoginSession {
  readonly #client: Duplex
  readonly #caller: Caller
  readonly #known: readonly Known[]
  readonly #settings: LoginOutletSettings
  readonly #login: LoginDoor

  constructor(client: Duplex, caller: Caller, known: readonly Known[], settings: LoginOutletSettings) {
    this.#client = client
    this.#caller = caller
    this.#known = known
    this.#settings = settings
    this.#login = settings.dialect.door(settings.name)
  }

  start(): void {
    const client = this.#client
    client.on('error', () => {})
    client.on('data', this.#heard)
    client.once('end', this.#done)
    client.write(this.#login.start())
  }

  readonly #heard = (bytes: Uint8Array): void => this.#perform(this.#login.push(bytes))
  readonly #done = (): void => closeBehind(this.#client)

  #perform({ toClient, claim, end }: LoginStep): void {
    if (toClient !== '') this.#client.write(toClient)
    if (end === true) return this.#done()
    if (claim !== undefined) void this.#answer(claim)
    else if (this.#client.isPaused()) this.#client.resume()
  }

  async #answer(claim: Claim): Promise<void> {
    const { key, left, guesses } = this.#caller
    this.#client.pause()
    // Before it is looked at: whoever does not wait for the answer has guessed nothing.
    await waited(guesses.wait(key), left)
    if (left.aborted) return
    const known = await this.#find(claim)
    if (known === undefined) {
      guesses.wrong(key)
      return this.#perform(this.#login.refuse('wrong user or password'))
    }
    guesses.right(key)
    const found = await this.#logIn(known)
    if (typeof found === 'string') return this.#perform(this.#login.refuse(found, 'unavailable'))
    if (this.#client.destroyed) return void found.server.destroy()
    this.#join(found)
  }

  /** Somebody of that name with that password; whoever tries learns nothing from how long it takes. */
  async #find({ user, password }: Claim): Promise<Known | undefined> {
    const known = this.#known.find((one) => one.user === user)
    const right = await known?.password.login().catch(() => undefined)
    const isRight = timingSafeEqual(digest(password), digest(right?.secret ?? ''))
    return isRight && right !== undefined ? known : undefined
  }

  /** The server, logged in; or why not, as a clause in ASCII. */
  async #logIn({ onward }: Known): Promise<Reached | string> {
    let server: Duplex | undefined
    try {
      const login = await onward.login()
      server = await this.#caller.connect()
      const outcome = await loggedIn(server, this.#settings.dialect.onward(login), this.#settings.patience)
      if (outcome.kind === 'ready') return { server, ready: outcome }
      server.destroy()
      if (outcome.kind === 'no-way') return `the server behind offers no way to log in with a ${login.kind}`
      onward.forget()
      return plain(`the server behind does not let ${login.user} log in: ${outcome.words}`)
    } catch (error) {
      server?.destroy()
      return plain(error instanceof PosternError ? error.message : 'something went wrong')
    }
  }

  #join({ server, ready }: Reached): void {
    const client = this.#client
    client.off('data', this.#heard)
    client.off('end', this.#done)
    client.write(this.#login.welcome(ready) + ready.behind, 'latin1')
    const rest = this.#login.rest()
    if (rest.length > 0) server.write(rest)
    server.on('error', () => client.destroy())
    server.once('close', () => closeBehind(client))
    client.once('close', () => server.destroy())
    client.pipe(server)
    server.pipe(client)
  }
}

/** A server that has let somebody in, and what it said. */
interface Reached {
  readonly server: Duplex
  readonly ready: LoggedIn
}

function waited(milliseconds: number, left: AbortSignal): Promise<void> {
  if (milliseconds === 0 || left.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      left.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    left.addEventListener('abort', done)
  })
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function plain(words: string): string {
  return words.replaceAll(/[^\x20-\x7e]+/g, '?').slice(0, LONGEST_WORDS)
}

const LONGEST_WORDS = 400

/** What the login has come to. */
async function loggedIn(server: Duplex, onward: OnwardScript, patience: number): Promise<OnwardOutcome> {
  const outcome = await converse(server, onward, '', patience)
  if (outcome.kind === 'lost') return { kind: 'refused', words: 'it has closed the connection' }
  if (outcome.kind === 'late') return { kind: 'refused', words: 'it does not answer in time' }
  return outcome
}

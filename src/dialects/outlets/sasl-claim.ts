import type { Claim } from './login-door.ts'

/** What is said next (in base64), whom the client claims to be, or why neither. */
export type Claimed = { readonly ask: string } | { readonly claim: Claim } | { readonly fault: string }

/** A client that logs in by PLAIN (RFC 4616 §2) or LOGIN, as the server hears it. */
export class SaslClaim {
  #waits: 'plain' | 'user' | 'password' | undefined
  #user = ''

  /** What comes next is a line of the exchange. */
  get isRunning(): boolean {
    return this.#waits !== undefined
  }

  /** `initial`: what came with the name, in base64. */
  begin(mechanism: string, initial: string | undefined): Claimed {
    const name = mechanism.toUpperCase()
    if (name === 'PLAIN' && initial !== undefined) return plain(initial)
    if (name === 'PLAIN') return this.#wait('plain', '')
    return name === 'LOGIN' && initial === undefined ? this.#wait('user', 'VXNlcm5hbWU6') : { fault: 'no such mechanism' }
  }

  answer(line: string): Claimed {
    const waited = this.#waits
    this.#waits = undefined
    if (line === '*') return { fault: 'given up' }
    if (waited === 'plain') return plain(line)
    if (waited === 'password') return { claim: { user: this.#user, password: decoded(line) } }
    this.#user = decoded(line)
    return this.#wait('password', 'UGFzc3dvcmQ6')
  }

  #wait(next: 'plain' | 'user' | 'password', ask: string): Claimed {
    this.#waits = next
    return { ask }
  }
}

function plain(text: string): Claimed {
  const [as, user, password, ...more] = decoded(text).split('\0')
  if (user === undefined || password === undefined || more.length > 0 || (as !== '' && as !== user)) return { fault: 'bad PLAIN' }
  return { claim: { user, password } }
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}

import { concealing } from './concealed.ts'
import { ImapLogin } from './imap-login.ts'
import { ImapOnward } from './imap-onward.ts'
import type { LoginDoor } from './login-door.ts'
import type { OnwardScript } from './onward.ts'
import { Pop3Login } from './pop3-login.ts'
import { Pop3Onward } from './pop3-onward.ts'
import type { Login } from './sasl.ts'

/** A dialect of which somebody can log in for a client: the end that the client meets, and the one that meets the server. */
export interface FetchedDialect {
  /** `name`: the one that the gate goes by. */
  readonly door: (name: string) => LoginDoor
  readonly onward: (login: Login) => OnwardScript
}

/** By the name of the dialect. */
export const FETCHED: Readonly<Record<string, FetchedDialect>> = {
  pop3: { door: (name) => new Pop3Login(name), onward: (login) => quietly(new Pop3Onward(login), login) },
  imap: { door: (name) => new ImapLogin(name), onward: (login) => quietly(new ImapOnward(login), login) },
}

/** What a server repeats of the secret is in no outcome. What it says behind that is for the client as it is, since its octets may be counted. */
function quietly(script: OnwardScript, login: Login): OnwardScript {
  const conceal = concealing(login)
  return {
    push: (bytes) => {
      const { send, outcome } = script.push(bytes)
      if (outcome === undefined || outcome.kind === 'no-way') return { send, outcome }
      const words = conceal(outcome.words)
      return { send, outcome: outcome.kind === 'ready' ? { ...outcome, words, before: conceal(outcome.before) } : { ...outcome, words } }
    },
  }
}

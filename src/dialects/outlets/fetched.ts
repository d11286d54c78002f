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
  pop3: { door: (name) => new Pop3Login(name), onward: (login) => new Pop3Onward(login) },
  imap: { door: (name) => new ImapLogin(name), onward: (login) => new ImapOnward(login) },
}

/**
 * Hostile and historic servers for tests: what no stack on today's machines speaks any more, and peers that are
 * broken, slow or malicious. They are written byte by byte and share nothing with `src/wire`, so that a mistake there
 * cannot hide. They are no servers for anything else: keys are made on the spot, secrets are not kept, and several of
 * the flaws are real.
 *
 *     const server = await startHostile('heartbleed', { starttls: 'smtp' })
 *     const posture = await audit(`smtp://${server.host}:${server.port}`)
 *     assert.ok(holds(hostileRow('heartbleed').truth.flaws?.heartbleed, posture.flaws.heartbleed))
 *     await server.stop()
 *
 * Any posture at all, for property tests: `startHostile(scripted({ versions: [0x0301], suites: [0x000a] }))`, and
 * `truthOf()` of the same script says what has to be found. `scripts()` is the arbitrary of such scripts.
 */
import { listen, type Behaviour, type HostileServer, type ListenOptions } from './listener.ts'
import { BEAST } from './rows-beast.ts'
import { CCS } from './rows-ccs.ts'
import { HEARTBLEED } from './rows-heartbleed.ts'
import { INJECTION } from './rows-injection.ts'
import { INTOLERANCE } from './rows-intolerance.ts'
import { MAIL_PEERS } from './rows-mail-peers.ts'
import { PEERS } from './rows-peers.ts'
import { POSTURES } from './rows-posture.ts'
import { ROBOT } from './rows-robot.ts'
import { RENEGOTIATION, SESSIONS } from './rows-sessions.ts'
import { SSLV2 } from './rows-sslv2.ts'
import type { Row, Variation } from './row.ts'

/** Every server there is: name, what it does, and what an honest audit comes to. */
export const HOSTILE: readonly Row[] = [
  ...POSTURES,
  ...SSLV2,
  ...HEARTBLEED,
  ...CCS,
  ...ROBOT,
  ...SESSIONS,
  ...RENEGOTIATION,
  ...BEAST,
  ...INJECTION,
  ...INTOLERANCE,
  ...PEERS,
  ...MAIL_PEERS,
]

const rows: ReadonlyMap<string, Row> = new Map(HOSTILE.map((row) => [row.name, row]))

/** The row of this name; throws for one that is not there. */
export function hostileRow(name: string): Row {
  const row = rows.get(name)
  if (!row) throw new Error(`there is no hostile server named ${name}`)
  return row
}

/** Starts a server of the list by its name, or any behaviour, on a free port of loopback. */
export async function startHostile(what: string | Behaviour, options: Variation & ListenOptions = {}): Promise<HostileServer> {
  if (typeof what !== 'string') return listen(what, options)
  const row = hostileRow(what)
  return listen(row.make(options), { ...row.listen, ...options })
}

export { scripts } from './arbitrary.ts'
export { scripted } from './scripted.ts'
export { script, SSLV2_KINDS, type Reaction, type Script } from './script.ts'
export { holds, type Expected, type Row, type Truth, type Variation } from './row.ts'
export { truthOf } from './truth.ts'
export type { Behaviour, HostileServer, ListenOptions } from './listener.ts'
export type { Seen } from './wire.ts'
export type { DialogueName } from './dialogue.ts'

import type { DialogueName } from './dialogue.ts'
import { TLS12, TLS13 } from './numbers.ts'
import { tlsRow, type Row, type Truth } from './row.ts'
import type { InjectionHabit } from './script.ts'

const DOORS: readonly DialogueName[] = ['smtp', 'lmtp', 'imap', 'pop3', 'sieve', 'ftp', 'nntp', 'irc']

const row = (starttls: DialogueName, name: string, does: string, injection: InjectionHabit, truth: Truth): Row =>
  tlsRow(`${starttls}-starttls-${name}`, `${starttls}: ${does}`, { starttls, injection, versions: [TLS12, TLS13] }, truth)

const safe: Truth = { reach: 'whole', flaws: { starttlsInjection: false }, clear: { starttls: 'offered', textAfterGoAhead: false } }

/** CVE-2011-0411: what becomes of text that comes together with the STARTTLS command. */
export const INJECTION: readonly Row[] = DOORS.flatMap((door) => [
  row(door, 'injection', 'keeps the text and executes it after the handshake', 'executes', { ...safe, flaws: { starttlsInjection: true } }),
  row(door, 'drops', 'throws the text away', 'drops', safe),
  row(door, 'refuses', 'refuses the command when text came with it', 'refuses', safe),
  row(door, 'answers-in-clear', 'answers the text in clear behind its go-ahead', 'answers-in-clear', {
    reach: 'whole',
    flaws: { starttlsInjection: [false, 'unknown'] },
  }),
])

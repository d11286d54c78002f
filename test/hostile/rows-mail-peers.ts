import { speakClear } from './dialogue.ts'
import type { Behaviour } from './listener.ts'
import { TLS10, TLS12 } from './numbers.ts'
import type { Row, Truth, Variation } from './row.ts'
import { scripted } from './scripted.ts'
import type { Wire } from './wire.ts'

const HOST = 'hostile.example'
const GREETING = `220 ${HOST} ESMTP\r\n`
const EHLO = [`250-${HOST}`, '250-PIPELINING', '250-SIZE 10240000', '250-STARTTLS', '250 8BITMIME']
const reply = (lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('')

const nothing: Truth = { reach: 'none' }
const noStarttls: Truth = { reach: 'none', clear: { starttls: 'missing' } }
const refused: Truth = { reach: 'none', clear: { starttls: ['offered', 'refused', 'unknown'] } }
const putOff: Truth = { reach: 'none', clear: { starttls: ['offered', 'unknown'] } }
const good: Truth = { reach: 'whole', protocols: { 'TLSv1.2': true, TLSv1: true }, clear: { starttls: 'offered' } }
const patience: Truth = { reach: 'part', protocols: { 'TLSv1.2': [true, 'unknown'] } }

interface Ways {
  /** Says the greeting; false ends the connection. */
  readonly greet?: (wire: Wire, ms: number) => Promise<boolean>
  /** Answers EHLO. */
  readonly ehlo?: (wire: Wire, ms: number) => Promise<boolean>
  /** Answers STARTTLS; true lets TLS begin. */
  readonly starttls?: (wire: Wire, ms: number) => Promise<boolean>
}

interface Kept {
  readonly ms?: number
  /** Decides, before the greeting, about the nth connection of a server with so many open. */
  readonly mood?: (wire: Wire, nth: number) => Promise<boolean>
}

const TLS = { versions: [TLS10, TLS12] } as const

/** An SMTP server that is good but for the ways given. Behind the go-ahead it speaks TLS 1.0 and 1.2. */
function smtp(name: string, does: string, truth: Truth, ways: Ways, kept: Kept = {}): Row {
  const make = ({ paceMs }: Variation): Behaviour => {
    const tls = scripted(TLS)
    return async (wire, nth) => {
      const ms = paceMs ?? kept.ms ?? 1000
      if (kept.mood && !(await kept.mood(wire, nth))) return
      if (await converse(wire, ways, ms)) await tls(wire, nth)
    }
  }
  return { name: `smtp-${name}`, does: `smtp: ${does}`, door: 'smtp', truth, make }
}

async function converse(wire: Wire, ways: Ways, ms: number): Promise<boolean> {
  if (!(await (ways.greet?.(wire, ms) ?? wire.write(GREETING)))) return false
  for (;;) {
    const line = await wire.line()
    if (line === undefined) return false
    if (/^EHLO/i.test(line)) {
      if (!(await (ways.ehlo?.(wire, ms) ?? wire.write(reply(EHLO))))) return false
    } else if (/^STARTTLS/i.test(line)) {
      if (!ways.starttls) return wire.write('220 2.0.0 Ready to start TLS\r\n')
      if (await ways.starttls(wire, ms)) return true
      if (wire.ended) return false
    } else {
      await wire.write(/^QUIT/i.test(line) ? '221 2.0.0 Bye\r\n' : '250 2.0.0 Ok\r\n')
      if (/^QUIT/i.test(line)) return false
    }
  }
}

const say =
  (text: string, goOn = true): ((wire: Wire) => Promise<boolean>) =>
  async (wire) =>
    (await wire.write(text)) && goOn

const hang = async (wire: Wire): Promise<boolean> => {
  await wire.hang()
  return false
}

const reset = async (wire: Wire): Promise<boolean> => {
  wire.reset()
  return false
}

/** The text again and again until the client goes. */
const forEver =
  (text: string): ((wire: Wire) => Promise<boolean>) =>
  async (wire) => {
    const many = text.repeat(Math.ceil(65536 / text.length))
    while (await wire.write(many));
    return false
  }

/** Each piece in a segment of its own, with pauses between. */
const slowly =
  (pieces: readonly string[]): ((wire: Wire, ms: number) => Promise<boolean>) =>
  async (wire, ms) => {
    for (const piece of pieces) if (!(await wire.write(piece)) || !(await wire.pause(ms))) return false
    return true
  }

/** What comes together with a greeting is a client that did not wait. */
const withoutPregreet = async (wire: Wire, ms: number): Promise<boolean> => {
  // In parts: on a busy machine what has come early is read late, and not before all of them have passed.
  for (let part = 0; part < 10; part++) if (!(await wire.pause(ms / 10))) return false
  const early = wire.takeBuffered()
  if (early.length === 0) return wire.write(GREETING)
  await wire.write('521 5.7.1 You talk too soon\r\n')
  return false
}

const twentyMegabytes = async (wire: Wire): Promise<boolean> => {
  const line = `250-${'x'.repeat(1018)}\r\n`.repeat(64)
  for (let sent = 0; sent < 20 * 1024 * 1024; sent += line.length) if (!(await wire.write(line))) return false
  return wire.write(reply(EHLO))
}

const SILENT: readonly Row[] = [
  smtp('silent', 'never greets', nothing, { greet: hang }),
  smtp('resets-in-greeting', 'resets in the middle of its greeting', nothing, {
    greet: async (wire) => (await wire.write('220-hostile.exa'), await wire.pause(50), reset(wire)),
  }),
  smtp('closes-in-greeting', 'closes in the middle of its greeting', nothing, { greet: say('220-hostile.exa', false) }),
  smtp('silent-after-ehlo', 'never answers EHLO', nothing, { ehlo: hang }),
  smtp('resets-after-ehlo', 'resets when EHLO comes', nothing, { ehlo: reset }),
  smtp('silent-after-starttls', 'never answers STARTTLS', nothing, { starttls: hang }),
  smtp('resets-after-starttls', 'resets when STARTTLS comes', nothing, { starttls: reset }),
  smtp('closes-after-starttls', 'closes when STARTTLS comes', nothing, { starttls: async (wire) => (wire.end(), false) }),
  smtp('silent-after-go-ahead', 'says 220 to STARTTLS, and nothing to the hello', nothing, {
    starttls: async (wire) => (await wire.write('220 Ready\r\n'), hang(wire)),
  }),
  smtp('resets-after-go-ahead', 'says 220 to STARTTLS and resets', nothing, {
    starttls: async (wire) => (await wire.write('220 Ready\r\n'), await wire.pause(50), reset(wire)),
  }),
]

const ENDLESS: readonly Row[] = [
  smtp('endless-greeting', 'greets with 220- lines without end', nothing, { greet: forEver(`220-${HOST} welcomes you\r\n`) }),
  smtp('endless-line', 'greets with one line without end', nothing, { greet: forEver('220 and so on ') }),
  smtp('endless-ehlo', 'answers EHLO without end', nothing, { ehlo: forEver('250-X-EXTENSION\r\n') }),
  smtp('endless-nul', 'greets with NUL bytes without end', nothing, { greet: forEver('\0') }),
  smtp(
    'twenty-megabytes',
    'answers EHLO with 20 MB',
    { reach: 'part', clear: { starttls: ['offered', 'unknown'] } },
    { ehlo: twentyMegabytes },
  ),
]

const SLOW: readonly Row[] = [
  smtp('one-byte-a-second', 'greets one byte a second', patience, { greet: slowly(GREETING.split('')) }),
  smtp('line-a-segment', 'answers EHLO one line a segment', good, { ehlo: slowly(EHLO.map((line) => `${line}\r\n`)) }, { ms: 60 }),
  smtp(
    'cut-in-segments',
    'cuts its answers where no one expects it',
    good,
    {
      greet: slowly(['22', '0 hostile.example ESMTP', '\r', '\n']),
      ehlo: slowly(['250-hostile.example\r\n250-START', 'TLS\r', '\n250', ' 8BITMIME\r', '\n']),
    },
    { ms: 30 },
  ),
  smtp(
    'late-greeting',
    'greets after six seconds, as postscreen does',
    patience,
    { greet: async (wire, ms) => (await wire.pause(ms)) && wire.write(GREETING) },
    { ms: 6000 },
  ),
  smtp(
    'teaser',
    'sends half of its greeting, waits, and refuses who has spoken meanwhile',
    patience,
    { greet: async (wire, ms) => (await wire.write(`220-${HOST}\r\n`)) && withoutPregreet(wire, ms) },
    { ms: 2000 },
  ),
  smtp(
    'pregreet',
    'refuses who speaks before the greeting, which comes after half a second',
    good,
    { greet: withoutPregreet },
    { ms: 500 },
  ),
]

const REFUSING: readonly Row[] = [
  smtp('421', 'greets with 421 and closes', nothing, { greet: say(`421 4.3.2 ${HOST} Service not available\r\n`, false) }),
  smtp('554', 'greets with 554', nothing, { greet: say(`554 5.7.1 ${HOST} No SMTP service here\r\n`) }),
  smtp('421-to-ehlo', 'answers EHLO with 421 and closes', nothing, { ehlo: say('421 4.7.0 Too many errors\r\n', false) }),
  smtp('502-to-ehlo', 'knows HELO only', noStarttls, { ehlo: say('502 5.5.2 Error: command not recognized\r\n') }),
  smtp('no-starttls', 'does not offer STARTTLS', noStarttls, {
    ehlo: say(reply([`250-${HOST}`, '250 8BITMIME'])),
    starttls: say('502 5.5.1 Not implemented\r\n', false),
  }),
  smtp('454', 'offers STARTTLS and answers it with 454', putOff, {
    starttls: say('454 4.7.0 TLS not available due to local problem\r\n', false),
  }),
  smtp('502-to-starttls', 'offers STARTTLS and does not know it', refused, { starttls: say('502 5.5.1 Not implemented\r\n', false) }),
  smtp('starttls-in-a-word', 'offers X-STARTTLS-LATER, which is not STARTTLS', noStarttls, {
    ehlo: say(reply([`250-${HOST}`, '250-X-STARTTLS-LATER', '250 8BITMIME'])),
    starttls: say('502 5.5.1 Not implemented\r\n', false),
  }),
  smtp('plain-after-go-ahead', 'says 220 to STARTTLS and goes on in plain text', nothing, {
    starttls: async (wire) => (
      await wire.write('220 Ready\r\n'),
      await wire.peek(1),
      await wire.write('500 5.5.2 Error: bad syntax\r\n'),
      hang(wire)
    ),
  }),
]

const ODD: readonly Row[] = [
  smtp('lower-case', 'offers starttls in lower case', good, { ehlo: say(reply(['250-hostile', '250-starttls', '250 help'])) }),
  smtp(
    'bare-lf',
    'ends its lines with LF alone',
    { reach: 'part', protocols: { 'TLSv1.2': [true, 'unknown'] } },
    { greet: say('220 hostile ESMTP\n'), ehlo: say('250-hostile\n250 STARTTLS\n') },
  ),
  smtp('not-smtp', 'greets with something that is no reply', nothing, { greet: say('hello there\r\n') }),
  smtp(
    'text-behind-go-ahead',
    'sends plain text behind its 220, as an attacker between would',
    { reach: 'part', clear: { textAfterGoAhead: true } },
    { starttls: say('220 Ready\r\n250 AUTH PLAIN\r\n') },
  ),
]

const MOODY: readonly Row[] = [
  smtp(
    '421-every-third',
    'says 421 to every third connection',
    patience,
    {},
    { mood: async (wire, nth) => nth % 3 !== 0 || (await wire.write('421 4.7.0 Try again later\r\n'), false) },
  ),
  smtp(
    '421-after-ten',
    'says 421 to every connection after the tenth',
    patience,
    {},
    { mood: async (wire, nth) => nth <= 10 || (await wire.write('421 4.7.0 Too many connections\r\n'), false) },
  ),
  smtp('resets-every-third', 'resets every third connection', patience, {}, { mood: async (wire, nth) => nth % 3 !== 0 || reset(wire) }),
]

/** At most three at once; the others hear 421. */
const threeAtOnce: Row = {
  name: 'smtp-at-most-three',
  does: 'smtp: says 421 to connections beyond three at once',
  door: 'smtp',
  truth: patience,
  make: () => {
    const tls = scripted(TLS)
    let open = 0
    return async (wire, nth) => {
      if (open >= 3) {
        await wire.write('421 4.7.0 Too many concurrent connections\r\n')
        return
      }
      open++
      wire.socket.once('close', () => open--)
      if (await converse(wire, {}, 0)) await tls(wire, nth)
    }
  },
}

/** FTP servers name AUTH in many ways; this one offers bare AUTH among other words and still means TLS. */
const ftpWithoutFeat: Row = {
  name: 'ftp-auth-not-in-feat',
  does: 'ftp: does not name AUTH TLS in FEAT, and carries it out',
  door: 'ftp',
  truth: { reach: 'part', protocols: { 'TLSv1.2': [true, 'unknown'] } },
  make: () => {
    const tls = scripted(TLS)
    return async (wire, nth) => {
      await wire.write('220 hostile FTP\r\n')
      for (;;) {
        const line = await wire.line()
        if (line === undefined) return
        if (/^FEAT/i.test(line)) await wire.write('211-Features:\r\n AUTH\r\n PASV\r\n211 End\r\n')
        else if (/^AUTH (TLS|SSL)/i.test(line)) {
          await wire.write('234 Go on\r\n')
          return tls(wire, nth)
        } else await wire.write(/^QUIT/i.test(line) ? '221 Bye\r\n' : '530 Please login\r\n')
      }
    }
  },
}

const imapEndless: Row = {
  name: 'imap-endless-untagged',
  does: 'imap: answers every command with untagged lines without end',
  door: 'imap',
  truth: nothing,
  make: () => async (wire) => {
    await wire.write('* OK ready\r\n')
    if ((await wire.line()) !== undefined) await forEver('* 1 EXISTS\r\n')(wire)
  },
}

const pop3Endless: Row = {
  name: 'pop3-endless-capa',
  does: 'pop3: a CAPA list without end',
  door: 'pop3',
  truth: nothing,
  make: () => async (wire) => {
    await wire.write('+OK ready\r\n')
    if ((await wire.line()) !== undefined) await forEver('X-MORE\r\n')(wire)
  },
}

const doors = ['smtp', 'lmtp', 'imap', 'pop3', 'sieve', 'ftp', 'nntp', 'irc', 'ldap', 'xmpp', 'xmpp-server', 'postgres', 'mysql'] as const

/** Nothing is wrong with these: they show that a door is found at all. */
const PLAIN_DOORS: readonly Row[] = doors.map((door) => ({
  name: `${door}-good`,
  does: `${door}: TLS 1.0 and 1.2 behind its own way to ask for them`,
  door,
  truth: { reach: 'whole', protocols: { 'TLSv1.2': true, TLSv1: true } },
  make: () => scripted({ ...TLS, starttls: door }),
}))

/** The same doors, silent behind the go-ahead. */
const SILENT_DOORS: readonly Row[] = doors.map((door) => ({
  name: `${door}-hangs`,
  does: `${door}: lets TLS begin and then keeps still`,
  door,
  truth: nothing,
  make: () => async (wire) => {
    if (await speakClear(door, wire, 'drops')) await wire.hang()
  },
}))

/** What goes wrong between connect and ClientHello. */
export const MAIL_PEERS: readonly Row[] = [
  ...SILENT,
  ...ENDLESS,
  ...SLOW,
  ...REFUSING,
  ...ODD,
  ...MOODY,
  threeAtOnce,
  ftpWithoutFeat,
  imapEndless,
  pop3Endless,
  ...PLAIN_DOORS,
  ...SILENT_DOORS,
]

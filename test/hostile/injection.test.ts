import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { checkRows, eventually, type Check } from './checked.ts'
import type { DialogueName } from './dialogue.ts'
import { INJECTION } from './rows-injection.ts'
import { dial, hear } from './tls-client.ts'

/** The command that asks for TLS, a harmless one behind it, and what that one is answered with. */
const TALK: Readonly<Partial<Record<DialogueName, readonly [starttls: string, injected: string, answer: RegExp]>>> = {
  smtp: ['STARTTLS', 'NOOP', /^250 2\.0\.0 Ok\r\n/],
  lmtp: ['STARTTLS', 'NOOP', /^250 2\.0\.0 Ok\r\n/],
  imap: ['a STARTTLS', 'b NOOP', /^b OK done\r\n/],
  pop3: ['STLS', 'NOOP', /^\+OK\r\n/],
  sieve: ['STARTTLS', 'NOOP', /^OK "done"\r\n/],
  ftp: ['AUTH TLS', 'NOOP', /^200 Ok\r\n/],
  nntp: ['STARTTLS', 'DATE', /^111 /],
  irc: ['STARTTLS', 'PING x', /^:hostile\.example PONG/],
}

const GO_AHEAD = /^(220 2|a OK|\+OK Begin|OK "Begin|234|382|:\S+ 670)[^\r]*\r\n/

/** What is said in clear behind the greeting, and what is said inside TLS without being asked. */
async function inject(
  port: number,
  starttls: string,
  injected: string,
  greets: boolean,
  expected: RegExp | undefined,
): Promise<[clear: string, inside: string]> {
  const raw = connect(port, '127.0.0.1')
  let clear = ''
  const take = (chunk: Buffer): void => void (clear += chunk.toString('latin1'))
  raw.on('data', take)
  if (greets) await eventually(() => clear.endsWith('\r\n'))
  clear = ''
  raw.write(`${starttls}\r\n${injected}\r\n`)
  await eventually(() => clear.endsWith('\r\n'))
  await eventually(() => clear.split('\r\n').length > 2, 60)
  raw.off('data', take)
  if (!GO_AHEAD.test(clear)) return [clear, '']
  const socket = await dial(port, { socket: raw })
  const inside = await hear(socket, expected, expected ? 3000 : 80)
  socket.destroy()
  return [clear, inside]
}

type Kind = 'injection' | 'drops' | 'refuses' | 'answers-in-clear'

/** ManageSieve sends its capabilities again after STARTTLS, RFC 5804 §2.2: that is no sign of an injection. */
const withoutCapabilities = (door: string, text: string): string =>
  door === 'sieve' ? text.replace(/^"IMPLEMENTATION"[^]*?\r\nOK\r\n/, '') : text

function check(door: DialogueName, kind: Kind): Check {
  const [starttls, injected, answer] = TALK[door]!
  return async (port) => {
    const [clear, whole] = await inject(port, starttls, injected, door !== 'irc', expectedInside(door, kind, answer))
    const inside = withoutCapabilities(door, whole)
    if (door === 'sieve' && kind !== 'refuses') assert.notEqual(inside, whole)
    assert.equal(GO_AHEAD.test(clear), kind !== 'refuses')
    const behind = clear.replace(GO_AHEAD, '')
    if (kind === 'injection') assert.match(inside, answer)
    else assert.equal(inside, '')
    if (kind === 'answers-in-clear') assert.match(behind, answer)
    else if (kind !== 'refuses') assert.equal(behind, '')
  }
}

/** What is worth waiting for: the answer of the text, or the capabilities of ManageSieve. */
function expectedInside(door: DialogueName, kind: Kind, answer: RegExp): RegExp | undefined {
  if (kind === 'injection') return new RegExp(answer.source.replace('^', '(^|\\n)'))
  return door === 'sieve' ? /\r\nOK\r\n$/ : undefined
}

const KINDS: readonly Kind[] = ['injection', 'drops', 'refuses', 'answers-in-clear']
const doors = Object.keys(TALK) as DialogueName[]

checkRows(
  'INJECTION',
  INJECTION,
  Object.fromEntries(doors.flatMap((door) => KINDS.map((kind) => [`${door}-starttls-${kind}`, check(door, kind)]))),
)

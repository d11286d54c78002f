import { Alert, TLS10, TLS11, TLS12 } from './numbers.ts'
import { tlsRow, type Row, type Truth } from './row.ts'
import type { Padding, PaddingHabit, Reaction } from './script.ts'

const vulnerable: Truth = { reach: 'whole', flaws: { robot: true } }
const safe: Truth = { reach: 'whole', flaws: { robot: false } }
const doubtful: Truth = { reach: 'whole', flaws: { robot: ['unknown', false] } }

const suites = [0x009c, 0x009d, 0x003c, 0x003d, 0x002f, 0x0035, 0x000a]
const versions = [TLS10, TLS11, TLS12]
const row = (name: string, does: string, padding: PaddingHabit | undefined, truth: Truth): Row =>
  tlsRow(name, does, { versions, suites, padding }, truth)

/** Everything that is not a premaster secret behind PKCS #1 padding. */
const wrong = (reaction: Reaction, ...which: readonly Padding[]): Partial<Record<Padding, Reaction>> =>
  Object.fromEntries(which.map((one) => [one, reaction]))

/** A strong oracle tells 00 02 from everything else; a weak one tells only a block that is right in every respect. */
const STRONG: readonly Padding[] = ['bad-start']
const WEAK: readonly Padding[] = ['bad-start', 'no-zero', 'misplaced-zero', 'bad-version']
const decryptError: Reaction = { alert: Alert.decryptError }

/** Numbers that look random and are the same in every run. */
function noise(nth: number): number {
  return (Math.imul(nth + 1, 0x9e3779b1) >>> 27) & 3
}

/** Bleichenbacher oracles (ROBOT) and servers that only look like one. */
export const ROBOT: readonly Row[] = [
  row(
    'robot-strong-alert',
    'tells a block that does not begin with 00 02 by decrypt_error',
    { at: 'finished', reactions: wrong(decryptError, ...STRONG) },
    vulnerable,
  ),
  row('robot-strong-reset', 'resets for such a block', { at: 'finished', reactions: wrong('reset', ...STRONG) }, vulnerable),
  row(
    'robot-strong-close',
    'closes without an alert for such a block',
    { at: 'finished', reactions: wrong('close', ...STRONG) },
    vulnerable,
  ),
  row(
    'robot-strong-timeout',
    'keeps still for such a block',
    { at: 'finished', reactions: wrong('silence', ...STRONG) },
    {
      reach: 'whole',
      flaws: { robot: [true, 'unknown'] },
    },
  ),
  row(
    'robot-strong-at-key-exchange',
    'tells such a block before ChangeCipherSpec',
    { at: 'key-exchange', reactions: wrong(decryptError, ...STRONG) },
    vulnerable,
  ),
  row(
    'robot-weak-alert',
    'tells a flawless block from all others',
    { at: 'finished', reactions: wrong(decryptError, ...WEAK) },
    vulnerable,
  ),
  row(
    'robot-weak-reset',
    'resets for every block that is not flawless',
    { at: 'finished', reactions: wrong('reset', ...WEAK) },
    vulnerable,
  ),
  row(
    'robot-weak-at-key-exchange',
    'tells a flawless block before ChangeCipherSpec',
    { at: 'key-exchange', reactions: wrong(decryptError, ...WEAK) },
    vulnerable,
  ),
  row(
    'robot-version-oracle',
    'tells a wrong version behind right padding',
    { at: 'finished', reactions: wrong(decryptError, 'bad-version') },
    vulnerable,
  ),
  row('robot-safe', 'goes on with a random secret whatever the block was, RFC 5246 §7.4.7.1', undefined, safe),
  row(
    'robot-safe-closes',
    'closes without an alert whatever the block was',
    { at: 'finished', reactions: {}, flapping: () => 'close' },
    safe,
  ),
  row(
    'robot-safe-handshake-failure',
    'gives up at every key exchange',
    { at: 'key-exchange', reactions: {}, flapping: () => ({ alert: Alert.handshakeFailure }) },
    safe,
  ),
  tlsRow(
    'robot-safe-jitter',
    'answers alike, between 0 and 600 ms late',
    { versions, suites, delayMs: (nth) => noise(nth) * 200 },
    doubtful,
  ),
  row(
    'robot-flapping-alerts',
    'answers with one of three alerts that have nothing to do with the block',
    {
      at: 'finished',
      reactions: {},
      flapping: (nth) => ({ alert: [Alert.badRecordMac, decryptError.alert, Alert.handshakeFailure, Alert.badRecordMac][noise(nth)]! }),
    },
    doubtful,
  ),
  row(
    'robot-flapping-resets',
    'resets now and then, whatever the block was',
    { at: 'finished', reactions: {}, flapping: (nth) => (noise(nth) === 0 ? 'reset' : undefined) },
    doubtful,
  ),
  row(
    'robot-flapping-timeouts',
    'keeps still now and then, whatever the block was',
    { at: 'finished', reactions: {}, flapping: (nth) => (noise(nth) === 0 ? 'silence' : undefined) },
    doubtful,
  ),
  tlsRow(
    'robot-no-rsa',
    'has no suite with RSA key exchange',
    { versions, suites: [0xc02f, 0xc013, 0x0033] },
    {
      reach: 'whole',
      flaws: { robot: [false, 'not-applicable'] },
    },
  ),
]

import { needPeer, startPeer } from '../../test/peers/index.ts'
import { CONTENDERS, type Contender, type Place } from './contenders.ts'
import type { Told } from './measures.ts'
import type { Running } from './processes.ts'
import type { MessageRun } from './report.ts'

interface Bench {
  readonly folder: string
  readonly behind: Place['behind']
  readonly up: (contender: Contender, workers: number) => Promise<{ readonly place: Place; readonly process: Running } | undefined>
  readonly load: (words: readonly string[], contender: Running) => Promise<{ readonly told: Told; readonly cpu: number } | undefined>
  readonly stop: (one: Running) => Promise<void>
  readonly rounds: number
}

/**
 * Messages a second with STARTTLS: to Postfix through the gate, which speaks plain text to it, and to Postfix alone. Postfix's own `smtp-source` speaks no TLS:
 * load.c does the same, ten messages of 2 kB in a connection, ten connections at once. Postfix takes each into its queue and throws it away.
 */
export async function messagesThroughPostfix(bench: Bench): Promise<MessageRun[]> {
  const missing = needPeer('postfix')
  if (missing !== false) {
    process.stderr.write(`Postfix is left out: ${missing}\n`)
    return []
  }
  const ends: (() => unknown)[] = []
  const found: MessageRun[] = []
  try {
    const settings = {
      certificates: ['ecdsa'],
      main: 'default_transport = discard:',
      services: 'discard unix - - n - - discard\n',
    } as const
    const { doors } = await startPeer('postfix', settings, { after: (end: () => unknown) => void ends.push(end) })
    const gate = CONTENDERS.find(({ name }) => name === 'gate')
    if (gate === undefined) return []
    Object.assign(bench.behind, { smtp: doors.smtp })
    const one = await bench.up(gate, 1)
    if (one === undefined) return []
    for (let round = -1; round < Math.min(bench.rounds, 3); round += 1) {
      for (const [way, port] of [
        ['through the gate', one.place.ports.smtp],
        ['Postfix alone', doors.smtp],
      ] as const) {
        const words = [
          'smtp',
          '127.0.0.1',
          String(port),
          '-c',
          '10',
          '-m',
          '10',
          '-s',
          '2000',
          '-t',
          round < 0 ? '1' : '3',
          '-w',
          '0.5',
          '-G',
          'X25519:P-256',
        ]
        const result = await bench.load(words, one.process)
        const rate = result === undefined ? Number.NaN : (result.told as Told & { readonly msgs_s: number }).msgs_s
        if (round >= 0) found.push({ way, round, rate })
      }
    }
    await bench.stop(one.process)
  } finally {
    for (const end of ends.toReversed()) await end()
  }
  return found
}

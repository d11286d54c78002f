import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'

export const SENDERS = ['as Debian has it', 'a connection for each message'] as const
export type SenderName = (typeof SENDERS)[number]
export const ROADS = ['directly, in TLS', 'through the outlet', 'directly, in the clear'] as const
export type RoadName = (typeof ROADS)[number]
export const MANNERS = ['in a connection that stands', 'with a connection for each'] as const
export type Manner = (typeof MANNERS)[number]

export interface Delivered {
  readonly sender: SenderName | 'connections kept in TLS'
  readonly road: RoadName
  /** Messages a second. */
  readonly rate: number
  /** Milliseconds of a processor that the gate used for each. */
  readonly gate?: number
}

export interface Figures {
  readonly delivered: readonly Delivered[]
  /** Milliseconds, by manner and road. */
  readonly times: ReadonlyMap<Manner, ReadonlyMap<RoadName, readonly number[]>>
  /** Processes that wanted a core before it began, in the mean of a minute. */
  readonly load: number
  readonly seconds: number
  readonly rounds: number
  readonly messages: number
}

/** Bars of the project. */
const LEAST_SHARE = 0.9
const MOST_ADDED_MS = 5

/** bench/results/outlet.md. */
export function reportOf(figures: Figures): string {
  const { seconds, rounds, messages, load } = figures
  const [cpu] = cpus()
  const postfix = spawnSync('postconf', ['-h', 'mail_version'], { encoding: 'utf8' }).stdout.trim()
  return `# postern gate as the smart host of a Postfix, beside the same Postfix sending directly

- Machine: ${cpus().length} × ${cpu?.model ?? ''}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}
- Node ${process.version} with OpenSSL ${process.versions.openssl}, postern ${version()}, Postfix ${postfix}
- Taken in ${Math.ceil(seconds / 60)} minutes, with everything on all cores: the Postfix that sends, the gate with a process for each core, as it is by itself, and the Postfix that receives, with an RSA key of 2048 bits; to the latter in TLS 1.3 on every way that has TLS
- Other work of the machine before: a load of ${load.toFixed(1)}
- Medians, with the least and the most of ${rounds} rounds of ${messages} messages of 4 kB each, in turn

## Messages a second, out of a full queue

${table(
  ['sender', ...ROADS.slice(0, 2), 'outlet of directly', 'gate, ms of a core for each'],
  [...SENDERS.map((sender) => rateRow(sender, figures)), rateRow('connections kept in TLS', figures)],
)}

Postfix keeps connections in the clear for what waits in the queue (\`scache\` of master.cf), and so the outlet keeps the one to the next hop; in TLS it does so with \`smtp_tls_connection_reuse = yes\` alone, the last row. In the second row \`smtp_connection_cache_on_demand = no\`: each message has a connection to the outlet, which keeps the one to the next hop for two seconds, and both processors of this machine are full.

## Milliseconds from the first word of a message to the reply to its last

${table(
  ['one message after the other', ...ROADS.flatMap((road) => [`${road}, median`, '99 %'])],
  MANNERS.map((manner) => [
    manner,
    ...ROADS.flatMap((road) => [at(figures, manner, road, 0.5).toFixed(2), at(figures, manner, road, 0.99).toFixed(2)]),
  ]),
)}

## Bars

${table(['bar', 'measured', ''], judged(figures))}
`
}

function rateRow(sender: Delivered['sender'], { delivered }: Figures): readonly string[] {
  const of = (road: RoadName): readonly Delivered[] => delivered.filter((one) => one.sender === sender && one.road === road)
  const rates = (road: RoadName): readonly number[] => of(road).map(({ rate }) => rate)
  const [direct, outlet] = [rates('directly, in TLS'), rates('through the outlet')]
  const used = of('through the outlet').flatMap(({ gate }) => gate ?? [])
  return [
    sender,
    spread(direct),
    spread(outlet),
    outlet.length === 0 ? '–' : shareOf(sender, delivered).toFixed(2),
    used.length === 0 ? '–' : quantile(used, 0.5).toFixed(2),
  ]
}

/** Round by round, since the machine is not as fast in one as in another, and then the median. */
function shareOf(sender: Delivered['sender'], delivered: readonly Delivered[]): number {
  const rates = (road: RoadName): readonly number[] =>
    delivered.filter((one) => one.sender === sender && one.road === road).map(({ rate }) => rate)
  const direct = rates('directly, in TLS')
  return quantile(
    rates('through the outlet').map((rate, round) => rate / (direct[round] ?? Number.NaN)),
    0.5,
  )
}

function judged(figures: Figures): readonly (readonly string[])[] {
  const shares = SENDERS.map((sender) => [sender, shareOf(sender, figures.delivered)] as const)
  const added = MANNERS.flatMap((manner) =>
    (
      [
        ['median', 0.5],
        ['99 %', 0.99],
      ] as const
    ).map(([name, share]) => {
      const more = at(figures, manner, 'through the outlet', share) - at(figures, manner, 'directly, in the clear', share)
      return [
        `added to a message in the clear ${manner}, ${name}: under ${MOST_ADDED_MS} ms`,
        `${more.toFixed(2)} ms`,
        met(more < MOST_ADDED_MS),
      ]
    }),
  )
  return [
    ...shares.map(([sender, share]) => [
      `messages a second, ${sender}: at least ${LEAST_SHARE} of directly`,
      share.toFixed(2),
      met(share >= LEAST_SHARE),
    ]),
    ...added,
  ]
}

function met(is: boolean): string {
  return is ? 'met' : '**missed**'
}

function at({ times }: Figures, manner: Manner, road: RoadName, share: number): number {
  return quantile(times.get(manner)?.get(road) ?? [], share)
}

function quantile(numbers: readonly number[], share: number): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length * share)] ?? Number.NaN
}

function spread(numbers: readonly number[]): string {
  if (numbers.length === 0) return '–'
  return `${quantile(numbers, 0.5).toFixed(0)} (${Math.min(...numbers).toFixed(0)}–${Math.max(...numbers).toFixed(0)})`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

function version(): string {
  const [, found = ''] = /"version": "([^"]+)"/.exec(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) ?? []
  return found
}

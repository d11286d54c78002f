import type { Program, ProgramName } from './programs.ts'
import type { TargetName } from './targets.ts'

/** One run of one program. */
export interface Row {
  readonly round: number
  /** Milliseconds. */
  readonly roundTrip: number
  readonly target: TargetName
  readonly program: ProgramName
  readonly asks: Program['asks']
  /** Seconds. */
  readonly wall: number
  readonly cpu: number
  /** Kilobytes at the most. */
  readonly rss: number
  readonly connections: number
  readonly suites: number
  readonly status: number
  readonly load: number
  readonly problem?: string
}

interface Cell extends Pick<Row, 'roundTrip' | 'target' | 'program' | 'asks' | 'wall' | 'cpu' | 'connections' | 'suites'> {
  readonly fastest: number
  readonly slowest: number
  readonly most: number
  readonly runs: number
  readonly rss: number
}

/** One bar: whether it is met, and by how much. */
interface Bar {
  readonly what: string
  readonly where: string
  readonly measured: string
  readonly met: boolean
  /** What there is to say where it is not met. */
  readonly why: string
}

const BROAD: ReadonlySet<TargetName> = new Set(['https', 'smtp', 'imap'])
/** As people run them, and told to do nothing but list suites. */
const OTHERS: ReadonlySet<ProgramName> = new Set(['sslscan', 'sslscan suites', 'nmap ssl-enum-ciphers', 'sslyze'])
const MORE_CONNECTIONS = { suites: 30, 'suites --parallel 1': 8, whole: 45 } as const
const TIMES_FASTER = { broad: 7, modern: 2.5, testssl: 20 } as const

const WHY = {
  startUp:
    'Without a round trip sslscan that lists nothing but suites is done about as fast: some 0.3 s of our time go by before the first connection, while Node starts and loads the program; sslscan, a small program in C, needs next to nothing for that.',
  speed:
    'Dovecot closes where others send an alert, and closes as well when a suite breaks its handshake: offers that were closed are made again in parts before a close is believed, and each such round costs a round trip of connecting, greeting and STARTTLS more.',
  suites:
    'A refusal ends a list only when it is known to be for what was offered, and not for the length of the hello, a suite that the server cannot stand, or for everybody: that takes a question once for each server. Dovecot moreover closes for every refusal, and also when a suite of many breaks its handshake: what it closes is asked again in parts, so that nothing that it takes stays hidden. Each part is a connection.',
  whole:
    'Beyond protocols and suites an audit asks for every group, for keys used again, for each feature and each flaw, over connections of their own; an answer that shows a flaw counts only when it comes again. Where a server closes or resets instead of answering, it is asked again alone. With --parallel 1 nothing is guessed ahead, which leaves less of the allowance for suites: the questions are the same.',
} as const

/** The page: what was measured where, the table, and each bar with what was reached. */
export function report(rows: readonly Row[], about: readonly string[]): string {
  const cells = cellsOf(rows)
  const bars = barsOf(cells)
  return [
    '# postern audit beside other scanners',
    '',
    ...about.map((line) => `- ${line}`),
    "- Times in seconds, medians, start-up included; processor time with that of child processes; TCP connections begun in the network namespace of the program. nmap's own scan of the port is not among them.",
    '- Runs in turn, round by round. `suites`: little beyond protocols and suites; `usual`: what the program does by itself; `whole`: everything it can find out.',
    '',
    '## Table',
    '',
    ...table(cells),
    '',
    '## Bars',
    '',
    ...barTable(bars),
    '',
    ...reasons(bars),
  ].join('\n')
}

function cellsOf(rows: readonly Row[]): readonly Cell[] {
  const groups = Map.groupBy(rows, ({ roundTrip, target, program }) => `${roundTrip} ${target} ${program}`)
  return [...groups.values()].map((group) => {
    const [first] = group as [Row]
    const walls = group.map((row) => row.wall)
    const { roundTrip, target, program, asks } = first
    return {
      roundTrip,
      target,
      program,
      asks,
      wall: median(walls),
      fastest: Math.min(...walls),
      slowest: Math.max(...walls),
      cpu: median(group.map((row) => row.cpu)),
      rss: Math.max(...group.map((row) => row.rss)),
      connections: median(group.map((row) => row.connections)),
      most: Math.max(...group.map((row) => row.connections)),
      suites: Math.min(...group.map((row) => row.suites)),
      runs: group.length,
    }
  })
}

function table(cells: readonly Cell[]): readonly string[] {
  const places = [...new Set(cells.map((cell) => `${cell.roundTrip} ${cell.target}`))]
  const sorted = cells.toSorted(
    (one, other) =>
      places.indexOf(`${one.roundTrip} ${one.target}`) - places.indexOf(`${other.roundTrip} ${other.target}`) || one.wall - other.wall,
  )
  return [
    '| round trip | server | program | asks | wall | from – to | processor | connections | suites | memory | runs |',
    '| --- | --- | --- | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |',
    ...sorted.map((cell) =>
      row([
        cell.roundTrip === 0 ? 'none' : `${cell.roundTrip} ms`,
        cell.target,
        cell.program,
        cell.asks,
        cell.wall.toFixed(2),
        `${cell.fastest.toFixed(2)} – ${cell.slowest.toFixed(2)}`,
        cell.cpu.toFixed(2),
        String(cell.connections),
        String(cell.suites),
        `${Math.round(cell.rss / 1024)} MB`,
        String(cell.runs),
      ]),
    ),
  ]
}

function barTable(bars: readonly Bar[]): readonly string[] {
  return [
    '| bar | where | measured | |',
    '| --- | --- | --- | --- |',
    ...bars.map((bar) => row([bar.what, bar.where, bar.measured, bar.met ? 'met' : '**not met**'])),
  ]
}

function reasons(bars: readonly Bar[]): readonly string[] {
  const missed = Map.groupBy(
    bars.filter(({ met }) => !met),
    ({ why }) => why,
  )
  if (missed.size === 0) return []
  const paragraphs = [...missed].flatMap(([why, some]) => [
    `Not met at ${[...new Set(some.map(({ where }) => where))].join('; ')}: ${why}`,
    '',
  ])
  return ['## Why', '', ...paragraphs]
}

function barsOf(cells: readonly Cell[]): readonly Bar[] {
  const places = Map.groupBy(cells, ({ roundTrip, target }) => `${roundTrip} ${target}`)
  return [...places.values()].flatMap((place) => {
    const at = (name: ProgramName): Cell | undefined => place.find((cell) => cell.program === name)
    return [...connectionBars(at), ...speedBars(at, place)]
  })
}

type At = (name: ProgramName) => Cell | undefined

function connectionBars(at: At): readonly Bar[] {
  const limits: readonly [ProgramName, number, string, string][] = [
    ['postern suites', MORE_CONNECTIONS.suites, 'protocols and suites: connections ≤ suites + 30', WHY.suites],
    ['postern suites --parallel 1', MORE_CONNECTIONS['suites --parallel 1'], 'the same with --parallel 1: ≤ suites + 8', WHY.suites],
    ['postern', MORE_CONNECTIONS.suites + MORE_CONNECTIONS.whole, 'whole audit: ≤ 45 beyond that', WHY.whole],
    [
      'postern --parallel 1',
      MORE_CONNECTIONS['suites --parallel 1'] + MORE_CONNECTIONS.whole,
      'whole audit with --parallel 1: ≤ 45 beyond that',
      WHY.whole,
    ],
  ]
  return limits.flatMap(([name, more, what, why]): readonly Bar[] => {
    const cell = at(name)
    if (cell === undefined) return []
    return [
      {
        what,
        where: placeOf(cell),
        measured: `${cell.suites} + ${cell.most - cell.suites} at the most`,
        met: cell.most <= cell.suites + more,
        why,
      },
    ]
  })
}

function speedBars(at: At, place: readonly Cell[]): readonly Bar[] {
  const ours = at('postern suites')
  const whole = at('postern')
  const slow = at('testssl.sh')
  const other = fastest(place, OTHERS)
  const bars: Bar[] = []
  if (ours !== undefined && other !== undefined) {
    const broad = BROAD.has(ours.target)
    const least = ours.roundTrip === 0 ? 1 : broad ? TIMES_FASTER.broad : TIMES_FASTER.modern
    const what = ours.roundTrip === 0 ? 'not slower than the fastest other' : `≥ ${least} times faster than the fastest other`
    if (ours.roundTrip > 0 || broad) bars.push(faster(`protocols and suites: ${what}`, ours, other, least))
  }
  if (whole !== undefined && other !== undefined && whole.roundTrip > 0) {
    bars.push(faster('whole audit: faster than the fastest other lists suites', whole, other, 1))
  }
  if (whole !== undefined && slow !== undefined && whole.roundTrip === 0) {
    bars.push(faster(`whole audit: ≥ ${TIMES_FASTER.testssl} times faster than testssl.sh`, whole, slow, TIMES_FASTER.testssl))
  }
  return bars
}

function fastest(place: readonly Cell[], names: ReadonlySet<ProgramName>): Cell | undefined {
  return place.filter((cell) => names.has(cell.program)).toSorted((one, two) => one.wall - two.wall)[0]
}

function faster(what: string, ours: Cell, other: Cell, least: number): Bar {
  const ratio = other.wall / ours.wall
  const measured = `${ours.wall.toFixed(2)} s, ${other.program} ${other.wall.toFixed(2)} s: ${ratio.toFixed(2)} times`
  return { what, where: placeOf(ours), measured, met: ratio >= least, why: ours.roundTrip === 0 ? WHY.startUp : WHY.speed }
}

function placeOf({ target, roundTrip }: Cell): string {
  return `${target}, ${roundTrip === 0 ? 'no round trip' : `${roundTrip} ms`}`
}

function row(columns: readonly string[]): string {
  return `| ${columns.join(' | ')} |`
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  const [low = 0, high = 0] = sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : sorted.slice(middle - 1, middle + 1)
  return (low + high) / 2
}

import { cpus, release, totalmem } from 'node:os'
import type { Contender, ContenderName } from './contenders.ts'
import type { Bar, Measure, Told } from './measures.ts'
import { said } from './processes.ts'
import { BARE, STARTTLS, WHY } from './why.ts'

export interface Run {
  readonly measure: string
  readonly contender: ContenderName
  readonly round: number
  readonly figure: number
  /** Seconds of a core that the contender used. */
  readonly cpu: number
  readonly told: Told
}

export interface MemoryRun {
  readonly contender: ContenderName
  readonly connections: number
  readonly wanted: number
  readonly processes: number
  /** Before the first, in kB. */
  readonly base: number
  /** For each, in kB. */
  readonly each: number
}

export interface MessageRun {
  readonly way: 'through the gate' | 'Postfix alone'
  readonly round: number
  readonly rate: number
}

export interface Result {
  readonly runs: readonly Run[]
  readonly memory: readonly MemoryRun[]
  readonly messages: readonly MessageRun[]
  readonly seconds: number
}

interface Judged {
  readonly words: string
  readonly measured: string
  readonly met: boolean
  readonly why: string | undefined
}

/** Heads of columns. */
const TITLES: Partial<Record<ContenderName, string>> = { bare: 'bare Node' }

/** kB of memory for each idle connection with TLS. */
const MOST_MEMORY = 60

/** The page of results. */
export function reportOf(result: Result, measures: readonly Measure[], contenders: readonly Contender[]): string {
  const shown = measures.filter(({ id }) => result.runs.some(({ measure }) => measure === id))
  const names = contenders.map(({ name }) => name).filter((name) => !name.startsWith('handles'))
  const heads = names.map((name) => TITLES[name] ?? name)
  const judged = [...shown.flatMap((measure) => judgedOf(measure, result)), ...memoryJudged(result)]
  const missed = judged.filter(({ met }) => !met)
  return [
    '# postern gate beside HAProxy, nginx and stunnel',
    `- Machine: ${machine()}\n- ${versions(contenders)}\n- Taken in ${Math.round(result.seconds / 60)} minutes: each program with one process on one core, load and server behind on the other, in turn, medians of ${new Set(result.runs.map(({ round }) => round)).size} rounds with the least and the most\n- The gate writes a line of JSON for each connection, the others write nothing`,
    table(
      ['', ...heads, 'of HAProxy', 'of nginx', 'of bare Node'],
      shown.filter(({ on }) => on.includes('gate')).map((measure) => rowOf(measure, names, result)),
    ),
    shown.some(({ id, on }) => id !== 'look' && on.includes('bare')) ? BARE : '',
    lookText(result),
    shown.some(({ door }) => door === 'imap') ? STARTTLS : '',
    '## A core’s time for each connection, and for each MB\n\nWhere the load generator’s core is full, it decides the rate, and this tells the programs apart (µs; in brackets how full the generator’s core was).',
    table(
      ['', ...heads],
      shown
        .filter(({ id, on }) => on.includes('gate') && /full|resumed|imap|down|up/.test(id))
        .map((measure) => cpuRow(measure, names, result)),
    ),
    memoryText(
      result,
      names.filter((name) => name !== 'bare'),
    ),
    messagesText(result),
    '## Bars',
    table(
      ['bar', 'measured', ''],
      judged.map(({ words, measured, met }) => [words, measured, met ? 'met' : '**missed**']),
    ),
    ...(missed.length === 0 ? [] : ['## Why', [...new Set(missed.flatMap(({ why }) => why ?? []))].join('\n\n')]),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n')
}

function figures(id: string, contender: ContenderName, { runs }: Result): readonly number[] {
  return runs.filter((run) => run.measure === id && run.contender === contender).map(({ figure }) => figure)
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

function spread(numbers: readonly number[]): string {
  if (numbers.length === 0) return '–'
  return `${median(numbers).toFixed(0)} (${Math.min(...numbers).toFixed(0)}–${Math.max(...numbers).toFixed(0)})`
}

/** Round by round, since the machine is not as fast in one as in another, and then the median. */
function ratio({ id }: Measure, of: ContenderName, against: ContenderName, { runs }: Result): number {
  const figureIn = (contender: ContenderName, round: number): number | undefined =>
    runs.find((run) => run.measure === id && run.contender === contender && run.round === round)?.figure
  const rounds = [...new Set(runs.map(({ round }) => round))]
  return median(
    rounds.map((round) => (figureIn(of, round) ?? Number.NaN) / (figureIn(against, round) ?? Number.NaN)).filter(Number.isFinite),
  )
}

function rowOf(measure: Measure, names: readonly ContenderName[], result: Result): readonly string[] {
  const by = (against: ContenderName): string => (measure.on.includes(against) ? ratio(measure, 'gate', against, result).toFixed(2) : '–')
  return [
    `${measure.title}, ${measure.unit}`,
    ...names.map((name) => spread(figures(measure.id, name, result))),
    by('haproxy'),
    by('nginx'),
    by('bare'),
  ]
}

function cpuRow({ id, title, unit }: Measure, names: readonly ContenderName[], result: Result): readonly string[] {
  const cell = (name: ContenderName): string => {
    const own = result.runs.filter((run) => run.measure === id && run.contender === name)
    if (own.length === 0) return '–'
    return `${coreTime(id, name, result).toFixed(0)} (${(100 * median(own.map(({ told }) => told.gen_cpu))).toFixed(0)} %)`
  }
  return [unit === '/s' ? title : `${title}, for each MB`, ...names.map(cell)]
}

/** Of the contender, in µs: for each connection, or for each MB where MB are counted. */
function coreTime(id: string, contender: ContenderName, { runs }: Result): number {
  const own = runs.filter((run) => run.measure === id && run.contender === contender)
  return median(own.map(({ cpu, told }) => (cpu / Math.max(told.MBps * told.secs, told.done, 1)) * 1e6))
}

function judgedOf(measure: Measure, result: Result): readonly Judged[] {
  return measure.bars.flatMap((bar) => {
    const share = ratio(measure, bar.of, bar.against, result)
    if (Number.isNaN(share)) return []
    const met = (bar.least === undefined || share >= bar.least) && (bar.most === undefined || share <= bar.most)
    return [{ words: wordsOf(measure, bar), measured: share.toFixed(2), met, why: WHY[measure.id] }]
  })
}

function wordsOf({ title }: Measure, { of, against, least, most }: Bar): string {
  const bound = least === undefined ? `at most ${most?.toFixed(1)}` : `at least ${least.toFixed(least === 0.95 ? 2 : 1)}`
  return `${title}: ${of} ${bound} of ${against}`
}

function lookText(result: Result): string {
  const [with_, without] = [figures('look', 'handles, looking', result), figures('look', 'handles', result)]
  if (with_.length === 0) return ''
  return `Two connections over handles, with the gate’s TLS and its pump and nothing else: ${spread(without)} full handshakes a second, and ${spread(with_)} with a look into the hello and a verdict on it; of a core, each takes ${coreTime('look', 'handles', result).toFixed(0)} and ${coreTime('look', 'handles, looking', result).toFixed(0)} µs.`
}

function memoryText({ memory }: Result, names: readonly ContenderName[]): string {
  if (memory.length === 0) return ''
  const sizes = [...new Set(memory.map(({ wanted }) => wanted))]
  const cell = (name: ContenderName, wanted: number): string => {
    const found = memory.find((one) => one.contender === name && one.wanted === wanted)
    if (found === undefined) return '–'
    const short = found.connections < wanted ? `, of ${found.connections}` : ''
    return `${found.each.toFixed(1)} (before: ${(found.base / 1024).toFixed(0)} MB in ${found.processes})${short}`
  }
  const note =
    'A process may have 20,000 descriptors here and a connection takes two: at 20,000 connections there are four processes, which HAProxy and stunnel have not.'
  return `## Memory for each idle connection, kB\n\n${table(
    ['connections', ...names],
    sizes.map((size) => [String(size), ...names.map((name) => cell(name, size))]),
  )}\n\n${note}`
}

function memoryJudged({ memory }: Result): readonly Judged[] {
  return memory
    .filter(({ contender }) => contender === 'gate')
    .map(({ wanted, each }) => ({
      words: `memory for each of ${wanted} idle connections: at most ${MOST_MEMORY} kB`,
      measured: each.toFixed(1),
      met: each <= MOST_MEMORY,
      why: WHY['memory'],
    }))
}

function messagesText({ messages }: Result): string {
  if (messages.length === 0) return ''
  const ways = ['through the gate', 'Postfix alone'] as const
  const rates = (way: (typeof ways)[number]): readonly number[] => messages.filter((one) => one.way === way).map(({ rate }) => rate)
  return `## Messages a second with STARTTLS, 2 kB each\n\n${table(
    ['', 'messages/s'],
    ways.map((way) => [way, spread(rates(way))]),
  )}\n\nPostfix and the load share the second core; the gate has the first, and speaks plain text to Postfix. Postfix’s \`smtp-source\` speaks no TLS, so that the load generator sends.`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

function machine(): string {
  const [first] = cpus()
  return `${cpus().length} × ${first?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`
}

function versions(contenders: readonly Contender[]): string {
  const postfix = said(['postconf', '-h', 'mail_version'], /[\d.]+/)
  const others = contenders
    .filter(({ name }) => name !== 'bare' && !name.startsWith('handles'))
    .map(({ name, version }) => version ?? `${name} is not installed`)
  const openssl = said(['openssl', 'version'], /OpenSSL [\d.]+/) ?? 'no OpenSSL'
  return [
    `Node ${process.version} with OpenSSL ${process.versions.openssl}`,
    ...others,
    `Postfix ${postfix ?? 'is not installed'}`,
    `the others with ${openssl}`,
  ].join(', ')
}

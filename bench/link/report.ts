import { spawnSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'
import { readFileSync } from 'node:fs'
import type { WayName } from './ways.ts'

/** By measure and way, one for each round. */
export type Figures = Map<string, Map<WayName, number[]>>

const WAYS: readonly WayName[] = ['direct', 'link', 'node:http2 alone', 'ssh', 'ssh, AES-GCM']

const ROWS: readonly (readonly [measure: string, title: string, digits: number])[] = [
  ['down1', 'download, 1 connection, MB/s', 0],
  ['down50', 'download, 50 connections, MB/s', 0],
  ['up1', 'upload, 1 connection, MB/s', 0],
  ['up50', 'upload, 50 connections, MB/s', 0],
  ['p50', 'latency at 1,000 requests/s, median, ms', 2],
  ['p99', 'latency at 1,000 requests/s, 99 %, ms', 2],
  ['p50 together', 'latency of 20 requests at once, 50 times a second, median, ms', 2],
  ['p99 together', 'latency of 20 requests at once, 50 times a second, 99 %, ms', 2],
  ['memory outside', 'memory for each idle connection, gate or sshd, kB', 1],
  ['memory inside', 'memory for each idle connection, inside or ssh, kB', 1],
]

/** Bars of the project. */
const MOST_ADDED_MS = 2
const MOST_MEMORY_KB = 20

export interface Taken {
  readonly seconds: number
  readonly rounds: number
  readonly connections: number
}

/** bench/results/link.md. */
export function reportOf(figures: Figures, { seconds, rounds, connections }: Taken): string {
  const of = (measure: string, way: WayName): number => median(figures.get(measure)?.get(way) ?? [])
  const rows = ROWS.map(([measure, title, digits]) => {
    const cells = WAYS.map((way) => cell(figures.get(measure)?.get(way), digits))
    const ratio = measure.startsWith('memory') || measure.startsWith('p') ? '–' : (of(measure, 'link') / of(measure, 'ssh')).toFixed(2)
    return `| ${title} | ${cells.join(' | ')} | ${ratio} |`
  })
  const ssh = spawnSync('ssh', ['-V'], { encoding: 'utf8' }).stderr.trim().split(',')[0] ?? ''
  const [cpu] = cpus()
  return `# A link beside a direct connection and an SSH tunnel

- Machine: ${cpus().length} × ${cpu?.model ?? ''}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}
- Node ${process.version} with OpenSSL ${process.versions.openssl}, postern ${version()}, ${ssh} with its own choice of cipher and with aes128-gcm@openssh.com
- Taken in ${Math.round(seconds / 60)} minutes: both ends of a way (gate and inside, sshd and \`ssh -R\`) with a process each on one core, the load and the server behind on the other, in turn, medians of ${rounds} rounds with the least and the most
- \`node:http2\` alone is what a link would be with nothing of ours: streams of CONNECT over TLS 1.3, piped at both ends ([bare.ts](../link/bare.ts))
- Requests of 200 octets with answers of the same length over 20 connections: one a millisecond, each when it is due, and for the rows below all 20 at once
- In the clear from client to gate, so that the link is what is measured; ${connections} idle connections beyond as many for memory, with the sockets that they have at each end

|  | ${WAYS.join(' | ')} | link of ssh |
| --- | ${WAYS.map(() => '---: | ').join('')}---: |
${rows.join('\n')}

## Bars

| bar | measured |  |
| --- | ---: | --- |
${judged(of)
  .map(([bar, measured, met]) => `| ${bar} | ${measured} | ${met ? 'met' : 'not met'} |`)
  .join('\n')}
`
}

function judged(of: (measure: string, way: WayName) => number): readonly (readonly [string, string, boolean])[] {
  const bulk = ROWS.slice(0, 4).map(([measure, title]) => {
    const ratio = of(measure, 'link') / of(measure, 'ssh')
    return [`${title.replace(', MB/s', '')}: at least 1.0 of SSH`, ratio.toFixed(2), ratio >= 1] as const
  })
  const added = of('p99', 'link') - of('p99', 'direct')
  const memory = ['memory outside', 'memory inside'].map((measure) => {
    const each = of(measure, 'link')
    return [`${measure}: at most ${MOST_MEMORY_KB} kB`, each.toFixed(1), each <= MOST_MEMORY_KB] as const
  })
  return [
    ...bulk,
    [`99 % of latency added: under ${MOST_ADDED_MS} ms`, `${added.toFixed(2)} ms`, added < MOST_ADDED_MS] as const,
    ...memory,
  ]
}

/** A round in which nothing was answered has no figure. */
function cell(rounds: readonly number[] | undefined, digits: number): string {
  const all = (rounds ?? []).filter(Number.isFinite)
  if (all.length === 0) return '–'
  const text = median(all).toFixed(digits)
  return all.length === 1 ? text : `${text} (${Math.min(...all).toFixed(digits)}–${Math.max(...all).toFixed(digits)})`
}

function median(all: readonly number[]): number {
  const known = all.filter(Number.isFinite).toSorted((a, b) => a - b)
  return known[Math.floor(known.length / 2)] ?? Number.NaN
}

function version(): string {
  const [, found = ''] = /"version": "([^"]+)"/.exec(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) ?? []
  return found
}

import { setTimeout as delay } from 'node:timers/promises'
import { askStatus, type GateStatus, type ServiceSnapshot, type ServiceStatus } from '../gate/index.ts'
import { adminOf } from './gate-admin.ts'
import { columnsOf, harmless, plural, sign, styled, type Style } from './settings-text.ts'
import type { Terminal } from './terminal.ts'

export interface StatusValues {
  readonly admin?: string
  readonly json?: true
  readonly watch?: true
}

/** A table that is watched is drawn again so often, in milliseconds. */
const WATCH_MS = 2000
const MOST_CLIENTS = 8
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** A certificate that ends within so many days is red, and within so many yellow. */
const URGENT_DAYS = 7
const SOON_DAYS = 30

/** Shows how a gate is, once or until Ctrl-C. */
export async function showStatus(values: StatusValues, terminal: Terminal): Promise<void> {
  const path = adminOf(values.admin, terminal)
  const print = async (): Promise<void> => {
    const status = await askStatus(path)
    const text = values.json
      ? `${JSON.stringify(status, undefined, values.watch ? undefined : 2)}\n`
      : printStatus(status, terminal, new Date())
    terminal.out(values.watch && !values.json && terminal.interactive ? `${CLEAR}${text}` : text)
  }
  if (!values.watch) return print()
  const stopped = new AbortController()
  const release = terminal.onInterrupt?.(() => stopped.abort())
  while (!stopped.signal.aborted) {
    await print()
    await delay(WATCH_MS, undefined, { signal: stopped.signal }).catch(() => undefined)
  }
  release?.()
}

/** The cursor goes home, and what is below it goes away: nothing flickers. */
const CLEAR = '\u001b[H\u001b[J'

/** How a gate is, for people. */
export function printStatus(status: GateStatus, terminal: Terminal, now: Date): string {
  const sections = [
    headText(status, terminal, now),
    servicesText(status, terminal, now),
    backendsText(status, terminal, now),
    versionsText(status, terminal),
    refusedText(status, terminal, now),
    clientsText(status, terminal, now),
    certificatesText(status, terminal, now),
  ]
  return sections.filter((text) => text !== '').join('\n')
}

function headText({ version, pid, started, state, configuration, log }: GateStatus, terminal: Terminal, now: Date): string {
  const { file, generation, loaded, failures, later } = configuration
  const dot = ` ${sign('·', '-', terminal)} `
  const lines = [
    [
      styled('bold', `Postern gate ${harmless(version)}`, terminal),
      `process ${pid}`,
      `up ${spanText(now.getTime() - Date.parse(started))}`,
      ...(state === 'draining' ? [styled('yellow', 'draining: no new clients', terminal)] : []),
    ].join(dot),
    [
      harmless(file),
      `configuration ${generation}, taken up ${agoText(loaded, now)}`,
      ...(failures === 0 ? [] : [styled('yellow', `${plural(failures, 'other')} not taken up`, terminal)]),
      ...(log.dropped === 0 ? [] : [styled('red', `${plural(log.dropped, 'line')} of the log lost`, terminal)]),
      ...(log.messagesDropped === 0 ? [] : [styled('red', `${plural(log.messagesDropped, 'line')} of standard error lost`, terminal)]),
    ].join(dot),
    ...later.map((sentence) => styled('yellow', harmless(sentence), terminal)),
  ]
  return `${lines.join('\n')}\n`
}

interface Cell {
  readonly text: string
  readonly style?: Style
  readonly right?: true
}

const NUMBER = { right: true } as const
const STAGES: Readonly<Record<string, Style>> = { observe: 'cyan', explain: 'yellow', refuse: 'green' }

function servicesText({ services, counts }: GateStatus, terminal: Terminal, now: Date): string {
  const head = ['SERVICE', 'LISTENS ON', 'TLS', 'STAGE', 'OPEN', 'IN ALL', 'REFUSED/H', 'IN', 'OUT', 'BEHIND']
  const rows = services.map((service): readonly Cell[] => {
    const counted = counts.services[service.name]
    const refused = lately(counted, now)
    return [
      { text: service.name, style: 'bold' },
      { text: service.place },
      { text: service.tls },
      { text: service.stage, ...styleOf(STAGES[service.stage]) },
      { text: String(counted?.open ?? 0), ...NUMBER },
      { text: countText(counted?.connections ?? 0), ...NUMBER },
      { text: countText(refused), ...NUMBER, ...styleOf(refused > 0 ? 'yellow' : undefined) },
      { text: bytesText(counted?.bytes.in ?? 0), ...NUMBER },
      { text: bytesText(counted?.bytes.out ?? 0), ...NUMBER },
      backendsCell(service),
    ]
  })
  const right = [false, false, false, false, true, true, true, true, true, false]
  const heads = head.map((text, at): Cell => ({ text, style: 'dim', ...(right[at] ? NUMBER : {}) }))
  return table([heads, ...rows], terminal)
}

function styleOf(style: Style | undefined): { readonly style?: Style } {
  return style === undefined ? {} : { style }
}

function backendsCell({ backends }: ServiceStatus): Cell {
  const up = backends.filter((one) => one.up).length
  if (up === backends.length) return { text: up === 1 ? 'up' : `${up} up` }
  return { text: up === 0 ? 'down' : `${up} of ${backends.length} up`, style: up === 0 ? 'red' : 'yellow' }
}

function backendsText({ services }: GateStatus, terminal: Terminal, now: Date): string {
  const rows = services.flatMap(({ name, backends }) =>
    backends
      .filter(({ up }) => !up)
      .map(({ place, since, lastError = '' }): readonly Cell[] => [
        { text: name, style: 'bold' },
        { text: place },
        { text: `for ${spanText(now.getTime() - Date.parse(since))}`, style: 'red' },
        { text: lastError, style: 'dim' },
      ]),
  )
  return rows.length === 0 ? '' : `${styled('dim', 'SERVERS BEHIND THAT ARE DOWN', terminal)}\n${table(rows, terminal)}`
}

function certificatesText({ certificates }: GateStatus, terminal: Terminal, now: Date): string {
  const rows = certificates.map(({ identity, file, notAfter }): readonly Cell[] => {
    const days = Math.floor((Date.parse(notAfter) - now.getTime()) / DAY_MS)
    const text = days < 0 ? 'has ended' : plural(days, 'day')
    return [
      { text: identity, style: 'bold' },
      { text, right: true, ...styleOf(days < URGENT_DAYS ? 'red' : days < SOON_DAYS ? 'yellow' : undefined) },
      { text: file, style: 'dim' },
    ]
  })
  return rows.length === 0 ? '' : `${styled('dim', 'CERTIFICATES', terminal)}\n${table(rows, terminal)}`
}

function versionsText({ services, counts }: GateStatus, terminal: Terminal): string {
  const rows = services.flatMap(({ name }): readonly (readonly Cell[])[] => {
    const sums = summed(
      Object.entries(counts.services[name]?.negotiated ?? {}).map(([words, count]) => [words.split(' ', 1)[0] ?? '', count]),
    )
    const all = sums.reduce((sum, [, count]) => sum + count, 0)
    if (all === 0) return []
    const shares = sums
      .toSorted(([one], [other]) => other.localeCompare(one))
      .map(([version, count]) => `${version} ${shareText(count / all)}`)
    return [[{ text: name, style: 'bold' }, { text: shares.join('  ') }]]
  })
  return rows.length === 0 ? '' : `${styled('dim', 'VERSIONS NEGOTIATED', terminal)}\n${table(rows, terminal)}`
}

function refusedText({ services, counts }: GateStatus, terminal: Terminal, now: Date): string {
  const rows = services.flatMap(({ name }) =>
    summed(latelyOf(counts.services[name], now)).map(([words, count]): readonly Cell[] => {
      const [stage = '', reason = ''] = words.split(' ')
      return [
        { text: name, style: 'bold' },
        { text: reason },
        { text: countText(count), right: true },
        { text: stage === 'refuse' ? 'refused' : stage === 'explain' ? 'told so' : 'let in, and watched', ...styleOf(STAGES[stage]) },
      ]
    }),
  )
  return rows.length === 0 ? '' : `${styled('dim', 'NOT UP TO THE POLICY IN THE LAST HOUR', terminal)}\n${table(rows, terminal)}`
}

function clientsText({ services, counts }: GateStatus, terminal: Terminal, now: Date): string {
  const all = services.flatMap(({ name }) =>
    Object.entries(counts.services[name]?.refusedClients ?? {}).map(([address, client]) => ({ name, address, ...client })),
  )
  const most = all.toSorted((one, other) => other.count - one.count || other.last - one.last)
  const rows = most
    .slice(0, MOST_CLIENTS)
    .map(({ name, address, count, last, reason, version }): readonly Cell[] => [
      { text: name, style: 'bold' },
      { text: address },
      { text: version === '-' ? '' : `offers ${version}` },
      { text: reason },
      { text: `${countText(count)} ${count === 1 ? 'time' : 'times'}`, right: true },
      { text: `last ${agoText(new Date(last).toISOString(), now)}`, style: 'dim' },
    ])
  const more = all.length > MOST_CLIENTS ? `  and ${plural(all.length - MOST_CLIENTS, 'other')}\n` : ''
  return rows.length === 0 ? '' : `${styled('dim', 'CLIENTS THAT THE POLICY CUTS OFF', terminal)}\n${table(rows, terminal)}${more}`
}

function summed(pairs: readonly (readonly [name: string, count: number])[]): readonly (readonly [name: string, count: number])[] {
  const sums = new Map<string, number>()
  for (const [name, count] of pairs) sums.set(name, (sums.get(name) ?? 0) + count)
  return [...sums].toSorted(([, one], [, other]) => other - one)
}

function latelyOf(counted: ServiceSnapshot | undefined, now: Date): readonly (readonly [words: string, count: number])[] {
  const oldest = now.getTime() / MINUTE_MS - 60
  return Object.entries(counted?.refusedLately ?? {})
    .filter(([minute]) => Number(minute) >= oldest)
    .flatMap(([, tally]) => Object.entries(tally))
}

function lately(counted: ServiceSnapshot | undefined, now: Date): number {
  return latelyOf(counted, now).reduce((sum, [, count]) => sum + count, 0)
}

/** Columns as wide as their widest cell; a line that is too wide for the window is cut. */
function table(rows: readonly (readonly Cell[])[], terminal: Terminal): string {
  const cells = rows.map((row) => row.map((cell) => ({ ...cell, text: harmless(cell.text) })))
  const widths = cells.reduce<readonly number[]>((most, row) => row.map(({ text }, at) => Math.max(text.length, most[at] ?? 0)), [])
  const lines = cells.map((row) => {
    let room = Math.max(columnsOf(terminal), terminal.columns)
    const pieces = row.map(({ text, style, right }, at) => {
      const width = widths[at] ?? 0
      const whole = `  ${right ? text.padStart(width) : at === row.length - 1 ? text : text.padEnd(width)}`.slice(0, Math.max(0, room))
      room -= whole.length
      return style === undefined ? whole : styled(style, whole, terminal)
    })
    return pieces.join('').trimEnd()
  })
  return `${lines.join('\n')}\n`
}

function countText(count: number): string {
  return count.toLocaleString('en-US')
}

function bytesText(bytes: number): string {
  const [unit, size] = (
    [
      ['GB', 1e9],
      ['MB', 1e6],
      ['kB', 1e3],
    ] as const
  ).find(([, one]) => bytes >= one) ?? ['B', 1]
  const value = bytes / size
  return `${value.toFixed(value < 10 && size > 1 ? 1 : 0)} ${unit}`
}

/** What is there is never none, and never all where there is something else. */
function shareText(share: number): string {
  const percent = 100 * share
  if (share === 1) return '100 %'
  if (percent > 99.9) return '> 99.9 %'
  return percent < 0.1 ? '< 0.1 %' : `${percent.toFixed(1)} %`
}

function agoText(time: string, now: Date): string {
  return `${spanText(now.getTime() - Date.parse(time))} ago`
}

function spanText(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} days`
}

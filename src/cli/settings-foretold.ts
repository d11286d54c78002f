import type { PeerUse, RefusalReason } from '../policy/negotiate/index.ts'
import type { Foretold, ForetoldLeg, PeerCase, PeerChange } from '../settings/foretell/index.ts'
import { few, harmless, plural, sign, styled, titleLine, wrapped, type Style } from './settings-text.ts'
import type { Terminal } from './terminal.ts'

export interface ForetoldOptions {
  readonly terminal: Terminal
  /** Every peer, and not those alone that something changes for. */
  readonly everybody: boolean
}

type Connects = Extract<Foretold, { verdict: 'connects' }>

type Told = readonly [change: PeerChange, style: Style, unicode: string, ascii: string]

/** Changes that are told of one by one, the worst first. */
const TOLD: readonly Told[] = [
  ['cut-off', 'red', '✗', 'x'],
  ['maybe-cut-off', 'yellow', '!', '!'],
  ['saved', 'green', '✓', '+'],
]
const FEW_NAMES = 4

/** What known clients and servers will notice: who is cut off in full, who is changed in short, the rest as a count. */
export function foretoldLines(legs: readonly ForetoldLeg[], options: ForetoldOptions): readonly string[] {
  const { terminal } = options
  const groups = [...Map.groupBy(legs, ({ peers, role, opportunistic }) => keyOf(peers, `${role} ${opportunistic}`)).values()]
  const told = groups.flatMap((alike) => legLines(alike, options))
  return told.length === 0 ? [] : [titleLine('What known clients and servers will notice', terminal), ...told]
}

/** Legs that were foretold at once have one and the same list. */
const numbers = new WeakMap<object, number>()
let next = 0

function keyOf(peers: object, rest: string): string {
  const number = numbers.get(peers) ?? next++
  numbers.set(peers, number)
  return `${number} ${rest}`
}

function legLines(alike: readonly ForetoldLeg[], options: ForetoldOptions): readonly string[] {
  const [leg] = alike
  if (leg === undefined) return []
  const { terminal, everybody } = options
  const doors = `${few(
    alike.map(({ door }) => harmless(door)),
    FEW_NAMES,
  )} ${sign('·', '-', terminal)} ${leg.role}`
  if (leg.uses.length === 0) return [...wrapped(`${doors}: it is not known who is at the other end.`, terminal, '  '), '']
  const worst = TOLD.flatMap((mark) => toldLines(leg, mark, terminal))
  const plain = leg.peers.some(({ change }) => change === 'cut-off') && leg.opportunistic
  return [
    ...wrapped(`${doors}: ${summary(leg)}`, terminal, '  '),
    ...worst,
    ...(plain ? wrapped(PLAIN[leg.role], terminal, '    ') : []),
    ...changedLines(leg, terminal),
    ...(everybody ? restLines(leg, terminal) : countLines(leg, terminal)),
    '',
  ]
}

const PLAIN: Readonly<Record<ForetoldLeg['role'], string>> = {
  server:
    'TLS is not demanded here: those that are cut off deliver in plain text where they fall back to it, as most do, and not at all otherwise.',
  client: 'TLS is not demanded here: mail goes to those in plain text where the product falls back to it.',
}

const WHO: Readonly<Record<PeerUse, string>> = {
  web: 'browsers and programs',
  mail: 'mail programs and devices',
  smtp: 'servers and programs that deliver',
  ftp: 'FTP clients',
}

function summary({ peers, uses, role }: ForetoldLeg): string {
  const who = role === 'client' ? 'servers' : uses.map((use) => WHO[use]).join(', ')
  const count = (change: PeerChange): number => peers.filter((one) => one.change === change).length
  const parts = [
    `${count('cut-off')} cut off`,
    ...(count('maybe-cut-off') === 0 ? [] : [`${count('maybe-cut-off')} maybe cut off`]),
    ...(count('saved') === 0 ? [] : [`${count('saved')} newly connecting`]),
  ]
  return `of ${peers.length} known ${who}, ${parts.join(', ')}.`
}

/** Those with the same fate stand under the reason for it. */
function toldLines({ peers, role }: ForetoldLeg, [change, style, unicode, ascii]: Told, terminal: Terminal): readonly string[] {
  const lead = `  ${sign(unicode, ascii, terminal)} `
  const all = peers.flatMap((peer) => peer.cases.filter((one) => one.change === change).map((one) => ({ peer, one })))
  return [...Map.groupBy(all, ({ one }) => fateOf(one, role))].flatMap(([fate, alike]) => [
    ...wrapped(`${plural(alike.length, 'peer')} ${fate}`, terminal, styled(style, lead, terminal), lead.length),
    ...alike.flatMap(({ peer, one }) => {
      const how = peer.certainty === 'inferred' ? ' (inferred)' : ''
      return wrapped(`${peer.name}${how}${keyWords(one)}${detailOf(one)} ${peer.note ?? ''}`.trimEnd(), terminal, '      - ')
    }),
  ])
}

/** Where it connects, with what; the reason where it does not stands above. */
function detailOf({ before, after }: PeerCase): string {
  if (before.verdict === 'connects') return `: ${connectsWords(before)} until now.`
  return after.verdict === 'connects' ? `: ${connectsWords(after)}.` : '.'
}

function fateOf({ before, after, change }: PeerCase, role: ForetoldLeg['role']): string {
  const why = after.verdict === 'fails' ? reasonWords(after, role) : after.verdict === 'unknown' ? after.why : ''
  if (change === 'cut-off') return `cut off: ${why}`
  if (change === 'saved') return `newly connecting: ${before.verdict === 'fails' ? `until now ${reasonWords(before, role)}` : ''}`
  return before.verdict === 'unknown' ? `cut off if they could connect until now: ${why}` : `maybe cut off: ${why}`
}

const REASONS: Readonly<Partial<Record<RefusalReason, string>>> = {
  version: 'they share no version',
  suites: 'they share no suite',
  groups: 'they share no group',
  signature: 'they share no suite that fits the certificate',
  'dh-size': 'the modulus of DHE is too large or too small',
  'sslv2-hello': 'a hello in the format of SSL 2.0 is refused',
}

function reasonWords({ reason, why, by }: Extract<Foretold, { verdict: 'fails' }>, role: ForetoldLeg['role']): string {
  return `${REASONS[reason] ?? why.replace(/\.$/, '')} (${by === role ? 'this side' : 'the other side'} refuses).`
}

function keyWords({ key }: PeerCase): string {
  return key === 'any' ? '' : `, with an ${key} certificate`
}

function outcomeWords(outcome: Foretold, role: ForetoldLeg['role']): string {
  if (outcome.verdict === 'connects') return connectsWords(outcome)
  return outcome.verdict === 'unknown' ? `unknown. ${outcome.why}` : reasonWords(outcome, role)
}

/** The first of several is enough to recognise it by. */
function connectsWords({ versions, suites, groups }: Connects): string {
  const [suite = '', ...more] = suites
  const words = [versions.join(' or '), more.length === 0 ? suite : `${suite} or another`, groups.slice(0, 1).join('')]
  return words.filter((word) => word !== '').join(', ')
}

/** Who goes on with something else: in short, by what they go on with. */
function changedLines({ peers }: ForetoldLeg, terminal: Terminal): readonly string[] {
  const changed = peers.flatMap(({ name, cases, change }) => {
    const one = cases.find((each) => each.change === change)
    return change === 'changed' && one?.before.verdict === 'connects' && one.after.verdict === 'connects'
      ? [{ name, before: one.before, after: one.after }]
      : []
  })
  const arrow = sign('→', '->', terminal)
  const kinds = Map.groupBy(changed, ({ before, after }) => {
    const [from, to] = [before.versions.join(' or '), after.versions.join(' or ')]
    return from === to ? `another suite or group in ${to}` : `${from} ${arrow} ${to}`
  })
  return [...kinds].flatMap(([kind, alike]) =>
    wrapped(
      `${plural(alike.length, 'peer')}: ${kind}: ${few(
        alike.map(({ name }) => name),
        FEW_NAMES,
      )}`,
      terminal,
      `  ${sign('~', '~', terminal)} `,
    ),
  )
}

function countLines({ peers }: ForetoldLeg, terminal: Terminal): readonly string[] {
  const rest = peers.filter(({ change }) => change === 'same' || change === 'unclear')
  if (rest.length === 0) return []
  const count = (verdict: Foretold['verdict']): number =>
    rest.filter(({ cases }) => cases.every(({ after }) => after.verdict === verdict)).length
  const [connect, fail] = [count('connects'), count('fails')]
  const open = rest.length - connect - fail
  const parts = [
    ...(connect === 0 ? [] : [`${connect} connect as before`]),
    ...(fail === 0 ? [] : [`${fail} fail before and after`]),
    ...(open === 0 ? [] : [`${open} cannot be told of, or hang on the certificate`]),
  ]
  return wrapped(`${parts.join(', ')}. --clients shows everybody.`, terminal, '    ')
}

function restLines({ peers, role }: ForetoldLeg, terminal: Terminal): readonly string[] {
  return peers
    .filter(({ change }) => !TOLD.some(([told]) => told === change))
    .flatMap(({ name, cases }) =>
      cases.flatMap((one) => wrapped(`${name}${keyWords(one)}: ${outcomeWords(one.after, role)}`, terminal, '    ')),
    )
}

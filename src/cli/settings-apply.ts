import { lstatSync } from 'node:fs'
import { PosternError } from '../errors.ts'
import type { Policies, Rulebook } from '../policy/index.ts'
import { applyChange } from '../settings/apply/index.ts'
import {
  changesLeft,
  hiderOf,
  MASK,
  planOf,
  realPath,
  type ApplyContext,
  type Change,
  type FileChange,
  type KnownProduct,
  type Outcome,
  type Plan,
  type SettingsFile,
} from '../settings/index.ts'
import { networkOf, type NetworkValues } from './network.ts'
import { policiesNamed } from './policy-named.ts'
import { auditorOf } from './settings-auditor.ts'
import { foretoldLines } from './settings-foretold.ts'
import { outcomeJson } from './settings-json.ts'
import type { ProofWishes, ReadValues, ServiceValues } from './settings-options.ts'
import { proofsOf, type Proofs } from './settings-proofs.ts'
import { choiceOf, find, readFound, rulebooksNamed, type Found } from './settings-read.ts'
import { diffLines, inexpressibleLines } from './settings-report.ts'
import { saysService, serviceOf } from './settings-service.ts'
import { changing, stateFolder } from './settings-state.ts'
import { harmless, harmlessLines, styled, wrapped } from './settings-text.ts'
import type { Terminal } from './terminal.ts'

export interface ApplyValues extends ReadValues, ServiceValues, NetworkValues, ProofWishes {
  readonly policy: string
  readonly strict?: true
  readonly asFarAsPossible?: true
  readonly json?: true
}

/** What everything that is planned here has in common. */
interface Wish {
  readonly policies: Policies
  readonly rulebooks: readonly Rulebook[]
  readonly now: Date
}

/** The status of a change that was taken back. */
export const ROLLED_BACK = 3

/** `postern settings apply`: the plan, made, proved, or taken back. */
export async function apply(path: string, values: ApplyValues, products: readonly KnownProduct[], terminal: Terminal): Promise<number> {
  const found = await find(path, values, products, terminal)
  const now = new Date()
  const policies = await policiesNamed(values.policy, terminal, { now, strict: values.strict ?? false })
  const wish: Wish = { policies, rulebooks: await rulebooksNamed(values), now }
  const service = serviceOf(values, found.adapter, found.real)
  const held = { state: stateFolder(values.state, terminal), real: found.real, auditor: auditorOf(await networkOf(values, terminal)) }
  return changing(held, terminal, (context) => carryOut(found, values, wish, { service, context, terminal }))
}

async function carryOut(
  found: Found,
  values: ApplyValues,
  wish: Wish,
  {
    service,
    context,
    terminal,
  }: { readonly service: ReturnType<typeof serviceOf>; readonly context: ApplyContext; readonly terminal: Terminal },
): Promise<number> {
  const { plan, files } = planNow(found, values, wish)
  const { name } = wish.policies.server
  if (plan.inexpressible.length > 0 && values.asFarAsPossible !== true) throw inexpressible(plan, name)
  if (plan.changes.length === 0) {
    const words = plan.inexpressible.length > 0 ? `cannot come nearer to ${name}` : `keeps to ${name} already`
    terminal.out(values.json ? outcomeJson(found.real, undefined) : `${harmless(found.path)} ${words}.\n`)
    return 0
  }
  const { orders: proofs, unproved } = await proofsFor(plan, values, context)
  if (values.json !== true) terminal.out(await announcement(plan, terminal))
  const outcome = await applyChange(
    {
      kind: 'apply',
      product: plan.product,
      summary: name,
      files: filesOf(plan, values),
      service: plan.rebuild.length === 0 ? service : { ...service, rebuild: plan.rebuild },
      proofs,
      unproved,
      replan: () => replanned(plan, planNow(found, values, wish).plan, values),
    },
    { ...context, hide: hiderOf(files, found.adapter.secrets, MASK) },
  )
  if (values.json) terminal.out(outcomeJson(found.real, outcome))
  else tell(outcome, terminal, { restarted: saysService(values), proved: proofs.length + unproved.length > 0 })
  return outcome.outcome === 'applied' ? 0 : ROLLED_BACK
}

/** What is about to be done, and to whom. */
async function announcement(plan: Plan, terminal: Terminal): Promise<string> {
  const { foretell } = await import('../settings/foretell/index.ts')
  const noticed = foretoldLines(foretell(plan), { terminal, everybody: false })
  return [...diffLines(plan.diff, terminal), ...noticed, ...inexpressibleLines(plan, terminal)].join('\n')
}

/** Without a restart there is nothing to see on the wire yet, unless somebody says what to look at. */
async function proofsFor(plan: Plan, values: ApplyValues, { auditor }: ApplyContext): Promise<Proofs> {
  const asks = (values.prove !== false && values.prove.length > 0) || values.receive.length > 0
  if (!saysService(values) && !asks) return { orders: [], unproved: [] }
  return proofsOf(plan, values, auditor)
}

/** The file itself is planned on, not the link that may lead to it. */
function planNow(
  found: Found,
  values: ApplyValues,
  { policies, rulebooks, now }: Wish,
): { readonly plan: Plan; readonly files: readonly SettingsFile[] } {
  const read = readFound(found, values, found.real)
  const { adapter, reading, options } = read
  const [choose, whole] = [choiceOf(policies, read), { ...options, rulebooks, now }]
  const plan = planOf(adapter, reading, choose, whole)
  const [left] = changesLeft(adapter, reading, plan, choose, whole)
  if (left !== undefined) throw withoutEffect(left)
  return { plan, files: reading.files }
}

/** Nobody is told that it is done where it would have to be done again. */
function withoutEffect({ setting, place }: Change): PosternError {
  const message = `Cannot change settings ${place.file}: ${setting} would not count where it would be written`
  return new PosternError('input', 'SETTINGS_NO_EFFECT', message, {
    remedy: 'See postern settings plan, and look for line ends and quotes that are broken near that place; then change it by hand.',
  })
}

/** Files that are included through links are changed where they are, if somebody has said so. */
function filesOf({ files }: Plan, { follow }: ApplyValues): readonly FileChange[] {
  return files.map(({ before, after }) => {
    if (!lstatSync(before.path).isSymbolicLink()) return { before, after }
    const real = realPath(before.path)
    if (follow === true) return { before: { ...before, path: real }, after: { ...after, path: real } }
    throw new PosternError('input', 'SETTINGS_SYMLINK', `Cannot change settings ${before.path}: it is a symbolic link to ${real}`, {
      remedy: 'Add --follow to change what it leads to.',
    })
  })
}

/** What the service has written when it stopped asks for the same change, or for another one, which nobody has seen. */
function replanned(before: Plan, after: Plan, values: ApplyValues): readonly FileChange[] | undefined {
  const essence = ({ changes }: Plan): string =>
    JSON.stringify(changes.map((one) => [one.door, one.role, one.setting, one.before, one.after]))
  return essence(before) === essence(after) ? filesOf(after, values) : undefined
}

function inexpressible({ inexpressible, title }: Plan, policy: string): PosternError {
  const reasons = [...new Set(inexpressible.map(({ why }) => (/[.!?]$/.test(why) ? why : `${why}.`)))]
  const message = `Cannot reach ${policy} with the settings of ${title}: ${reasons.join(' ')}`
  const commands = [...new Set(inexpressible.flatMap(({ command }) => command ?? []))]
  const first = commands.length === 0 ? '' : ` Or first make what is missing: ${commands.join(', ')}.`
  return new PosternError('input', 'SETTINGS_INEXPRESSIBLE', message, {
    remedy: `Choose another policy, or add --as-far-as-possible to go on with the rest.${first}`,
  })
}

/** What came of it, and what is left to the reader. */
export function tell(
  { outcome, number, entry, why }: Outcome,
  terminal: Terminal,
  { restarted, proved }: { readonly restarted: boolean; readonly proved: boolean },
): void {
  if (outcome === 'rolled-back') {
    terminal.err(`postern: error: ${harmlessLines(why?.message ?? 'Cannot make the change')}\n`)
    for (let cause = why?.cause; cause instanceof Error; cause = cause.cause)
      terminal.err(`postern: because: ${harmlessLines(cause.message)}\n`)
    for (const said of entry.said.filter((one) => one !== why?.message)) terminal.err(`postern: note: ${harmlessLines(said)}\n`)
    if (why?.remedy !== undefined) terminal.err(`postern: hint: ${harmlessLines(why.remedy)}\n`)
    terminal.err('postern: note: The change was taken back.\n')
    return
  }
  const lines = [
    ...entry.said,
    ...(restarted ? [] : ['The service was not restarted: it goes on with its old settings until it is.']),
    ...(proved ? [] : ['Nothing was proved on the wire: --prove TARGET does.']),
  ]
  terminal.out(
    `${styled('green', `Done: change ${number}.`, terminal)}\n${lines.flatMap((line) => wrapped(line, terminal, '  ')).join('\n')}\n`,
  )
}

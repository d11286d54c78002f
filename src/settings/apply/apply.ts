import { setTimeout as delay } from 'node:timers/promises'
import { PosternError } from '../../errors.ts'
import type { Policy } from '../../policy/index.ts'
import { hashOf } from '../plan.ts'
import { readSettings } from '../read-settings.ts'
import { bytesOf, type SettingsFile } from '../settings-file.ts'
import { finishIfPossible, forget, keepCopies, writeEntry, type Entry, type Phase } from './journal.ts'
import { checkReplaceable, stage, swap, tidy } from './replace.ts'
import { rollBack } from './roll-back.ts'
import { runCommand, type CommandLine, type Ran } from './run-command.ts'
import type { Service } from './service.ts'

/** Looks at doors from outside. Filled in by whoever can speak TLS to them. */
export interface Auditor {
  /** The doors that have not opened in time. `patience` in milliseconds. */
  readonly waitFor: (doors: readonly string[], patience: number) => Promise<readonly string[]>
  /** Whether a door keeps to a policy, and what does not, in sentences. */
  readonly prove: (door: string, policy: Policy) => Promise<Proved>
  /** Listens at a target until the product connects to it, which `connect` may make it do, and compares what it offers. */
  readonly receive?: (
    target: string,
    policy: Policy,
    options: { readonly patience: number; readonly connect?: () => Promise<void>; readonly signal?: AbortSignal | undefined },
  ) => Promise<Proved>
}

export interface Proved {
  readonly keeps: 'yes' | 'no' | 'unknown'
  readonly why: readonly string[]
}

export interface ProofOrder {
  /** A target, such as `smtp://localhost:25`. */
  readonly door: string
  readonly policy: Policy
  /** The product is the client, and connects to the target. */
  readonly client?: ClientProof
}

export interface ClientProof {
  /** As the settings name it. */
  readonly leg: string
  /** Makes it connect once; without it, it is waited for. */
  readonly connect?: CommandLine
}

export interface FileChange {
  readonly before: SettingsFile
  readonly after: SettingsFile
}

/** A change that is to be made. Paths are those of the files themselves, not of links to them. */
export interface ChangeOrder {
  readonly kind: Entry['kind']
  readonly product: string
  readonly summary: string
  readonly files: readonly FileChange[]
  readonly service: Service
  readonly proofs: readonly ProofOrder[]
  /** What is changed and not proved, in sentences. */
  readonly unproved?: readonly string[]
  /** Doors that have to open again, beside those that are proved. */
  readonly doors?: readonly string[]
  readonly undoes?: readonly number[]
  /** The same change to the files as the service has left them behind; undefined where it is not the same any more. */
  readonly replan?: () => readonly FileChange[] | undefined
}

/** What is done, in this order; a step that is not needed is left out. Tests break off after each. */
export type Step =
  'copy' | 'journal' | 'stage' | 'stop' | 'recheck' | 'replace' | 'rebuild' | 'check' | 'start' | 'wait' | 'prove' | 'note' | 'finish'

export interface ApplyContext {
  /** Where everything about these settings is remembered. The caller holds its lock. */
  readonly folder: string
  readonly auditor?: Auditor | undefined
  readonly now: () => Date
  /** Takes secrets out of what commands have written, before anybody sees or remembers it. */
  readonly hide?: (text: string) => string
  /** Somebody wants it to end: what was done is taken back. */
  readonly signal?: AbortSignal
  readonly after?: (step: Step) => void
}

/** What came of a change. */
export interface Outcome {
  readonly outcome: 'applied' | 'rolled-back'
  /** Its number in the history. */
  readonly number: number
  readonly entry: Entry
  /** Why it was rolled back. */
  readonly why?: PosternError
}

/**
 * Makes a change: copies and new files first, then the service, then one rename for each file, the product's own check, the service
 * again, and the doors as they are seen from outside. Whatever is not as planned is taken back. Throws, with nothing changed and no
 * service touched: `SETTINGS_CHANGED`, `SETTINGS_UNWRITABLE`, `STATE_UNWRITABLE`.
 */
export async function applyChange(order: ChangeOrder, context: ApplyContext): Promise<Outcome> {
  const { folder, after = () => undefined } = context
  for (const { before } of order.files) checkReplaceable(before.path)
  checkUnchanged(order.files)
  const change = new Change(newEntry(order, context), context)
  prepare(order.files, change, context)
  try {
    await carryOut(order, change, context)
  } catch (error) {
    const why = wordsOf(error)
    return { ...(await rollBack(change.entry, why.message, context)), why }
  }
  for (const { before } of order.files) tidy(before.path)
  const entry: Entry = { ...change.entry, outcome: 'applied' }
  const number = finishIfPossible(folder, entry)
  after('finish')
  return { outcome: 'applied', number, entry }
}

/** The entry of a change that is under way, written down with every step. */
class Change {
  entry: Entry
  readonly #context: ApplyContext

  constructor(entry: Entry, context: ApplyContext) {
    this.entry = entry
    this.#context = context
  }

  phase(phase: Phase, more: Partial<Entry> = {}): void {
    this.entry = { ...this.entry, ...more, phase }
    writeEntry(this.#context.folder, this.entry)
  }

  /** Runs a command of the service. Errors: `SETTINGS_COMMAND`. */
  async run(line: CommandLine | undefined, what: string): Promise<Ran | undefined> {
    if (line === undefined) return undefined
    const { folder, signal, hide } = this.#context
    const ran = await runCommand(line, { folder, patience: this.entry.service.patience, signal, hide })
    this.entry = { ...this.entry, ran: [...this.entry.ran, ran] }
    if (signal?.aborted === true) throw interrupted()
    if (ran.ok) return ran
    throw commandFailed(ran, what)
  }
}

/** Copies, the first note, new files: all that needs room on a disk, before anything is touched. */
function prepare(files: readonly FileChange[], change: Change, { folder, after = () => undefined }: ApplyContext): void {
  try {
    keepCopies(
      folder,
      files.map(({ before }) => before),
    )
    after('copy')
    change.phase('prepared')
    after('journal')
    const notes = files.flatMap((file) => stage(file.before.path, bytesOf(file.after)).notes)
    change.phase('prepared', { said: [...new Set(notes)] })
    after('stage')
  } catch (error) {
    for (const { before } of files) tidy(before.path)
    forget(folder)
    throw error
  }
}

function newEntry(order: ChangeOrder, { now }: ApplyContext): Entry {
  return {
    version: 1,
    kind: order.kind,
    phase: 'prepared',
    outcome: 'under-way',
    began: now().toISOString(),
    product: order.product,
    summary: order.summary,
    files: filesOf(order.files),
    service: order.service,
    touched: false,
    doors: [...new Set([...(order.doors ?? []), ...order.proofs.flatMap(({ door, client }) => (client === undefined ? [door] : []))])],
    undoes: order.undoes ?? [],
    said: [],
    ran: [],
  }
}

function filesOf(files: readonly FileChange[]): Entry['files'] {
  return files.map(({ before, after }) => ({ path: before.path, before: hashOf(before), after: hashOf(after) }))
}

async function carryOut(order: ChangeOrder, change: Change, context: ApplyContext): Promise<void> {
  const { after = () => undefined, signal } = context
  const { service } = order
  const step = (done: Step): void => {
    after(done)
    if (signal?.aborted === true) throw interrupted()
  }
  const stop = async (): Promise<void> => {
    if (service.stop === undefined) return
    change.phase('stopping', { touched: true })
    await change.run(service.stop, 'stop the service')
    step('stop')
  }
  let { files } = order
  if (service.rewritesOnStop) {
    await stop()
    files = recheck(order, change, context)
    step('recheck')
  }
  replace(files, change)
  step('replace')
  for (const line of service.rebuild ?? []) await change.run(line, 'make anew what the service reads')
  if (service.rebuild !== undefined) step('rebuild')
  if (service.check !== undefined) {
    change.phase('checking')
    await check(service.check, change)
    step('check')
  }
  if (!service.rewritesOnStop) await stop()
  if (service.start !== undefined) {
    change.phase('starting', { touched: true })
    await change.run(service.start, 'start the service')
    step('start')
  }
  await proveAll(order, change, context, step)
  change.phase('proved', { said: [...change.entry.said, ...(order.unproved ?? [])] })
  step('note')
}

function replace(files: readonly FileChange[], change: Change): void {
  change.phase('replacing')
  checkUnchanged(files)
  for (const { before } of files) swap(before.path)
}

/** The service may have written its files again. What is planned on is then what it has left behind, if the change is the same there. */
function recheck(order: ChangeOrder, change: Change, { folder }: ApplyContext): readonly FileChange[] {
  if (order.files.every(({ before }) => hashOf(readAgain(before)) === hashOf(before))) return order.files
  const files = order.replan?.()
  if (files === undefined) throw changedUnderneath(order.files[0]?.before.path ?? '')
  for (const { before } of order.files) tidy(before.path)
  keepCopies(
    folder,
    files.map(({ before }) => before),
  )
  for (const file of files) stage(file.before.path, bytesOf(file.after))
  const said = [...change.entry.said, 'The service wrote its settings again when it stopped; the change was made to what it wrote.']
  change.phase('stopping', { files: filesOf(files), said })
  return files
}

/** A product's own check that is not on this machine checks nothing, and says so. */
async function check(line: CommandLine, change: Change): Promise<void> {
  try {
    await change.run(line, 'check the settings')
  } catch (error) {
    if (change.entry.ran.at(-1)?.missing !== true) throw error
    change.phase('checking', {
      said: [...change.entry.said, `The settings were not checked: there is no ${line[0] ?? ''} on this machine.`],
    })
  }
}

async function proveAll(order: ChangeOrder, change: Change, { auditor, signal }: ApplyContext, step: (done: Step) => void): Promise<void> {
  const { doors } = change.entry
  if (auditor === undefined || doors.length + order.proofs.length === 0) return
  change.phase('proving')
  const closed = await orInterrupted(auditor.waitFor(doors, order.service.patience), signal)
  step('wait')
  if (closed.length > 0) throw notAsPlanned(`${closed.join(', ')} did not open within ${order.service.patience / 1000} s`)
  for (const proof of order.proofs) {
    const { door, policy, client } = proof
    const { keeps, why } = await orInterrupted(proveOne(proof, change, auditor, signal), signal)
    const who = client === undefined ? door : `${client.leg} (client)`
    if (keeps === 'no') throw notAsPlanned(`${who} does not keep to ${policy.name}: ${why.join(' ')}`)
    if (keeps === 'unknown') throw notAsPlanned(`${who} may not keep to ${policy.name}: ${why.join(' ')}`, UNKNOWN)
    const how = client === undefined ? 'proved on the wire' : `as its hello at ${door} shows`
    change.entry = { ...change.entry, said: [...change.entry.said, `${who} keeps to ${policy.name}, ${how}.`] }
  }
  step('prove')
}

/** A service that is not stopped may answer with its old settings for a moment after it was told to read the new ones. */
const RELOADS = 2
const RELOAD_MS = 1000

async function proveOne(
  { door, policy, client }: ProofOrder,
  change: Change,
  auditor: Auditor,
  signal: AbortSignal | undefined,
): Promise<Proved> {
  const { patience, stop } = change.entry.service
  if (client === undefined) {
    let proved = await auditor.prove(door, policy)
    for (let left = stop === undefined ? RELOADS : 0; left > 0 && proved.keeps !== 'yes'; left--) {
      await delay(RELOAD_MS)
      proved = await auditor.prove(door, policy)
    }
    return proved
  }
  const line = client.connect
  const connect = line && (async () => void (await change.run(line, 'make the product connect')))
  const proved = await auditor.receive?.(door, policy, { patience, signal, ...(connect === undefined ? {} : { connect }) })
  return proved ?? { keeps: 'unknown', why: ['Nobody listens for it.'] }
}

/** Questions to a door that are under way are of no use any more once somebody wants an end. Errors: `SETTINGS_INTERRUPTED`. */
async function orInterrupted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  const stopped = Promise.withResolvers<never>()
  const stop = (): void => stopped.reject(interrupted())
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop)
  try {
    return await Promise.race([work, stopped.promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function readAgain({ path }: SettingsFile): SettingsFile {
  return readSettings(path, { broken: true })
}

/** Errors: `SETTINGS_CHANGED`. */
function checkUnchanged(files: readonly FileChange[]): void {
  for (const { before } of files) if (hashOf(readAgain(before)) !== hashOf(before)) throw changedUnderneath(before.path)
}

function changedUnderneath(path: string): PosternError {
  return new PosternError('input', 'SETTINGS_CHANGED', `Cannot change settings ${path}: it is not any more what was planned on`, {
    remedy: 'Plan again, and look at the difference.',
  })
}

function commandFailed({ command, ended, output }: Ran, what: string): PosternError {
  const last = [...new Set(output.trimEnd().split('\n'))].slice(-WORTH_QUOTING).join('\n')
  const message = `Cannot ${what} with ${command}: ${ended}${last === '' ? '' : `\n${last}`}`
  return new PosternError('world', 'SETTINGS_COMMAND', message, { remedy: 'Run the command yourself and see what it complains about.' })
}

/** Lines of output that stand in an error; all of it is in the history. */
const WORTH_QUOTING = 8

const LOOK = 'Look at the service’s own log, and at postern audit of that door.'
const UNKNOWN =
  'See why it cannot be asked with postern audit; name other doors with --prove, or none with --no-prove, to go on without it.'

function notAsPlanned(what: string, remedy: string = LOOK): PosternError {
  return new PosternError('world', 'SETTINGS_UNPROVED', `Cannot prove the change on the wire: ${what}`, { remedy })
}

function interrupted(): PosternError {
  return new PosternError('world', 'SETTINGS_INTERRUPTED', 'Cannot finish the change: it was stopped', { remedy: 'Start it again.' })
}

function wordsOf(error: unknown): PosternError {
  if (error instanceof PosternError && error.fault !== 'bug') return error
  const cause = error instanceof Error ? error : new Error(String(error))
  return new PosternError('world', 'SETTINGS_APPLY', `Cannot carry the change out: ${cause.message}`, {
    remedy: 'Put that right, such as a file that is marked as immutable (chattr), and start again.',
  })
}

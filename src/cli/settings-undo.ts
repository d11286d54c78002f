import { existsSync, lstatSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { applyChange, folderOf, historyIn, undoOrder } from '../settings/apply/index.ts'
import { hiderOf, MASK, realPath, type KnownProduct, type Numbered } from '../settings/index.ts'
import { networkOf, type NetworkValues } from './network.ts'
import { ROLLED_BACK, tell } from './settings-apply.ts'
import { auditorOf } from './settings-auditor.ts'
import { historyJson, outcomeJson } from './settings-json.ts'
import type { ReadValues, ServiceValues } from './settings-options.ts'
import { find, type Found } from './settings-read.ts'
import { saysService, serviceOf } from './settings-service.ts'
import { changing, putRightFirst, stateFolder } from './settings-state.ts'
import { harmless, styled, wrapped } from './settings-text.ts'
import type { Terminal } from './terminal.ts'

export interface UndoValues extends ReadValues, ServiceValues, NetworkValues {
  readonly to?: number
  readonly force?: true
  readonly json?: true
}

export interface HistoryValues extends ReadValues {
  readonly json?: true
}

/**
 * The file that is meant, and who understands it. What Postern has changed it knows by its path alone, even where the file is empty,
 * broken or gone by now: that is when the old one is wanted most. Errors: those of `find`, `STATE_DAMAGED`.
 */
async function findChanged(
  path: string,
  values: ReadValues,
  products: readonly KnownProduct[],
  terminal: Terminal,
): Promise<Pick<Found, 'adapter' | 'real'>> {
  const named = resolve(terminal.cwd, path)
  const there = lstatSync(named, { throwIfNoEntry: false })
  if (there === undefined || there.isFile()) {
    const folder = existsSync(dirname(named)) ? realPath(dirname(named)) : dirname(named)
    const real = join(folder, basename(named))
    const last = (await historyIn(folderOf(stateFolder(values.state, terminal), real))).at(-1)
    const known = products.find(({ product }) => product === last?.entry.product)
    if (known !== undefined) return { real, adapter: await known.adapter() }
  }
  return find(path, values, products, terminal)
}

/** `postern settings undo`: the bytes that stood there before a change. */
export async function undo(path: string, values: UndoValues, products: readonly KnownProduct[], terminal: Terminal): Promise<number> {
  const found = await findChanged(path, values, products, terminal)
  const service = saysService(values) ? serviceOf(values, found.adapter, found.real) : undefined
  const held = { state: stateFolder(values.state, terminal), real: found.real, auditor: auditorOf(await networkOf(values, terminal)) }
  return changing(held, terminal, async (context) => {
    const order = await undoOrder(context.folder, found.real, { to: values.to, force: values.force ?? false, service })
    const files = order.files.flatMap(({ before, after }) => [before, after])
    const outcome = await applyChange(order, { ...context, hide: hiderOf(files, found.adapter.secrets, MASK) })
    if (values.json) terminal.out(outcomeJson(found.real, outcome))
    else tell(outcome, terminal, { restarted: order.service.start !== undefined, proved: true })
    return outcome.outcome === 'applied' ? 0 : ROLLED_BACK
  })
}

/** `postern settings history`: what was changed, and what came of it. */
export async function history(path: string, values: HistoryValues, products: readonly KnownProduct[], terminal: Terminal): Promise<void> {
  const { real } = await findChanged(path, values, products, terminal)
  const state = stateFolder(values.state, terminal)
  await putRightFirst(state, real, terminal)
  const all = await historyIn(folderOf(state, real))
  if (values.json) terminal.out(historyJson(real, all))
  else if (all.length === 0) terminal.out(`Postern has not changed ${harmless(real)}.\n`)
  else terminal.out(`${all.flatMap((one) => entryLines(one, all, terminal)).join('\n')}\n`)
}

function entryLines({ number, entry }: Numbered, history: readonly Numbered[], terminal: Terminal): readonly string[] {
  const undone = history.find((one) => one.entry.outcome === 'applied' && one.entry.undoes.includes(number))
  const state = undone === undefined ? entry.outcome.replace('-', ' ') : `undone by ${undone.number}`
  const time = entry.began.replace('T', ' ').replace(/\..*$/, ' UTC')
  const title = `${String(number).padStart(3)}  ${time}  ${entry.kind} ${harmless(entry.summary)}: ${state}`
  const said = entry.outcome === 'rolled-back' ? entry.said.flatMap((line) => wrapped(line.split('\n', 1).join(), terminal, '       ')) : []
  return [entry.outcome === 'applied' && undone === undefined ? styled('bold', title, terminal) : title, ...said]
}

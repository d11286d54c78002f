import type { Command } from 'commander'
import { applyChange, folderOf, historyIn, undoOrder, withSettings, type Adapter, type Numbered } from '../settings/index.ts'
import { explain, GROUP, section } from './help.ts'
import { addNetworkOptions, networkOf, wholeNumber, type NetworkValues } from './network.ts'
import { ROLLED_BACK, tell } from './settings-apply.ts'
import { auditorOf } from './settings-auditor.ts'
import { historyJson, outcomeJson } from './settings-json.ts'
import { addReadOptions, find, type ReadValues } from './settings-read.ts'
import { addServiceOptions, saysService, serviceOf, type ServiceValues } from './settings-service.ts'
import { putRightFirst, stateFolder, tellRecovered } from './settings-state.ts'
import { harmless, styled, wrapped } from './settings-text.ts'
import type { Terminal } from './terminal.ts'

interface UndoValues extends ReadValues, ServiceValues, NetworkValues {
  readonly to?: number
  readonly force?: true
  readonly json?: true
}

interface HistoryValues extends ReadValues {
  readonly json?: true
}

const MOST_CHANGES = 1_000_000

/** `postern settings undo`: the bytes that stood there before a change. */
export function addUndo(settings: Command, adapters: readonly Adapter[], terminal: Terminal, exit: (status: number) => void): void {
  const command = settings
    .command('undo')
    .summary('put the bytes back that stood there before a change')
    .description(
      'Puts the identical bytes back that stood there before the last change, and restarts the service as that change did, unless you say otherwise.',
    )
    .argument('<path>', 'settings file, or a folder that has one')
    .option('--to <number>', 'take this change back and all that came after it', wholeNumber(1, MOST_CHANGES))
    .option('--force', 'throw away what somebody has changed since; a copy of it is kept')
    .option('--json', 'print what came of it as JSON (schemas/settings-outcome.schema.json)')
    .action(async (path: string, values: UndoValues) => {
      exit(await undo(path, values, adapters, terminal))
    })
  addNetworkOptions(addReadOptions(addServiceOptions(command), adapters))
  explain(command, GROUP.change, [
    { line: 'postern settings undo /etc/postfix', does: 'the last change' },
    { line: 'postern settings undo main.cf --to 3', does: 'back to before change 3' },
  ])
  section(command, 'Exit status:', UNDO_EXIT)
}

const UNDO_EXIT = `
0   the old bytes are back
2   wrong input; nothing was touched
3   it failed, and everything is as it was before`.trimStart()

async function undo(path: string, values: UndoValues, adapters: readonly Adapter[], terminal: Terminal): Promise<number> {
  const found = find(path, values, adapters, terminal)
  const service = saysService(values) ? serviceOf(values, found.adapter, found.real) : undefined
  const held = { now: () => new Date(), auditor: auditorOf(await networkOf(values, terminal)) }
  return withSettings(
    stateFolder(values.state, terminal),
    found.real,
    held,
    (outcome) => tellRecovered(outcome, terminal),
    async (context) => {
      const order = await undoOrder(context.folder, found.real, { to: values.to, force: values.force ?? false, service })
      const outcome = await applyChange(order, context)
      if (values.json) terminal.out(outcomeJson(found.real, outcome))
      else tell(outcome, terminal, { restarted: order.service.start !== undefined, proved: true })
      return outcome.outcome === 'applied' ? 0 : ROLLED_BACK
    },
  )
}

/** `postern settings history`: what was changed, and what came of it. */
export function addHistory(settings: Command, adapters: readonly Adapter[], terminal: Terminal): void {
  const command = settings
    .command('history')
    .summary('list the changes that Postern has made')
    .description('Lists the changes that Postern has made, or tried to make, with what came of them.')
    .argument('<path>', 'settings file, or a folder that has one')
    .option('--json', 'print JSON, with all that commands have written (schemas/settings-history.schema.json)')
    .action(async (path: string, values: HistoryValues) => {
      const { real } = find(path, values, adapters, terminal)
      const state = stateFolder(values.state, terminal)
      await putRightFirst(state, real, { now: () => new Date() }, terminal)
      const history = await historyIn(folderOf(state, real))
      if (values.json) terminal.out(historyJson(real, history))
      else if (history.length === 0) terminal.out(`Postern has not changed ${harmless(real)}.\n`)
      else terminal.out(`${history.flatMap((one) => entryLines(one, history, terminal)).join('\n')}\n`)
    })
  addReadOptions(command, adapters)
  explain(command, GROUP.look, [
    { line: 'postern settings history /etc/postfix', does: 'every change' },
    { line: 'postern settings history main.cf --json', does: 'with the output of commands' },
  ])
}

function entryLines({ number, entry }: Numbered, history: readonly Numbered[], terminal: Terminal): readonly string[] {
  const undone = history.find((one) => one.entry.outcome === 'applied' && one.entry.undoes.includes(number))
  const state = undone === undefined ? entry.outcome.replace('-', ' ') : `undone by ${undone.number}`
  const time = entry.began.replace('T', ' ').replace(/\..*$/, ' UTC')
  const title = `${String(number).padStart(3)}  ${time}  ${entry.kind} ${harmless(entry.summary)}: ${state}`
  const said = entry.outcome === 'rolled-back' ? entry.said.flatMap((line) => wrapped(line.split('\n', 1).join(), terminal, '       ')) : []
  return [entry.outcome === 'applied' && undone === undefined ? styled('bold', title, terminal) : title, ...said]
}

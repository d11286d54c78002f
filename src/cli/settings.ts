import type { Command } from 'commander'
import { ADAPTERS, installed, judged, planOf, type Adapter } from '../settings/index.ts'
import { addApply } from './settings-apply.ts'
import { addHistory, addUndo } from './settings-undo.ts'
import type { AddCommand } from './commands.ts'
import { explain, GROUP, section } from './help.ts'
import { policiesNamed } from './policy-named.ts'
import { planJson, showJson } from './settings-json.ts'
import { addMend } from './settings-mend.ts'
import { addReadOptions, addRules, choiceOf, find, readFound, rulebooksNamed, type ReadValues } from './settings-read.ts'
import { planReport, showReport } from './settings-report.ts'
import { putRightFirst, stateFolder } from './settings-state.ts'
import type { Terminal } from './terminal.ts'

interface ShowValues extends ReadValues {
  readonly json?: true
  readonly verbose?: true
}

interface PlanValues extends ShowValues {
  readonly policy: string
  readonly clients?: true
  readonly strict?: true
}

/** `postern settings`: what the settings of other programs mean, and changing them. */
export const addSettings: AddCommand = settingsOf(ADAPTERS)

/** The same for some products only. */
export function settingsOf(adapters: readonly Adapter[]): AddCommand {
  return (program, terminal, exit) => {
    const settings = program
      .command('settings')
      .summary('read, change and prove the TLS settings of a server')
      .description(
        `Says what the TLS settings of a server really mean, plans the smallest edit that reaches a policy, makes it with the service restarted and the result proved, and takes it back. Knows ${names(adapters)}.`,
      )
      .helpGroup(GROUP.change)
    addShow(settings, adapters, terminal)
    addPlan(settings, adapters, terminal, exit)
    addApply(settings, adapters, terminal, exit)
    addUndo(settings, adapters, terminal, exit)
    addHistory(settings, adapters, terminal)
    if (adapters.some(({ mend }) => mend !== undefined)) addMend(settings, adapters, terminal, exit)
  }
}

function names(adapters: readonly Adapter[]): string {
  const titles = adapters.map(({ title }) => title)
  return titles.length < 2 ? titles.join('') : `${titles.slice(0, -1).join(', ')} and ${titles.at(-1) ?? ''}`
}

const context = { now: (): Date => new Date() }

function addShow(settings: Command, adapters: readonly Adapter[], terminal: Terminal): void {
  const command = settings
    .command('show')
    .summary('say what TLS settings really mean')
    .description(
      'Says for each door and role which TLS the settings really ask for, where each value comes from, and what is wrong with it. Nothing is changed, and no secret is shown.',
    )
    .argument('[path]', 'settings file, or a folder that has one; without it the usual places of installed products')
    .option('-v, --verbose', 'show every suite and every good finding')
    .option('--json', 'print JSON (schemas/settings-show.schema.json)')
    .action(async (path: string | undefined, values: ShowValues) => {
      // Scripts get one document: they name a file, or the product.
      const paths = path === undefined && values.json !== true ? installedPaths(values, adapters) : [path]
      for (const [index, one] of paths.entries()) {
        if (index > 0) terminal.out('\n')
        await show(one, values, adapters, terminal)
      }
    })
  addRules(addReadOptions(command, adapters))
  explain(command, GROUP.look, [
    { line: 'postern settings show', does: 'what is installed on this machine' },
    { line: 'postern settings show /etc/postfix', does: 'the settings in a folder' },
    { line: 'postern settings show mailserver.cfg --product-version 9.4.0', does: 'with the defaults of that version' },
    { line: 'postern settings show main.cf --json', does: 'for scripts' },
  ])
}

async function show(path: string | undefined, values: ShowValues, adapters: readonly Adapter[], terminal: Terminal): Promise<void> {
  const found = find(path, values, adapters, terminal)
  await putRightFirst(stateFolder(values.state, terminal), found.real, context, terminal)
  const { adapter, reading } = readFound(found, values)
  const rulebooks = await rulebooksNamed(values)
  const legs = judged(reading.legs, { rulebooks, now: context.now() })
  const options = { terminal, verbose: values.verbose ?? false }
  terminal.out(values.json ? showJson(adapter.title, reading, legs) : showReport(adapter.title, reading, legs, options))
}

function installedPaths({ product, follow }: ShowValues, adapters: readonly Adapter[]): readonly string[] {
  return installed({ adapters, product, follow: follow ?? false }).map(({ file }) => file.path)
}

function addPlan(settings: Command, adapters: readonly Adapter[], terminal: Terminal, exit: (status: number) => void): void {
  const command = settings
    .command('plan')
    .summary('show the smallest edit that reaches a policy')
    .description(
      'Shows the smallest edit with which the settings keep to a policy, as a difference with secrets masked, and what it does. Nothing is changed.',
    )
    .argument('[path]', 'settings file, or a folder that has one')
    .requiredOption('--policy <name|file>', 'a rulebook by name, or a policy file (YAML)')
    .option('--strict', 'of a rulebook, allow only what it calls good')
    .option('-v, --verbose', 'show every finding')
    .option('--clients', 'show every known client and server, and not only those that notice something')
    .option('--json', 'print JSON (schemas/settings-plan.schema.json)')
    .action(async (path: string | undefined, values: PlanValues) => {
      const found = find(path, values, adapters, terminal)
      await putRightFirst(stateFolder(values.state, terminal), found.real, context, terminal)
      const now = context.now()
      const policies = await policiesNamed(values.policy, terminal, { now, strict: values.strict ?? false })
      const read = readFound(found, values)
      const { adapter, reading, options } = read
      const plan = planOf(adapter, reading, choiceOf(policies, read), { ...options, rulebooks: await rulebooksNamed(values), now })
      // The catalogue is loaded by those who ask what a change does, and by nobody else.
      const { foretell } = await import('../settings/foretell/index.ts')
      const foretold = foretell(plan)
      const reportOptions = { terminal, verbose: values.verbose ?? false, everybody: values.clients ?? false }
      terminal.out(values.json ? planJson(plan, foretold) : planReport(plan, foretold, reportOptions))
      exit(plan.changes.length === 0 ? 0 : 1)
    })
  addRules(addReadOptions(command, adapters))
  explain(command, GROUP.change, [
    { line: 'postern settings plan main.cf --policy mozilla-intermediate', does: 'what would change' },
    { line: 'postern settings plan /etc/dovecot --policy tls.yaml', does: 'for a policy of your own' },
    { line: 'postern settings plan server.xml --policy rfc-9325 --json', does: 'for a job' },
  ])
  section(command, 'Exit status:', PLAN_EXIT)
}

const PLAN_EXIT = `
0   nothing has to change
1   something has to
2   wrong input`.trimStart()

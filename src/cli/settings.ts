import type { Command } from 'commander'
import { PRODUCTS, type KnownProduct } from '../settings/products/index.ts'
import type { AddCommand } from './commands.ts'
import { explain, GROUP, section } from './help.ts'
import { addNetworkOptions, wholeNumber } from './network.ts'
import type { ApplyValues } from './settings-apply.ts'
import type { MendValues } from './settings-mend.ts'
import { addProofOptions, addReadOptions, addRules, addServiceOptions } from './settings-options.ts'
import type { PlanValues } from './settings-plan.ts'
import type { ShowValues } from './settings-show.ts'
import type { HistoryValues, UndoValues } from './settings-undo.ts'
import type { Terminal } from './terminal.ts'

/** `postern settings`: what the settings of other programs mean, and changing them. */
export const addSettings: AddCommand = settingsOf(PRODUCTS)

/** The same for some products only. What a command does is loaded when it is wanted: whoever asks for help need not wait for it. */
export function settingsOf(products: readonly KnownProduct[]): AddCommand {
  return (program, terminal, exit) => {
    const settings = program
      .command('settings')
      .summary('read, change and prove the TLS settings of a server')
      .description(
        `Says what the TLS settings of a server really mean, plans the smallest edit that reaches a policy, makes it with the service restarted and the result proved, and takes it back. Knows ${names(products)}.`,
      )
      .helpGroup(GROUP.change)
    addShow(settings, products, terminal)
    addPlan(settings, products, terminal, exit)
    addApply(settings, products, terminal, exit)
    addUndo(settings, products, terminal, exit)
    addHistory(settings, products, terminal)
    if (products.some(({ mends }) => mends)) addMend(settings, products, terminal, exit)
  }
}

function names(products: readonly KnownProduct[]): string {
  const titles = products.map(({ title }) => title)
  return titles.length < 2 ? titles.join('') : `${titles.slice(0, -1).join(', ')} and ${titles.at(-1) ?? ''}`
}

function addShow(settings: Command, products: readonly KnownProduct[], terminal: Terminal): void {
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
      const { show } = await import('./settings-show.ts')
      await show(path, values, products, terminal)
    })
  addRules(addReadOptions(command, products))
  explain(command, GROUP.look, [
    { line: 'postern settings show', does: 'what is installed on this machine' },
    { line: 'postern settings show /etc/postfix', does: 'the settings in a folder' },
    { line: 'postern settings show mailserver.cfg --product-version 9.4.0', does: 'with the defaults of that version' },
    { line: 'postern settings show main.cf --json', does: 'for scripts' },
  ])
}

function addPlan(settings: Command, products: readonly KnownProduct[], terminal: Terminal, exit: (status: number) => void): void {
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
      const { plan } = await import('./settings-plan.ts')
      exit(await plan(path, values, products, terminal))
    })
  addRules(addReadOptions(command, products))
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

function addApply(settings: Command, products: readonly KnownProduct[], terminal: Terminal, exit: (status: number) => void): void {
  const command = settings
    .command('apply')
    .summary('make the edit, restart the service, prove it, or take it back')
    .description(
      'Makes the planned edit: keeps a copy, writes the file in one step with owner and permissions kept, checks it, restarts the service, waits for its doors and proves them. Whatever is not as planned is taken back. A crash at any point is put right by the next command.',
    )
    .argument('<path>', 'settings file, or a folder that has one')
    .requiredOption('--policy <name|file>', 'a rulebook by name, or a policy file (YAML)')
    .option('--strict', 'of a rulebook, allow only what it calls good')
    .option('--as-far-as-possible', 'go on where the product cannot express all of the policy')
    .option('--json', 'print what came of it as JSON (schemas/settings-outcome.schema.json)')
    .action(async (path: string, values: ApplyValues) => {
      const { apply } = await import('./settings-apply.ts')
      exit(await apply(path, values, products, terminal))
    })
  addNetworkOptions(addRules(addReadOptions(addProofOptions(addServiceOptions(command)), products)))
  explain(command, GROUP.change, [
    {
      line: 'postern settings apply main.cf --policy tls.yaml --service postfix --prove smtp://localhost',
      does: 'all of it',
    },
    { line: 'postern settings apply main.cf --policy rfc-9325 --start "postfix reload"', does: 'a service that reloads' },
    {
      line: 'postern settings apply main.cf --policy tls.yaml --receive smtp=smtp://127.0.0.1:2525 --send ./x',
      does: 'the client role, too',
    },
    { line: 'postern settings undo /etc/postfix', does: 'take it back' },
  ])
  section(command, 'Exit status:', APPLY_EXIT)
}

const APPLY_EXIT = `
0   made, and proved at every door that is named or found; or nothing had to change
2   wrong input; nothing was touched
3   not as planned, and taken back; or the world was in the way`.trimStart()

const MOST_CHANGES = 1_000_000

function addUndo(settings: Command, products: readonly KnownProduct[], terminal: Terminal, exit: (status: number) => void): void {
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
      const { undo } = await import('./settings-undo.ts')
      exit(await undo(path, values, products, terminal))
    })
  addNetworkOptions(addReadOptions(addServiceOptions(command), products))
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

function addHistory(settings: Command, products: readonly KnownProduct[], terminal: Terminal): void {
  const command = settings
    .command('history')
    .summary('list the changes that Postern has made')
    .description('Lists the changes that Postern has made, or tried to make, with what came of them.')
    .argument('<path>', 'settings file, or a folder that has one')
    .option('--json', 'print JSON, with all that commands have written (schemas/settings-history.schema.json)')
    .action(async (path: string, values: HistoryValues) => {
      const { history } = await import('./settings-undo.ts')
      await history(path, values, products, terminal)
    })
  addReadOptions(command, products)
  explain(command, GROUP.look, [
    { line: 'postern settings history /etc/postfix', does: 'every change' },
    { line: 'postern settings history main.cf --json', does: 'with the output of commands' },
  ])
}

function addMend(settings: Command, products: readonly KnownProduct[], terminal: Terminal, exit: (status: number) => void): void {
  const menders = products.filter(({ mends }) => mends)
  const command = settings
    .command('mend')
    .summary('repair what pasting from instructions breaks')
    .description(
      'Finds what pasting from web pages and word processors breaks in settings, such as curly quotes and lost blanks, and puts it right. A copy is kept, and undo takes it back.',
    )
    .argument('<path>', 'settings file')
    .option('--dry-run', 'only show what would be put right')
    .action(async (path: string, values: MendValues) => {
      const { mend } = await import('./settings-mend.ts')
      exit(await mend(path, values, products, terminal))
    })
  addReadOptions(addServiceOptions(command), menders)
  explain(command, GROUP.change, [
    { line: 'postern settings mend server.xml', does: 'put it right' },
    { line: 'postern settings mend mailserver.cfg --dry-run', does: 'only show what is broken' },
  ])
  section(command, 'Exit status:', MEND_EXIT)
}

const MEND_EXIT = `
0   nothing is broken, or it was put right
1   something is broken, with --dry-run
2   wrong input; nothing was touched
3   it could not be put right, and everything is as it was`.trimStart()

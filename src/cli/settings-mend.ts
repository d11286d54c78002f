import type { Command } from 'commander'
import { resolve } from 'node:path'
import { PosternError } from '../errors.ts'
import {
  applyChange,
  readSettings,
  realPath,
  unifiedDiff,
  withEdits,
  withSettings,
  type Adapter,
  type Mending,
  type SettingsFile,
} from '../settings/index.ts'
import { explain, GROUP, section } from './help.ts'
import { ROLLED_BACK } from './settings-apply.ts'
import { addReadOptions, type ReadValues } from './settings-read.ts'
import { diffLines } from './settings-report.ts'
import { addServiceOptions, saysService, serviceOf, type ServiceValues } from './settings-service.ts'
import { stateFolder, tellRecovered } from './settings-state.ts'
import { wrapped } from './settings-text.ts'
import type { Terminal } from './terminal.ts'

interface MendValues extends ReadValues, ServiceValues {
  readonly dryRun?: true
}

interface Broken {
  readonly adapter: Adapter
  readonly file: SettingsFile
  readonly mendings: readonly Mending[]
}

/** `postern settings mend`: repairs what pasting from instructions breaks. */
export function addMend(settings: Command, adapters: readonly Adapter[], terminal: Terminal, exit: (status: number) => void): void {
  const menders = adapters.filter(({ mend }) => mend !== undefined)
  const command = settings
    .command('mend')
    .summary('repair what pasting from instructions breaks')
    .description(
      'Finds what pasting from web pages and word processors breaks in settings, such as curly quotes and lost blanks, and puts it right. A copy is kept, and undo takes it back.',
    )
    .argument('<path>', 'settings file')
    .option('--dry-run', 'only show what would be put right')
    .action(async (path: string, values: MendValues) => {
      exit(await mend(resolve(terminal.cwd, path), values, menders, terminal))
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

async function mend(path: string, values: MendValues, adapters: readonly Adapter[], terminal: Terminal): Promise<number> {
  const named = readSettings(path, { follow: values.follow ?? false })
  const { adapter, file, mendings } = broken({ ...named, path: realPath(path) }, values, adapters)
  if (mendings.length === 0) {
    terminal.out(`Nothing in ${path} is broken in a way that Postern can mend.\n`)
    return 0
  }
  const edits = mendings.flatMap((one) => one.edits)
  const said = mendings.flatMap(({ what, place }) => wrapped(`${place.line}:${place.column}: ${what}`, terminal, '  '))
  terminal.out([`${adapter.title}: ${path}`, ...said, '', ...diffLines(unifiedDiff(file, edits, adapter.secrets), terminal)].join('\n'))
  if (values.dryRun === true) return 1
  return write({ adapter, file, mendings }, values, terminal)
}

/** The product that is named, or whoever finds something: a broken file may not be recognised by what stands in it. */
function broken(file: SettingsFile, { product }: MendValues, adapters: readonly Adapter[]): Broken {
  const possible = adapters
    .filter((adapter) => product === undefined || adapter.product === product)
    .map((adapter) => ({ adapter, file, how: adapter.recognises(file), mendings: adapter.mend?.(file) ?? [] }))
    .toSorted((one, other) => other.how - one.how)
  const best = possible.find(({ how, mendings }) => product !== undefined || how > 0 || mendings.length > 0)
  if (best !== undefined) return best
  throw new PosternError('input', 'SETTINGS_PRODUCT', `Cannot mend ${file.path}: no product that Postern can mend writes such a file`, {
    remedy: `Say whose it is with --product ${adapters.map((one) => one.product).join(' or ')}.`,
  })
}

async function write({ adapter, file, mendings }: Broken, values: MendValues, terminal: Terminal): Promise<number> {
  const service = saysService(values) ? serviceOf(values, adapter, file.path) : { rewritesOnStop: false, patience: values.patience * 1000 }
  const after = withEdits(
    file,
    mendings.flatMap((one) => one.edits),
  )
  return withSettings(
    stateFolder(values.state, terminal),
    file.path,
    { now: () => new Date() },
    (outcome) => tellRecovered(outcome, terminal),
    async (context) => {
      const order = {
        kind: 'apply',
        product: adapter.product,
        summary: 'mend',
        files: [{ before: file, after }],
        service,
        proofs: [],
      } as const
      const { outcome, number, why } = await applyChange(order, context)
      if (outcome === 'applied') {
        terminal.out(`Done: change ${number}.\n`)
        return 0
      }
      terminal.err(`postern: error: ${why?.message ?? 'Cannot write the file'}\n`)
      return ROLLED_BACK
    },
  )
}

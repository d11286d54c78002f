import { resolve } from 'node:path'
import { PosternError } from '../errors.ts'
import { applyChange, withSettings } from '../settings/apply/index.ts'
import {
  readSettings,
  realPath,
  unifiedDiff,
  withEdits,
  type Adapter,
  type KnownProduct,
  type Mending,
  type SettingsFile,
} from '../settings/index.ts'
import { ROLLED_BACK } from './settings-apply.ts'
import type { ReadValues, ServiceValues } from './settings-options.ts'
import { diffLines } from './settings-report.ts'
import { saysService, serviceOf } from './settings-service.ts'
import { stateFolder, tellRecovered } from './settings-state.ts'
import { wrapped } from './settings-text.ts'
import type { Terminal } from './terminal.ts'

export interface MendValues extends ReadValues, ServiceValues {
  readonly dryRun?: true
}

interface Broken {
  readonly adapter: Adapter
  readonly file: SettingsFile
  readonly mendings: readonly Mending[]
}

/** `postern settings mend`: repairs what pasting from instructions breaks. */
export async function mend(name: string, values: MendValues, menders: readonly KnownProduct[], terminal: Terminal): Promise<number> {
  const path = resolve(terminal.cwd, name)
  const adapters = await Promise.all(menders.map(({ adapter }) => adapter()))
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

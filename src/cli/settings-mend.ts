import { resolve } from 'node:path'
import { PosternError } from '../errors.ts'
import { applyChange } from '../settings/apply/index.ts'
import {
  hiderOf,
  MASK,
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
import { changing, stateFolder } from './settings-state.ts'
import { harmless, harmlessLines, wrapped } from './settings-text.ts'
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
export async function mend(name: string, values: MendValues, products: readonly KnownProduct[], terminal: Terminal): Promise<number> {
  const path = resolve(terminal.cwd, name)
  const named = readSettings(path, { follow: values.follow ?? false })
  const file = { ...named, path: realPath(path) }
  const adapter = await writerOf(file, values, products).adapter()
  const mendings = adapter.mend?.(file) ?? []
  if (mendings.length === 0) {
    terminal.out(`Nothing in ${harmless(path)} is broken in a way that Postern can mend.\n`)
    return 0
  }
  const edits = mendings.flatMap((one) => one.edits)
  const said = mendings.flatMap(({ what, place }) => wrapped(`${place.line}:${place.column}: ${what}`, terminal, '  '))
  terminal.out(
    [`${adapter.title}: ${harmless(path)}`, ...said, '', ...diffLines(unifiedDiff(file, edits, adapter.secrets), terminal)].join('\n'),
  )
  if (values.dryRun === true) return 1
  return write({ adapter, file, mendings }, values, terminal)
}

/**
 * The product that is named, or whoever writes such files, broken ones too. What breaks the file of one product is how that of another
 * has to be written, so that a file is mended only where nobody else is surer that it is his. Errors: `SETTINGS_PRODUCT`, `input`.
 */
function writerOf(file: SettingsFile, { product }: MendValues, products: readonly KnownProduct[]): KnownProduct {
  const menders = products.filter(({ mends }) => mends)
  const named = menders.find((one) => one.product === product)
  if (named !== undefined) return named
  const [surest] = products
    .map((one) => ({ one, how: one.recognises(file) }))
    .filter(({ how }) => how > 0)
    .toSorted((one, other) => other.how - one.how || Number(other.one.mends) - Number(one.one.mends))
  if (surest?.one.mends === true) return surest.one
  const whose = surest === undefined ? 'no product that Postern can mend writes such a file' : `it is a file of ${surest.one.title}`
  throw new PosternError('input', 'SETTINGS_PRODUCT', `Cannot mend ${file.path}: ${whose}`, {
    remedy: `Say whose it is with --product ${menders.map((one) => one.product).join(' or ')}.`,
  })
}

async function write({ adapter, file, mendings }: Broken, values: MendValues, terminal: Terminal): Promise<number> {
  const service = saysService(values) ? serviceOf(values, adapter, file.path) : { rewritesOnStop: false, patience: values.patience * 1000 }
  const after = withEdits(
    file,
    mendings.flatMap((one) => one.edits),
  )
  const held = { state: stateFolder(values.state, terminal), real: file.path }
  const order = { kind: 'apply', product: adapter.product, summary: 'mend', files: [{ before: file, after }], service, proofs: [] } as const
  return changing(held, terminal, async (context) => {
    const { outcome, number, why } = await applyChange(order, { ...context, hide: hiderOf([file, after], adapter.secrets, MASK) })
    if (outcome === 'applied') {
      terminal.out(`Done: change ${number}.\n`)
      return 0
    }
    terminal.err(`postern: error: ${harmlessLines(why?.message ?? 'Cannot write the file')}\n`)
    return ROLLED_BACK
  })
}

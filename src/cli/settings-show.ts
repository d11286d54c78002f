import { installed, judged, namedWhoNeeds, type KnownProduct } from '../settings/index.ts'
import { showJson } from './settings-json.ts'
import type { ReadValues } from './settings-options.ts'
import { find, readFound, rulebooksNamed } from './settings-read.ts'
import { showReport } from './settings-report.ts'
import { putRightFirst, stateFolder } from './settings-state.ts'
import type { Terminal } from './terminal.ts'

export interface ShowValues extends ReadValues {
  readonly json?: true
  readonly verbose?: true
}

/** `postern settings show`: what TLS settings really mean. */
export async function show(
  path: string | undefined,
  values: ShowValues,
  products: readonly KnownProduct[],
  terminal: Terminal,
): Promise<void> {
  // Scripts get one document: they name a file, or the product.
  const paths = path === undefined && values.json !== true ? installedPaths(values, products) : [path]
  for (const [index, one] of paths.entries()) {
    if (index > 0) terminal.out('\n')
    await showOne(one, values, products, terminal)
  }
}

function installedPaths({ product, follow }: ShowValues, products: readonly KnownProduct[]): readonly string[] {
  return installed({ adapters: products, product, follow: follow ?? false }).map(({ file }) => file.path)
}

async function showOne(path: string | undefined, values: ShowValues, products: readonly KnownProduct[], terminal: Terminal): Promise<void> {
  const now = new Date()
  const found = await find(path, values, products, terminal)
  const putRight = await putRightFirst(stateFolder(values.state, terminal), found.real, terminal)
  const { adapter, reading } = readFound(found, values, putRight ? found.path : undefined)
  const legs = await namedWhoNeeds(reading.product, judged(reading.legs, { rulebooks: await rulebooksNamed(values), now }))
  const options = { terminal, verbose: values.verbose ?? false }
  terminal.out(values.json ? showJson(adapter.title, reading, legs) : showReport(adapter.title, reading, legs, options))
}

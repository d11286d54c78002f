import { PosternError } from '../errors.ts'
import { installed, judged, namedWhoNeeds, type KnownProduct } from '../settings/index.ts'
import { showJson } from './settings-json.ts'
import type { ReadValues } from './settings-options.ts'
import { find, readFound, rulebooksNamed } from './settings-read.ts'
import { showReport } from './settings-report.ts'
import { putRightFirst, stateFolder } from './settings-state.ts'
import { harmlessLines } from './settings-text.ts'
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
  if (path !== undefined || values.json === true) return showOne(path, values, products, terminal)
  const failures: PosternError[] = []
  for (const [index, one] of installed({ adapters: products, product: values.product }).entries()) {
    if (index > failures.length) terminal.out('\n')
    try {
      await showOne(one, values, products, terminal)
    } catch (error) {
      // One product's settings that are broken keep nobody from seeing those of the others.
      if (!(error instanceof PosternError) || error.fault !== 'input') throw error
      failures.push(error)
    }
  }
  const last = failures.pop()
  for (const { message } of failures) terminal.err(`postern: error: ${harmlessLines(message)}\n`)
  if (last !== undefined) throw last
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

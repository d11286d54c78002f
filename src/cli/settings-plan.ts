import { planOf, planWithNeeds, type KnownProduct } from '../settings/index.ts'
import { policiesNamed } from './policy-named.ts'
import { planJson } from './settings-json.ts'
import { choiceOf, find, readFound, rulebooksNamed } from './settings-read.ts'
import { planReport } from './settings-report.ts'
import type { ShowValues } from './settings-show.ts'
import { putRightFirst, stateFolder } from './settings-state.ts'
import type { Terminal } from './terminal.ts'

export interface PlanValues extends ShowValues {
  readonly policy: string
  readonly clients?: true
  readonly strict?: true
}

/** `postern settings plan`: the smallest edit that reaches a policy, and what it does. Gives the exit status: 1 where something is to change. */
export async function plan(
  path: string | undefined,
  values: PlanValues,
  products: readonly KnownProduct[],
  terminal: Terminal,
): Promise<number> {
  const found = await find(path, values, products, terminal)
  const putRight = await putRightFirst(stateFolder(values.state, terminal), found.real, terminal)
  const now = new Date()
  const policies = await policiesNamed(values.policy, terminal, { now, strict: values.strict ?? false })
  const read = readFound(found, values, putRight ? found.path : undefined)
  const { adapter, reading, options } = read
  const planned = planOf(adapter, reading, choiceOf(policies, read), { ...options, rulebooks: await rulebooksNamed(values), now })
  // The catalogue is loaded by those who ask what a change does, and by nobody else.
  const { foretell } = await import('../settings/foretell/index.ts')
  const foretold = foretell(planned)
  const reportOptions = { terminal, verbose: values.verbose ?? false, everybody: values.clients ?? false }
  terminal.out(values.json ? planJson(await planWithNeeds(planned), foretold) : planReport(planned, foretold, reportOptions))
  return planned.changes.length === 0 ? 0 : 1
}

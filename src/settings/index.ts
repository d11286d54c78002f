/**
 * Other programs' settings files: what TLS they really ask for, and the smallest edit that asks for something else.
 *
 * An **adapter** reads one kind of file and never prints it anew: every byte outside a changed value stays. Nothing here
 * speaks to a server; who proves a change on the wire is handed in.
 *
 * Adapters are loaded for those who read their product's settings; `apply/`, which changes files, and `foretell/` have doors of their own,
 * and so has `products/`, for whoever only tells of what there is.
 *
 *     const reading = adapter.read(fileOf(path, bytes), {})
 *     const { changes, inexpressible } = adapter.write(reading, [{ door, role: 'server', policy }], {})
 */
export type * from './adapter.ts'
export type * from './words.ts'
export { PRODUCTS } from './adapters.ts'
export { bytesOf, fileOf, placeIn, showPlace, withEdits, type Edit, type Place, type SettingsFile } from './settings-file.ts'
export {
  planOf,
  changesLeft,
  judged,
  hashOf,
  usesNoTls,
  type JudgedLeg,
  type Plan,
  type PlannedLeg,
  type PlanOptions,
  type PolicyChoice,
} from './plan.ts'
export type { ApplyContext, Auditor, ChangeOrder, ClientProof, FileChange, Outcome, ProofOrder, Step } from './apply/apply.ts'
export type { Entry, Numbered } from './apply/journal.ts'
export type { SettingsHistoryJson, SettingsOutcomeJson } from './apply/outcome-json.ts'
export type { CommandLine, Ran } from './apply/run-command.ts'
export type { Service } from './apply/service.ts'
export type { UndoOptions } from './apply/undo.ts'
export { namedWhoNeeds, planWithNeeds } from './needed-by.ts'
export { plannedPolicy } from './planned-policy.ts'
export { neighboursOf, readSettings, realPath, withinReason } from './read-settings.ts'
export { installed, recognise, type Recognised, type RecogniseOptions } from './recognise.ts'
export { askInstalled } from './installed/ask.ts'
export { isInterrupted } from './apply/state.ts'
export { MASK, masked, unifiedDiff } from './diff.ts'
export { hiderOf } from './secrets.ts'
export type { LegJson, SettingsPlanJson, SettingsShowJson } from './json.ts'

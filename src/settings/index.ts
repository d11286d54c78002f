/**
 * Other programs' settings files: what TLS they really ask for, and the smallest edit that asks for something else.
 *
 * An **adapter** reads one kind of file and never prints it anew: every byte outside a changed value stays. Nothing here
 * speaks to a server; who proves a change on the wire is handed in.
 *
 *     const reading = adapter.read(fileOf(path, bytes), {})
 *     const { changes, inexpressible } = adapter.write(reading, [{ door, role: 'server', policy }], {})
 */
export type * from './adapter.ts'
export type * from './words.ts'
export { ADAPTERS } from './adapters.ts'
export { bytesOf, fileOf, placeIn, showPlace, withEdits, type Edit, type Place, type SettingsFile } from './settings-file.ts'
export {
  applyChange,
  type ApplyContext,
  type Auditor,
  type ClientProof,
  type ChangeOrder,
  type FileChange,
  type Outcome,
  type ProofOrder,
  type Step,
} from './apply/apply.ts'
export type { SettingsHistoryJson, SettingsOutcomeJson } from './apply/outcome-json.ts'
export { historyIn, type Entry, type Numbered } from './apply/journal.ts'
export { commandWords, shellLine, type CommandLine, type Ran } from './apply/run-command.ts'
export type { Service } from './apply/service.ts'
export { folderOf } from './apply/state.ts'
export { undoOrder, type UndoOptions } from './apply/undo.ts'
export { isInterrupted, withSettings } from './apply/with-settings.ts'
export {
  planOf,
  judged,
  hashOf,
  usesNoTls,
  type JudgedLeg,
  type Plan,
  type PlannedLeg,
  type PlanOptions,
  type PolicyChoice,
} from './plan.ts'
export { plannedPolicy } from './planned-policy.ts'
export { neighboursOf, readSettings, realPath } from './read-settings.ts'
export { installed, recognise, type Recognised, type RecogniseOptions } from './recognise.ts'
export { askInstalled } from './installed/ask.ts'
export { MASK, masked, unifiedDiff } from './diff.ts'
export type { LegJson, SettingsPlanJson, SettingsShowJson } from './json.ts'

/**
 * Changes settings files so that every change can be taken back, with the service restarted and the result proved: a door of its own,
 * so that whoever only reads settings need not load what changes them. Its types are at the door of settings.
 *
 *     const { outcome } = await withSettings(state, path, { now, auditor }, told, (context) => applyChange(order, context))
 */
export { applyChange } from './apply.ts'
export { historyIn } from './journal.ts'
export { commandWords, shellLine } from './run-command.ts'
export { folderOf } from './state.ts'
export { undoOrder } from './undo.ts'
export { withSettings } from './with-settings.ts'

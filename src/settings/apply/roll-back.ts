import { existsSync, readFileSync } from 'node:fs'
import { hashOf } from '../plan.ts'
import { bytesOf, fileOf } from '../settings-file.ts'
import type { ApplyContext, Outcome } from './apply.ts'
import { finishIfPossible, pendingCopy, type Entry, type EntryFile } from './journal.ts'
import { stage, swap, swapBack, tidy } from './replace.ts'
import { runCommand, type CommandLine } from './run-command.ts'

/**
 * Takes a change back, wherever it stands: the service is stopped if it was touched, the old files are put back, the service is
 * started, its doors are waited for. Goes on after failures and says each of them. `why` in a sentence. Errors, once the service runs
 * again: `STATE_DAMAGED`, `SETTINGS_UNWRITABLE` where a file could not be put back.
 */
export async function rollBack(entry: Entry, why: string, context: ApplyContext): Promise<Outcome> {
  const said = [...entry.said, why]
  let ran = entry.ran
  const run = async (line: CommandLine | undefined, failed: string): Promise<void> => {
    if (line === undefined) return
    const result = await runCommand(line, { folder: context.folder, patience: entry.service.patience, hide: context.hide })
    ran = [...ran, result]
    if (!result.ok) said.push(`${failed} (${result.command}: ${result.ended}).`)
  }
  const { stop, start, rebuild = [] } = entry.service
  if (entry.touched) await run(stop, 'Stopping the service failed on the way back')
  const failures: unknown[] = []
  for (const [index, file] of entry.files.entries()) {
    try {
      said.push(putBack(file, index, context.folder))
    } catch (error) {
      failures.push(error)
    }
  }
  if (entry.phase !== 'prepared' && entry.phase !== 'stopping')
    for (const line of rebuild) await run(line, 'Making anew what the service reads failed on the way back')
  if (entry.touched) {
    await run(start, 'Starting the service with its old settings failed: it may be down')
    said.push(...(await doorWords(entry, context)))
  }
  // The change stays noted as one that is under way, and the next command tries again.
  if (failures.length > 0) throw failures[0]
  const left: Entry = { ...entry, outcome: 'rolled-back', said, ran }
  return { outcome: 'rolled-back', number: finishIfPossible(context.folder, left), entry: left }
}

/** Whether the service serves again. Nothing that goes wrong here may keep the rest from being noted. */
async function doorWords({ doors, service }: Entry, { auditor }: ApplyContext): Promise<readonly string[]> {
  if (auditor === undefined || doors.length === 0) return []
  try {
    const closed = await auditor.waitFor(doors, service.patience)
    if (closed.length > 0) return [`With the old settings, too, ${closed.join(', ')} did not open.`]
    return ['With the old settings, its doors are open again.']
  } catch (error) {
    return [`Whether its doors are open again is not known: ${error instanceof Error ? error.message : String(error)}.`]
  }
}

/** Finishes or takes back a change that was interrupted. */
export async function recover(entry: Entry, context: ApplyContext): Promise<Outcome> {
  const { outcome } = entry
  if (outcome !== 'under-way') return { outcome, number: finishIfPossible(context.folder, entry), entry }
  if (entry.phase !== 'proved') return rollBack(entry, `The change of ${entry.began} was interrupted, and is taken back.`, context)
  for (const { path } of entry.files) tidy(path)
  const left: Entry = {
    ...entry,
    outcome: 'applied',
    said: [...entry.said, 'It was interrupted when all was done but the last note of it.'],
  }
  return { outcome: 'applied', number: finishIfPossible(context.folder, left), entry: left }
}

/** What happened to one file, in a sentence. What somebody else has written meanwhile is left alone. */
function putBack(file: EntryFile, index: number, folder: string): string {
  const now = existsSync(file.path) ? hashOf(fileOf(file.path, readFileSync(file.path))) : undefined
  if (now === file.before) {
    tidy(file.path)
    return `${file.path} is as it was.`
  }
  if (now !== undefined && now !== file.after) {
    tidy(file.path)
    return `${file.path} has been changed by somebody else meanwhile and was left alone; a copy of what it was is kept.`
  }
  if (!swapBack(file.path)) {
    const copy = pendingCopy(folder, index, file)
    stage(file.path, bytesOf(copy))
    swap(file.path)
  }
  tidy(file.path)
  return `${file.path} was put back.`
}

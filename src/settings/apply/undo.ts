import { existsSync } from 'node:fs'
import { PosternError } from '../../errors.ts'
import { hashOf } from '../plan.ts'
import { readSettings } from '../read-settings.ts'
import type { SettingsFile } from '../settings-file.ts'
import type { ChangeOrder, FileChange } from './apply.ts'
import { copyIn, historyIn, type Numbered } from './journal.ts'
import type { Service } from './service.ts'

export interface UndoOptions {
  /** Take this change and all that came after it back; without it the last one. */
  readonly to?: number | undefined
  /** Put the old bytes back although somebody has changed the file since. */
  readonly force?: boolean
  /** Without it as the change that is taken back has treated it. */
  readonly service?: Service | undefined
}

/**
 * What puts the bytes back that stood there before a change. Errors, all `input`: `UNDO_NOTHING`, `UNDO_NUMBER`, `SETTINGS_CHANGED`
 * where somebody has changed a file since, unless `force`.
 */
export async function undoOrder(folder: string, file: string, options: UndoOptions = {}): Promise<ChangeOrder> {
  const history = await historyIn(folder)
  const back = changesToUndo(history, file, options.to)
  const [first] = back
  const last = back.at(-1)
  if (first === undefined || last === undefined) throw nothing(file)
  const files = filesBefore(folder, back)
  if (options.force !== true) for (const { before } of files) checkKnown(before, history)
  const numbers = back.map(({ number }) => number)
  return {
    kind: 'undo',
    product: first.entry.product,
    summary: `of ${numbers.join(', ')} (${back.map(({ entry }) => entry.summary).join('; ')})`,
    files,
    service: withRebuilds(options.service ?? last.entry.service, back),
    proofs: [],
    doors: last.entry.doors,
    undoes: numbers,
    ...(options.force === true ? { replan: () => filesBefore(folder, back) } : {}),
  }
}

/** What was made out of the files that were changed is made out of the old ones again, however the service is treated. */
function withRebuilds(service: Service, back: readonly Numbered[]): Service {
  const lines = back.flatMap(({ entry }) => entry.service.rebuild ?? [])
  const rebuild = [...new Map(lines.map((line) => [JSON.stringify(line), line])).values()]
  return rebuild.length === 0 ? service : { ...service, rebuild }
}

/** Oldest first; none that has been taken back already. */
function changesToUndo(history: readonly Numbered[], file: string, to: number | undefined): readonly Numbered[] {
  const undone = new Set(history.flatMap(({ entry }) => (entry.outcome === 'applied' ? entry.undoes : [])))
  const standing = history.filter(({ number, entry }) => entry.kind === 'apply' && entry.outcome === 'applied' && !undone.has(number))
  if (to === undefined) return standing.slice(-1)
  if (standing.some(({ number }) => number === to)) return standing.filter(({ number }) => number >= to)
  const numbers = standing.map(({ number }) => number)
  throw new PosternError('input', 'UNDO_NUMBER', `Cannot undo change ${to} of ${file}: it is no change that stands`, {
    remedy:
      numbers.length === 0 ? 'There is nothing left to undo.' : `Choose from ${numbers.join(', ')}; postern settings history shows them.`,
  })
}

/** Each file as it was before the first of the changes that touched it. */
function filesBefore(folder: string, back: readonly Numbered[]): readonly FileChange[] {
  const found = new Map<string, FileChange>()
  for (const { number, entry } of back) {
    for (const [index, file] of entry.files.entries()) {
      const { path } = file
      if (!found.has(path)) found.set(path, { before: asItIs(path), after: copyIn(folder, number, index, file) })
    }
  }
  return [...found.values()]
}

/** Whatever stands there now. Errors: `SETTINGS_UNREADABLE`, also where nothing does, since nobody remembers whose file it was. */
function asItIs(path: string): SettingsFile {
  if (existsSync(path)) return readSettings(path, { broken: true })
  throw new PosternError('input', 'SETTINGS_UNREADABLE', `Cannot undo changes of ${path}: it is not there any more`, {
    remedy: 'Make an empty file of that name, with the owner and the permissions that it had, and undo with --force.',
  })
}

/** That a file is as the last change has left it. */
function checkKnown(file: SettingsFile, history: readonly Numbered[]): void {
  const left = history
    .filter(({ entry }) => entry.outcome === 'applied')
    .flatMap(({ entry }) => entry.files.filter(({ path }) => path === file.path))
    .at(-1)
  if (left?.after === hashOf(file)) return
  throw new PosternError('input', 'SETTINGS_CHANGED', `Cannot undo changes of ${file.path}: somebody has changed it since`, {
    remedy: 'Undo by hand, or add --force to throw away what was changed since: a copy of it is kept.',
  })
}

function nothing(file: string): PosternError {
  return new PosternError('input', 'UNDO_NOTHING', `Cannot undo: Postern has made no change of ${file} that stands`, {
    remedy: 'Name the file that was changed, and the same --state; postern settings history shows what is known.',
  })
}

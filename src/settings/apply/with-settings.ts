import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ApplyContext, Outcome } from './apply.ts'
import { forget, pending } from './journal.ts'
import { lock } from './lock.ts'
import { recover } from './roll-back.ts'
import { checkOwn, folderOf, makePrivate } from './state.ts'

export type HeldContext = Omit<ApplyContext, 'folder'>

/**
 * Holds the lock of a settings file while `work` goes on. What an earlier change has left unfinished is put right first, and `told`
 * hears of it. Errors: `SETTINGS_LOCKED`, `STATE_UNWRITABLE`, `STATE_DAMAGED` (`world`), `STATE_UNSAFE` (`input`).
 */
export async function withSettings<T>(
  state: string,
  file: string,
  context: HeldContext,
  told: (recovered: Outcome) => void,
  work: (context: ApplyContext) => Promise<T>,
): Promise<T> {
  const folder = folderOf(state, file)
  makePrivate(folder)
  const held = lock(folder)
  try {
    const whole: ApplyContext = { ...context, folder }
    await putRight(whole, told)
    return await work(whole)
  } finally {
    held.release()
  }
}

async function putRight(context: ApplyContext, told: (recovered: Outcome) => void): Promise<void> {
  const { folder } = context
  if (!existsSync(join(folder, 'pending'))) return
  checkOwn(join(folder, 'pending'))
  const entry = await pending(folder)
  // Copies without an entry: nothing had begun yet.
  if (entry === undefined) forget(folder)
  else told(await recover(entry, context))
}

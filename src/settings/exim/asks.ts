import type { Policy } from '../../policy/index.ts'
import type { Inexpressible } from '../adapter.ts'
import type { Demand } from '../scopes.ts'
import type { Wish } from '../wish.ts'
import type { Setup } from './build.ts'
import type { Block } from './config.ts'
import type { Door } from './doors.ts'
import { settingOf } from './settings.ts'

/** What has to become different at a door. */
export interface Task {
  readonly door: Door
  readonly policy: Policy
  readonly wish: Wish
}

/** An option of a door's block that should have a value, or why it cannot. */
export type Ask =
  | { readonly word: Demand['word']; readonly setting: string; readonly value: string }
  | { readonly word: Inexpressible['word']; readonly why: string }

/** Why an option cannot get this value where it stands, or would stand. */
export function stuck(
  { setting, value }: { readonly setting: string; readonly value: string },
  block: Block,
  setup: Setup,
): string | undefined {
  const now = settingOf(setup, block, setting)
  if (now.stuck !== undefined) return `${setting} is left alone: ${now.stuck}`
  const macro = setup.config.macros.names.find((name) => value.includes(name))
  if (macro !== undefined) return `the macro ${macro} would change ${setting} = ${value}`
  if (!now.set && block.add(setting, value) === undefined) return `there is no place for ${setting} that is surely read`
  return undefined
}

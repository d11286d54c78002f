import { dirname, isAbsolute, join } from 'node:path'
import type { ReadOptions } from '../adapter.ts'
import type { SettingsFile } from '../settings-file.ts'

/** The files that a pattern such as `conf.d/*.conf` names, in the order of their names, as far as they can be read. */
export function filesNamed(pattern: string, from: string, { more, list }: Pick<ReadOptions, 'more' | 'list'>): readonly SettingsFile[] {
  const path = isAbsolute(pattern) ? pattern : join(from, pattern)
  const named = /[*?[]/.test(path) ? matching(path, list) : [path]
  return named.flatMap((one) => more?.(one) ?? [])
}

/** Wildcards in the last part of a path; those in folders are not followed. */
function matching(path: string, list: ReadOptions['list']): readonly string[] {
  const folder = dirname(path)
  if (list === undefined || /[*?[]/.test(folder)) return []
  const glob = patternOf(path)
  return list(folder)
    .filter((one) => glob.test(one) && !/\/\.[^/]*$/.test(one))
    .toSorted()
}

/** As glob(7) reads it: a bracket that is never closed, or closed in vain, stands for itself. */
function patternOf(path: string): RegExp {
  const text = path.replace(/\[([!^]?)([^\]/]+)\]|[^\w/]/g, (sign, not: string | undefined, set: string | undefined) => {
    if (set !== undefined) return `[${not === '' ? '' : '^'}${set.replace(/[\\^]/g, '\\$&')}]`
    return sign === '*' ? '[^/]*' : sign === '?' ? '[^/]' : `\\${sign}`
  })
  try {
    return new RegExp(`^${text}$`)
  } catch {
    return NOTHING
  }
}

/** Such as a range that goes backwards. */
const NOTHING = /(?!)/

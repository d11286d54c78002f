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
  const glob = new RegExp(
    `^${path
      .replaceAll(/[.+^${}()|\\]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]')}$`,
  )
  return list(folder)
    .filter((one) => glob.test(one) && !/\/\.[^/]*$/.test(one))
    .toSorted()
}

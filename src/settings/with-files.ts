import type { Reading, ReadOptions } from './adapter.ts'

/** What was read is asked first, so that plans are made on what was shown. */
export function withFiles({ files }: Reading, options: ReadOptions): ReadOptions {
  return { ...options, more: (path) => files.find((file) => file.path === path) ?? options.more?.(path) }
}

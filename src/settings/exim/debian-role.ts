import { basename } from 'node:path'
import type { SettingsFile } from '../settings-file.ts'

/** What Debian's update-exim4.conf(8) reads, and the file that it makes of it. */
export const ANSWERS = 'update-exim4.conf.conf'
export const TEMPLATE = 'exim4.conf.template'

/** How a file belongs to Debian's way of configuring Exim. */
export interface DebianRole {
  readonly kind: 'answers' | 'template' | 'generated' | 'other'
  /** It is read as Debian's package has it, whose Exim is built with GnuTLS. */
  readonly debian: boolean
}

export function debianRole({ path, text }: SettingsFile): DebianRole {
  const name = basename(path)
  const kind =
    name === ANSWERS
      ? 'answers'
      : name === TEMPLATE
        ? 'template'
        : /^# This file was generated dynamically from$/m.test(text)
          ? 'generated'
          : 'other'
  return { kind, debian: kind !== 'other' || /(?:^|\/)exim4\//.test(path) || /^UPEX4C/m.test(text) }
}

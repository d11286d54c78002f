import type { ConnectionRecord } from '../record.ts'

/** Which connections get a line: all, those that were refused or went wrong, or none. */
export const LOG_LEVELS = ['all', 'refused', 'none'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Whether a record is worth a line. */
export function isWanted({ verdict, ended }: Pick<ConnectionRecord, 'verdict' | 'ended'>, level: LogLevel): boolean {
  return level === 'all' || (level === 'refused' && (verdict?.meets === false || !ORDINARY.includes(ended.why)))
}

const ORDINARY: readonly ConnectionRecord['ended']['why'][] = ['quit', 'client-left', 'server-left', 'drained']

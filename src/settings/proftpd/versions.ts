import type { DefaultRow } from '../versions.ts'
import { compareVersions } from '../versions.ts'

/** The newest version that the defaults below were read for. */
export const NEWEST = '1.3.9'

export function sourceOf(version: string): string {
  const tag =
    compareVersions(version, '1.3.7') < 0
      ? '1.3.6'
      : compareVersions(version, '1.3.8') < 0
        ? '1.3.7'
        : compareVersions(version, '1.3.9') < 0
          ? '1.3.8'
          : NEWEST
  return `https://github.com/proftpd/proftpd/blob/v${tag}/contrib/mod_tls.c`
}

const row = (setting: string, value: string, since = ''): DefaultRow => ({ setting, value, since, source: sourceOf(since || '1.3.6') })

export const PROFTPD_DEFAULTS: readonly DefaultRow[] = [
  row('TLSProtocol', 'TLSv1 TLSv1.1 TLSv1.2'),
  row('TLSProtocol', 'TLSv1 TLSv1.1 TLSv1.2 TLSv1.3', '1.3.7'),
  row('TLSCipherSuite', 'DEFAULT:!ADH:!EXPORT:!DES'),
  row('TLSServerCipherPreference', 'off'),
  row('TLSServerCipherPreference', 'on', '1.3.7'),
  row('TLSECDHCurve', 'auto'),
  row('TLSEngine', 'off'),
  row('TLSRequired', 'off'),
]

/** Before, TLS 1.3 has no name: it is on where OpenSSL has it. Curves come as a list since then, too. */
export function namesTls13(version: string): boolean {
  return compareVersions(version, '1.3.7') >= 0
}

/**
 * `TLSCipherSuite TLSv1.3 …` since 1.3.8. Since then all lists of a server are read in turn, so that the last one counts, and those of
 * `<Global>`, which come behind a server's own, count most; of every other directive the first one does.
 */
export function setsTls13Suites(version: string): boolean {
  return compareVersions(version, '1.3.8') >= 0
}

/** The smallest parameters that ProFTPD has built in and takes without `AllowWeakDH`; before 1.3.8 the key of the certificate decides. */
export function leastDh(version: string): number | undefined {
  return compareVersions(version, '1.3.8') >= 0 ? 2048 : undefined
}

/** What ProFTPD makes of a list so that nothing of EXPORT is left: before 1.3.8 that comes first, and DEFAULT is no longer known behind it. */
export function listInForce(list: string, version: string): string {
  return compareVersions(version, '1.3.8') >= 0 ? `${list}:!EXPORT` : `!EXPORT:${list}`
}

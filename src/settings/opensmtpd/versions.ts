import { compareVersions } from '../versions.ts'

/** The newest version that the defaults below were read for. */
export const NEWEST = '7.6'

/** Since 7 TLS is libtls’s, with protocols and ciphers for each listener and relay; before, the library’s own. */
export function hasLibtls(version: string): boolean {
  return compareVersions(version, '7') >= 0
}

/** Since 7.4 nothing brings TLS 1.0 and 1.1 back. */
export function hasOldProtocols(version: string): boolean {
  return compareVersions(version, '7.4') < 0
}

/** Where no list is named. */
export function defaultList(version: string): string {
  return hasLibtls(version) ? 'HIGH:!aNULL' : 'HIGH:!aNULL:!MD5'
}

/** Words of libtls for lists, as OpenSMTPD’s own copy of it for OpenSSL has them. Case does not count. */
export const LIST_WORDS: Readonly<Record<string, string>> = {
  default: 'HIGH:!aNULL',
  secure: 'HIGH:!aNULL',
  compat: 'HIGH:!aNULL',
  legacy: 'HIGH:MEDIUM:!aNULL',
  all: 'ALL:!aNULL:!eNULL',
  insecure: 'ALL:!aNULL:!eNULL',
}

export function sourceOf(version: string): string {
  const path = hasLibtls(version) ? '3153385b/openbsd-compat/libtls/tls.c' : 'v6.8.0p2/usr.sbin/smtpd/ssl.c'
  return `https://github.com/OpenSMTPD/OpenSMTPD/blob/${path}`
}

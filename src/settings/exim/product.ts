import { basename } from 'node:path'
import type { Product } from '../adapter.ts'
import type { SettingsFile } from '../settings-file.ts'
import { debianRole } from './debian-role.ts'

/** Exim with GnuTLS or OpenSSL: its ports as servers and its smtp transports as clients, Debian's ways of configuring it included. */
export const eximProduct: Product = {
  product: 'exim',
  title: 'Exim',
  places: [
    '/etc/exim4/exim4.conf',
    '/etc/exim4/update-exim4.conf.conf',
    '/etc/exim/exim.conf',
    '/usr/local/etc/exim/configure',
    '/etc/exim.conf',
    '/usr/exim/configure',
  ],
  recognises,
}

function recognises(file: SettingsFile): number {
  const { kind } = debianRole(file)
  if (kind !== 'other') return 1
  const sections = /^[ \t]*begin\s+(?:acl|routers|transports|authenticators|retry|rewrite)[ \t\r]*$/m.test(file.text)
  if (/^exim4?\.conf$/.test(basename(file.path))) return sections ? 1 : 0.9
  return sections && /^[ \t]*(?:driver|domainlist|primary_hostname|acl_smtp_\w+|tls_\w+)\b/m.test(file.text) ? 0.9 : 0
}

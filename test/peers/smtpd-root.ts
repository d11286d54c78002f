import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { makeRoot } from './chroot.ts'

const ACCOUNTS = [
  { name: 'opensmtpd', id: 64_001 },
  { name: 'opensmtpq', id: 64_002 },
]

/** What OpenSMTPD's programs, accounts and queue need below a folder that is to be their root. */
export function makeSmtpdRoot(root: string): void {
  makeRoot(root, 'opensmtpd', ['/usr/sbin/smtpd', '/usr/sbin/smtpctl'], ACCOUNTS)
  for (const directory of ['var/spool/smtpd', 'var/lib/opensmtpd/empty', 'var/mail']) mkdirSync(join(root, directory), { recursive: true })
  chmodSync(join(root, 'var/spool/smtpd'), 0o711)
}

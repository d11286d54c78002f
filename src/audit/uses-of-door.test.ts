import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ftp, imap, ldap, smtp, submission, tls, type Dialect } from '../dialects/index.ts'
import { usesOf } from './uses-of-door.ts'

describe('usesOf()', () => {
  const rows: readonly (readonly [why: string, dialect: Dialect, port: number, uses: readonly string[] | undefined])[] = [
    ['servers deliver to port 25', smtp, 25, ['smtp']],
    ['both come to SMTP elsewhere', smtp, 2525, ['mail', 'smtp']],
    ['people submit', submission, 587, ['mail']],
    ['people fetch', imap, 993, ['mail']],
    ['files', ftp, 21, ['ftp']],
    ['browsers', tls, 443, ['web']],
    ['TLS at any other port may be anything', tls, 4433, undefined],
    ['so may whoever looks into a directory', ldap, 389, undefined],
  ]
  for (const [why, dialect, port, uses] of rows)
    test(`${dialect.name} at ${port}: ${why}`, () => assert.deepEqual(usesOf({ dialect, port }), uses))
})

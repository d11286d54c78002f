import type { HopAbilities } from './smtp-hop.ts'

/** As whom to log in at a next hop. */
export interface Login {
  readonly user: string
  /** A password, or a token of OAuth 2.0. */
  readonly kind: 'password' | 'token'
  readonly secret: string
}

/** What is said, one line for each go-ahead: RFC 4954 §4. */
export type LoginLines = readonly [first: string, ...more: string[]]

/** What XOAUTH2 says, in base64. */
export function xoauth2({ user, secret }: Pick<Login, 'user' | 'secret'>): string {
  return Buffer.from(`user=${user}\x01auth=Bearer ${secret}\x01\x01`, 'utf8').toString('base64')
}

/** The lines of the best mechanism that a server announces; undefined where it has none for this. */
export function loginLines({ user, kind, secret }: Login, abilities: HopAbilities): LoginLines | undefined {
  const offered = (abilities.get('AUTH') ?? '').toUpperCase().split(/[ \t]+/)
  const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
  // RFC 4616 §2.
  if (kind === 'password' && offered.includes('PLAIN')) return [`AUTH PLAIN ${base64(`\0${user}\0${secret}`)}`]
  if (kind === 'password' && offered.includes('LOGIN')) return ['AUTH LOGIN', base64(user), base64(secret)]
  // What follows a refusal is asked for with an empty line: RFC 7628 §3.2.3 for the one, and as Google has it for the other.
  if (kind === 'token' && offered.includes('OAUTHBEARER'))
    return [
      `AUTH OAUTHBEARER ${base64(`n,a=${user.replaceAll('=', '=3D').replaceAll(',', '=2C')},\x01auth=Bearer ${secret}\x01\x01`)}`,
      'AQ==',
    ]
  if (kind === 'token' && offered.includes('XOAUTH2')) return [`AUTH XOAUTH2 ${xoauth2({ user, secret })}`, '']
  return undefined
}

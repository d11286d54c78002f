/** As whom to log in at a server. */
export interface Login {
  readonly user: string
  /** A password, or a token of OAuth 2.0. */
  readonly kind: 'password' | 'token'
  readonly secret: string
}

/** What is said in an exchange of SASL, RFC 4422 §3, in base64: a line for each go-ahead. */
export interface SaslWords {
  readonly mechanism: 'PLAIN' | 'LOGIN' | 'OAUTHBEARER' | 'XOAUTH2'
  readonly says: readonly [first: string, ...more: string[]]
  /** The first line may come with the name of the mechanism. */
  readonly mayBeginAtOnce: boolean
}

/** By the best mechanism of those that a server offers (names in upper case); undefined where it has none for this. */
export function saslWords({ user, kind, secret }: Login, offered: readonly string[]): SaslWords | undefined {
  const has = (name: SaslWords['mechanism']): boolean => offered.includes(name)
  if (kind === 'password') {
    // RFC 4616 §2.
    if (has('PLAIN')) return { mechanism: 'PLAIN', says: [base64(`\0${user}\0${secret}`)], mayBeginAtOnce: true }
    return has('LOGIN') ? { mechanism: 'LOGIN', says: [base64(user), base64(secret)], mayBeginAtOnce: false } : undefined
  }
  // What follows a refusal is asked for with another line: RFC 7628 §3.2.3 for the one, and as Google has it for the other.
  if (has('OAUTHBEARER')) {
    const first = base64(`n,a=${user.replaceAll('=', '=3D').replaceAll(',', '=2C')},\x01auth=Bearer ${secret}\x01\x01`)
    return { mechanism: 'OAUTHBEARER', says: [first, 'AQ=='], mayBeginAtOnce: true }
  }
  const first = base64(`user=${user}\x01auth=Bearer ${secret}\x01\x01`)
  return has('XOAUTH2') ? { mechanism: 'XOAUTH2', says: [first, ''], mayBeginAtOnce: true } : undefined
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}

import type { ResultType } from '../tls-rpt/index.ts'

/** Why a next hop could not be used. */
export interface HopFailure {
  /** A reply without the end of its line: what whoever sends hears, where no other next hop can be used. */
  readonly said: string
  /** TLS is why. `version`: another hello, over another connection, may do better. */
  readonly tls?: 'version' | 'handshake' | 'certificate' | 'not-offered' | 'policy'
  /** What the domain of the recipient demands of TLS is why; a message may say that it need not be kept (RFC 8689 §3). */
  readonly byDomain?: true
  /** No other address is worth another attempt now. */
  readonly final?: true
  /** As reports name it, where that is known. */
  readonly result?: ResultType
}

export function isFailure(value: object): value is HopFailure {
  return 'said' in value
}

/** Only what every next hop refuses for good is refused for good: the one that counts for whoever sends. */
export function mostTelling(failures: readonly HopFailure[]): HopFailure {
  const temporary = failures.filter(({ said }) => said.startsWith('4'))
  return temporary.find(({ tls }) => tls !== undefined) ?? temporary[0] ?? failures[0] ?? { said: '451 4.4.1 There is no next hop' }
}

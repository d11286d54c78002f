import type { Front } from './front.ts'

/** What may be said in the clear to a client that cannot come in, and nothing where it reads TLS alone. */
export function crowdedWords({ tls, relay, relayOptions }: Front): Uint8Array | undefined {
  if (tls === 'implicit' || tls === 'passthrough') return undefined
  const refusal = { words: 'Too many connections, try again later', temporary: true, status: '3.2' }
  return relay?.({ ...relayOptions, tls: 'none' }).turnAway(refusal).toClient
}

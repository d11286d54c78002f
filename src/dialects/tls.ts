import { malformed, READY, type Dialect } from './dialect.ts'

/** TLS from the first byte: nothing is said before it, so there is no script. HTTPS and whatever has no dialect of its own. */
export const tls: Dialect = {
  name: 'tls',
  title: 'TLS',
  doors: [
    { port: 443, scheme: 'https', tls: 'implicit' },
    { port: 443, scheme: 'tls', tls: 'implicit' },
    { port: 8443, scheme: 'https', tls: 'implicit' },
    { port: 853, scheme: 'tls', tls: 'implicit' },
    { port: 5061, scheme: 'tls', tls: 'implicit' },
    { port: 6514, scheme: 'tls', tls: 'implicit' },
    { port: 8883, scheme: 'tls', tls: 'implicit' },
  ],
  *reply() {
    throw malformed('TLS', yield { count: 1 })
  },
  // oxlint-disable-next-line require-yield -- there is nothing to say
  *client() {
    return READY
  },
  quit: undefined,
  injection: undefined,
}

import { opposite, type Known } from './fact.ts'
import { behaviour, listed, type Check } from './observation.ts'

/** What is said before TLS, on doors where TLS does not begin at once. */
export const checkClear: Check = ({ posture: { clear } }) => {
  if (clear === null) return []
  const { starttls, authBeforeTls } = clear
  const refused = starttls === 'refused'
  // A list that is empty because nobody got to see it proves nothing.
  const noLogin: Known = authBeforeTls.length > 0 ? false : starttls === 'unknown' ? 'unknown' : true
  return [
    ...behaviour('starttls', starttls === 'unknown' ? 'unknown' : starttls === 'offered', {
      kept: 'TLS is offered (STARTTLS).',
      broken: refused
        ? 'TLS is announced but refused: everything is sent in the clear.'
        : 'TLS is not offered: everything is sent in the clear.',
      whether: 'TLS is offered (STARTTLS)',
    }),
    ...behaviour(
      'auth-before-tls',
      noLogin,
      {
        kept: 'No login is offered before TLS.',
        broken: `Logins are offered before TLS: ${listed(authBeforeTls)}.`,
        whether: 'logins are offered before TLS',
      },
      authBeforeTls,
    ),
    ...behaviour('text-after-go-ahead', opposite(clear.textAfterGoAhead), {
      kept: 'Nothing follows the go-ahead to TLS.',
      broken: 'Plain text follows the go-ahead to TLS.',
      whether: 'plain text follows the go-ahead to TLS',
    }),
  ]
}

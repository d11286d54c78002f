import type { HandshakeFailure } from '../audit/index.ts'
import { alertDescription, alertLevel, type AlertName } from '../registry/index.ts'
import type { Offer } from './handshake-offer.ts'

/** A handshake that failed, in words. */
export interface RefusalWords {
  readonly fact: string
  readonly meaning: string
  readonly remedy: string
}

type Advice = readonly [meaning: string, remedy: string]

const AUDIT = 'postern audit on the same target lists what the server does speak.'
const LOG = 'Look into the log of the server: it knows why.'

/** What servers mean by their alerts, and what the person at this end can try. RFC 8446 §6.2. */
const ADVICE: Partial<Record<AlertName, Advice>> = {
  close_notify: ['The server hung up politely in the middle of the handshake.', LOG],
  unexpected_message: [
    'The server took the hello for something else, as old servers do with new extensions.',
    `Offer less, such as --tls1_2. ${AUDIT}`,
  ],
  handshake_failure: [
    'Server and hello have nothing in common: no suite, no group, no signature algorithm, or no certificate for them.',
    `Offer more, such as other suites with --cipher or groups with --groups. ${AUDIT}`,
  ],
  insufficient_security: ['The server wants stronger suites, groups or keys than the hello offers.', `Offer stronger ones. ${AUDIT}`],
  internal_error: [
    'The server could not go on. OpenSSL 3 says this where its security level forbids the signatures of TLS 1.0 and 1.1, others where a key or module is missing.',
    LOG,
  ],
  illegal_parameter: ['The server finds a value in the hello that it does not allow.', `Offer less, such as fewer groups. ${AUDIT}`],
  decode_error: [
    'The server could not read the hello. Old servers stumble over long hellos or new extensions.',
    'Offer less, such as --tls1_2 with a short --cipher list.',
  ],
  missing_extension: ['The server wants an extension that the hello lacks, often the name.', 'Name the server with --servername.'],
  unrecognized_name: [
    'The server has no certificate for this name.',
    'Ask for another name with --servername, or for none with --noservername.',
  ],
  no_application_protocol: ['The server speaks none of the protocols offered by ALPN.', 'Offer others with --alpn, or leave it out.'],
  certificate_required: ['The server wants a client certificate, and Postern has none.', 'Use a door that does not ask for one.'],
  bad_certificate: ['The server wants a client certificate, and Postern has none.', 'Use a door that does not ask for one.'],
  access_denied: ['The server knows who is asking, and does not want to talk.', LOG],
  inappropriate_fallback: ['The server speaks something newer than what was offered.', 'Offer everything it may speak.'],
}

/** SSL 3.0 has no word for it, and some stacks never learned it: RFC 6101 §5.4.2. */
const OLD_PROTOCOL: Advice = [
  'The server does not speak the offered protocol, or shares no suite, group or signature algorithm with the hello.',
  `Offer a newer protocol, such as --tls1_2. ${AUDIT}`,
]

const ENDINGS: Readonly<Record<'closed' | 'reset' | 'silent' | 'unsupported' | 'malformed' | 'not-offered', Advice>> = {
  closed: [
    'Some servers hang up without a word where they have nothing in common with a hello, others when they are busy.',
    `Try again, then offer other protocols or suites. ${AUDIT}`,
  ],
  reset: ['Something on the way, or the server itself, cut the connection: a firewall, a limit, or a crash.', `Try again. ${LOG}`],
  silent: [
    'The server is overloaded, or does not speak TLS here.',
    'Name the protocol, such as smtp://host:port, or try again with more patience.',
  ],
  unsupported: ['This is no refusal: another client could have gone on.', 'Take the choice away, for example with --cipher or --groups.'],
  malformed: [
    'The server does not speak TLS here, or speaks it wrongly.',
    'Name the protocol, such as smtp://host:port instead of host:port.',
  ],
  'not-offered': ['The server does not speak the offered protocol, and went on with the best that it has.', `Offer that, too. ${AUDIT}`],
}

/** What happened, what it probably means, and what to try. */
export function refusalWords(failure: HandshakeFailure, offer: Offer): RefusalWords {
  const count = offer.cipherSuites.length
  const offered = `Offered were ${offer.protocols.join(', ')} with ${count === 1 ? 'one suite' : `${count} suites`}.`
  if (failure.kind === 'alert') {
    const name = alertDescription.name(failure.description)
    const old = name === 'handshake_failure' && offer.protocols.every((protocol) => protocol !== 'TLSv1.2' && protocol !== 'TLSv1.3')
    const [meaning, remedy] = (old ? OLD_PROTOCOL : adviceOf(name, offer)) ?? ['The server gives no better reason.', LOG]
    return {
      fact: `The server answered with the ${alertLevel.name(failure.level)} alert ${name} (${failure.description}).`,
      meaning: `${meaning} ${offered}`,
      remedy,
    }
  }
  const [meaning, remedy] = ENDINGS[failure.kind]
  return { fact: endingFact(failure), meaning: failure.kind === 'closed' ? `${meaning} ${offered}` : meaning, remedy }
}

function adviceOf(name: AlertName | `0x${string}`, offer: Offer): Advice | undefined {
  if (name === 'protocol_version') return ['The server does not speak the offered protocols.', `${others(offer)} ${AUDIT}`]
  return name.startsWith('0x') ? undefined : new Map<string, Advice>(Object.entries(ADVICE)).get(name)
}

/** The usual protocols that were not offered. */
function others({ protocols }: Offer): string {
  const left = (['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1'] as const).filter((protocol) => !protocols.includes(protocol))
  if (left.length === 0) return 'Offer --ssl3: it may be very old.'
  return `Offer ${left.map((protocol) => `--${protocol.toLowerCase().replace('v', '').replace('.', '_')}`).join(' or ')}.`
}

function endingFact(failure: Exclude<HandshakeFailure, { readonly kind: 'alert' }>): string {
  switch (failure.kind) {
    case 'closed':
      return 'The server closed the connection in the middle of the handshake, without an alert.'
    case 'reset':
      return 'The connection was reset in the middle of the handshake.'
    case 'silent':
      return 'The server did not answer.'
    case 'unsupported':
      return `The server chose what Postern cannot finish a handshake with: ${failure.what} ${failure.detail}.`
    case 'malformed':
      return `The answer is no TLS: ${failure.detail}.`
    case 'not-offered':
      return `The server went on with ${failure.protocol}, which was not offered.`
  }
}

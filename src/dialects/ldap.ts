import { bigEndian, element, elements, encode, type Element } from './ber.ts'
import type { Grammar } from './cutter.ts'
import {
  LISTEN,
  wrongProtocol,
  READY,
  malformed,
  notOffered,
  refused,
  type ClientOptions,
  type ClientScript,
  type Dialect,
  type Reply,
  type Seen,
} from './dialect.ts'

/** RFC 4511 §4.14.1. */
const START_TLS = '1.3.6.1.4.1.1466.20037'

// Universal tags, and those of RFC 4511 §4.1.1, §4.1.9, §4.3, §4.5 and §4.12.
const BOOLEAN = 0x01
const INTEGER = 0x02
const OCTET_STRING = 0x04
const ENUMERATED = 0x0a
const SEQUENCE = 0x30
const UNBIND_REQUEST = 0x42
const SEARCH_REQUEST = 0x63
const EXTENDED_REQUEST = 0x77
const EXTENDED_RESPONSE = 0x78
const REQUEST_NAME = 0x80
const PRESENT_FILTER = 0x87
const REFERRAL = 0xa3

// Message ids of ours. 0 is for what the server says unasked, RFC 4511 §4.4.
const UNSOLICITED = 0
const START_TLS_ID = 1
const SEARCH_ID = 2
const UNBIND_ID = 3

// resultCodes, RFC 4511 §4.1.9.
const SUCCESS = '0'
const PROTOCOL_ERROR = '2'
const BUSY = '51'
const UNAVAILABLE = '52'

/**
 * One LDAPMessage, RFC 4511 §4.1.1. Of an ExtendedResponse (§4.12) the code is the resultCode, of anything else the tag
 * of the operation. Lines: message id, diagnosticMessage, referrals.
 */
function* reply(): Grammar<Reply> {
  const message = yield* element(SEQUENCE)
  const [id, operation] = elements(message?.value ?? '') ?? []
  if (id?.tag !== INTEGER || operation === undefined) throw malformed('LDAP', message === undefined ? 'no LDAPMessage' : message.value)
  const number = String(bigEndian(id.value))
  if (operation.tag !== EXTENDED_RESPONSE) return { code: `operation 0x${operation.tag.toString(16)}`, lines: [number] }
  const [resultCode, , diagnosticMessage, ...others] = elements(operation.value) ?? []
  if (resultCode?.tag !== ENUMERATED) throw malformed('LDAP', operation.value)
  return { code: String(bigEndian(resultCode.value)), lines: [number, diagnosticMessage?.value ?? '', ...referrals(others)] }
}

function referrals(others: readonly Element[]): string[] {
  const referral = others.find(({ tag }) => tag === REFERRAL)
  return (elements(referral?.value ?? '') ?? []).map(({ value }) => value)
}

/** RFC 4511 §4.14. Nothing is asked before: every question costs a round trip, and the answer to this one says all. */
function* client(_options: ClientOptions, note: (seen: Seen) => void): ClientScript {
  note({ authComplete: false })
  let answer = yield { send: message(START_TLS_ID, encode(EXTENDED_REQUEST, encode(REQUEST_NAME, START_TLS))), starttls: true }
  // A smuggled search may be answered first, in plain text.
  while (answer.lines[0] === String(SEARCH_ID)) answer = yield LISTEN
  if (answer.code.startsWith('operation')) return wrongProtocol(answer)
  const [id = '', ...text] = answer.lines
  const heard: Reply = { code: `resultCode ${answer.code}`, lines: [text.filter(Boolean).join(' ')] }
  if (id === String(START_TLS_ID) && answer.code === SUCCESS) return READY
  // RFC 4511 §4.14.1: a server that does not support TLS answers protocolError. In a notice of disconnection (§4.4.1) it means something else.
  if (id !== String(UNSOLICITED) && answer.code === PROTOCOL_ERROR) return notOffered(heard)
  return refused(heard, answer.code === BUSY || answer.code === UNAVAILABLE)
}

function message(id: number, operation: string): string {
  return encode(SEQUENCE, encode(INTEGER, String.fromCharCode(id)) + operation)
}

/** A search for the root DSE that asks for no attribute, RFC 4511 §4.5.1 and §4.5.1.8. */
const SEARCH =
  encode(OCTET_STRING, '') + // baseObject
  encode(ENUMERATED, '\0') + // scope: baseObject
  encode(ENUMERATED, '\0') + // derefAliases: never
  encode(INTEGER, '\0') + // sizeLimit
  encode(INTEGER, '\0') + // timeLimit
  encode(BOOLEAN, '\0') + // typesOnly
  encode(PRESENT_FILTER, 'objectClass') +
  encode(SEQUENCE, encode(OCTET_STRING, '1.1'))

export const ldap: Dialect = {
  name: 'ldap',
  title: 'LDAP',
  doors: [
    { port: 389, scheme: 'ldap', tls: 'starttls' },
    { port: 636, scheme: 'ldaps', tls: 'implicit' },
    { port: 3268, scheme: 'ldap', tls: 'starttls' },
    { port: 3269, scheme: 'ldaps', tls: 'implicit' },
  ],
  reply,
  client,
  quit: message(UNBIND_ID, encode(UNBIND_REQUEST, '')),
  injection: {
    command: message(SEARCH_ID, encode(SEARCH_REQUEST, SEARCH)),
    answered: (text) => text.includes(encode(INTEGER, String.fromCharCode(SEARCH_ID))) && text.charCodeAt(0) === SEQUENCE,
  },
}

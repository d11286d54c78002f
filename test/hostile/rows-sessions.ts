import { Alert, TLS10, TLS11, TLS12, TLS13 } from './numbers.ts'
import { tlsRow, type Row } from './row.ts'
import type { TicketHabit } from './script.ts'

const versions = [TLS10, TLS11, TLS12]
const tickets: TicketHabit = { lifetime: 7200, accepted: true, sessionId: 'echo' }

/** The boxes with that flaw were older than RFC 7627 §5.1: a probe need not speak of the extended master secret. */
const bigIp = { versions, extendedMasterSecret: false } as const

/** CVE-2016-9244 and sessions that do, or do not, come back. */
export const SESSIONS: readonly Row[] = [
  tlsRow(
    'ticketbleed',
    'fills the session id of a resumption up to 32 bytes from memory',
    { ...bigIp, tickets: { ...tickets, sessionId: 'echo-and-memory' } },
    {
      reach: 'whole',
      flaws: { ticketbleed: true },
      features: { sessionTickets: true, ticketResumption: true, ticketLifetime: 7200 },
    },
  ),
  tlsRow(
    'ticketbleed-repaired',
    'is the same box, and gives the session id back as it came',
    { ...bigIp, tickets },
    { reach: 'whole', flaws: { ticketbleed: false }, features: { sessionTickets: true, ticketResumption: true } },
  ),
  tlsRow(
    'tickets',
    'resumes by ticket and gives the session id back as it came',
    { versions, tickets },
    {
      reach: 'whole',
      flaws: { ticketbleed: false },
      features: { sessionTickets: true, ticketResumption: true, ticketLifetime: 7200, sessionIdResumption: false },
    },
  ),
  tlsRow(
    'tickets-own-id',
    'resumes by ticket under a session id of its own: 32 bytes that do not begin with ours',
    { versions, tickets: { ...tickets, sessionId: 'own' } },
    {
      reach: 'whole',
      flaws: { ticketbleed: [false, 'unknown'] },
    },
  ),
  tlsRow(
    'tickets-not-accepted',
    'gives tickets and takes none back, like one of several machines without common keys',
    { versions, sessionIds: 'forgotten', tickets: { ...tickets, accepted: false } },
    {
      reach: 'whole',
      flaws: { ticketbleed: [false, 'unknown', 'not-applicable'] },
      features: { sessionTickets: true, ticketResumption: false },
    },
  ),
  tlsRow(
    'tickets-empty',
    'answers the extension, then sends a ticket of length 0, RFC 5077 §3.3',
    { versions, tickets: { ...tickets, empty: true } },
    {
      reach: 'whole',
      flaws: { ticketbleed: [false, 'not-applicable'] },
      features: { ticketResumption: false },
    },
  ),
  tlsRow(
    'tickets-for-a-week',
    'promises to keep tickets for seven days',
    { versions, tickets: { ...tickets, lifetime: 604_800 } },
    {
      reach: 'whole',
      features: { sessionTickets: true, ticketLifetime: 604_800 },
    },
  ),
  tlsRow(
    'session-ids',
    'resumes by session id, not by ticket',
    { versions, sessionIds: 'resumed' },
    {
      reach: 'whole',
      flaws: { ticketbleed: [false, 'not-applicable'] },
      features: { sessionIdResumption: true, sessionTickets: false, ticketResumption: [false, 'not-applicable'] },
    },
  ),
  tlsRow(
    'session-ids-forgotten',
    'gives session ids and knows none of them again',
    { versions, sessionIds: 'forgotten' },
    {
      reach: 'whole',
      features: { sessionIdResumption: false },
    },
  ),
  tlsRow(
    'session-ids-echoed',
    'repeats any session id it is given, and still makes a full handshake',
    { versions, sessionIds: 'echo' },
    {
      reach: 'whole',
      features: { sessionIdResumption: [false, 'unknown'] },
    },
  ),
  tlsRow(
    'no-sessions',
    'gives neither ids nor tickets',
    { versions },
    {
      reach: 'whole',
      flaws: { ticketbleed: [false, 'not-applicable'] },
      features: { sessionIdResumption: false, sessionTickets: false },
    },
  ),
  tlsRow(
    'resumes-with-other-suite',
    "resumes a session with a suite that is not the session's, against RFC 5246 §7.4.1.3",
    { versions, sessionIds: 'resumed', resumesWithSuite: 0x0035, suites: [0x002f, 0x0035] },
    {
      reach: 'whole',
      features: { sessionIdResumption: [true, false, 'unknown'] },
    },
  ),
  tlsRow(
    'early-data',
    'TLS 1.3 with 0-RTT: tickets for 16,384 bytes, and takes them',
    { versions: [TLS13], tls13: { maxEarlyData: 16384, acceptsEarlyData: true } },
    {
      reach: 'whole',
      features: { earlyData: true, pskResumption: true },
    },
  ),
  tlsRow(
    'early-data-promised-only',
    'tickets promise 0-RTT, but early data is always refused',
    { versions: [TLS13], tls13: { maxEarlyData: 16384 } },
    {
      reach: 'whole',
      features: { earlyData: [true, false], pskResumption: true },
    },
  ),
  tlsRow(
    'psk-without-early-data',
    'TLS 1.3 tickets without 0-RTT',
    { versions: [TLS12, TLS13] },
    {
      reach: 'whole',
      features: { earlyData: false, pskResumption: true },
    },
  ),
  tlsRow(
    'psk-by-age',
    'takes no ticket back from whoever does not say how old it is, RFC 8446 §4.2.11.1',
    { versions: [TLS13], tls13: { leastTicketAge: 1 } },
    {
      reach: 'whole',
      features: { pskResumption: true },
    },
  ),
  tlsRow(
    'psk-not-accepted',
    'TLS 1.3 tickets that resume nothing',
    { versions: [TLS13], tls13: { acceptsPsk: false } },
    {
      reach: 'whole',
      features: { earlyData: false, pskResumption: false },
    },
  ),
  tlsRow(
    'no-tickets-tls13',
    'TLS 1.3 without tickets',
    { versions: [TLS13], tls13: { tickets: 0 } },
    {
      reach: 'whole',
      features: { earlyData: [false, 'not-applicable'], pskResumption: false },
    },
  ),
]

/** Renegotiation: who may start it, and whether RFC 5746 §3.6 protects it. */
export const RENEGOTIATION: readonly Row[] = [
  tlsRow(
    'renegotiation-allowed',
    'carries out every renegotiation that a client starts',
    { versions, renegotiation: 'allows' },
    {
      reach: 'whole',
      features: { secureRenegotiation: true, clientRenegotiation: true },
    },
  ),
  tlsRow(
    'renegotiation-thrice',
    'carries out three, then closes',
    { versions, renegotiation: { times: 3 } },
    {
      reach: 'whole',
      features: { secureRenegotiation: true, clientRenegotiation: true },
    },
  ),
  tlsRow(
    'renegotiation-insecure',
    'knows nothing of RFC 5746 §3.6 and carries out every renegotiation',
    { versions, renegotiation: 'allows', renegotiationInfo: false },
    {
      reach: 'whole',
      features: { secureRenegotiation: false, clientRenegotiation: true },
    },
  ),
  tlsRow(
    'renegotiation-refused',
    'answers with no_renegotiation',
    { versions },
    {
      reach: 'whole',
      features: { secureRenegotiation: true, clientRenegotiation: false },
    },
  ),
  tlsRow(
    'renegotiation-alerted',
    'answers with handshake_failure',
    { versions, renegotiation: { instead: { alert: Alert.handshakeFailure } } },
    {
      reach: 'whole',
      features: { secureRenegotiation: true, clientRenegotiation: false },
    },
  ),
  tlsRow(
    'renegotiation-closed',
    'closes',
    { versions, renegotiation: { instead: 'close' } },
    {
      reach: 'whole',
      features: { secureRenegotiation: true, clientRenegotiation: false },
    },
  ),
  tlsRow(
    'renegotiation-ignored',
    'goes on as if nothing had been asked',
    { versions, renegotiation: 'ignores' },
    {
      reach: 'whole',
      features: { secureRenegotiation: true, clientRenegotiation: [false, 'unknown'] },
    },
  ),
  tlsRow(
    'renegotiation-insecure-refused',
    'knows nothing of RFC 5746 §3.6 and refuses with handshake_failure',
    { versions, renegotiationInfo: false, renegotiation: { instead: { alert: Alert.handshakeFailure } } },
    {
      reach: 'whole',
      features: { secureRenegotiation: false, clientRenegotiation: false },
    },
  ),
]

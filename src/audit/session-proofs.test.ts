import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Resumption, SessionEvent, SessionOptions } from '../wire/index.ts'
import { sessionProofs } from './session-proofs.ts'
import { extension, serverHello } from './testdata/answers.ts'

const bytes = (first: number): Uint8Array => Uint8Array.of(first, 0, 0, 0)
const hello = (version: number): SessionEvent => ({
  kind: 'server-hello',
  version,
  hello: serverHello({ version }).hello,
  bytes: bytes(2),
})
const connected = (version: number, resumed: boolean): SessionEvent => ({
  kind: 'connected',
  version,
  cipherSuite: 0xc02f,
  resumed,
  group: undefined,
  extendedMasterSecret: true,
  encryptThenMac: false,
  secureRenegotiation: true,
  alpn: undefined,
  earlyData: 'rejected',
  resumption: undefined,
})
const saved = (version: number, ticket?: Uint8Array): Resumption => ({
  version,
  cipherSuite: 0xc02f,
  secret: bytes(0),
  sessionId: bytes(0),
  ticket,
  ticketAgeAdd: 0,
  maxEarlyData: 0,
  extendedMasterSecret: true,
})
const TLS12 = 0x0303
const TLS13 = 0x0304
const extensions: SessionEvent = {
  kind: 'encrypted-extensions',
  extensions: [extension(16, Uint8Array.of(0, 3, 2, 104, 50))],
  bytes: bytes(8),
}
const ticket = (lifetime: number): SessionEvent => ({
  kind: 'new-session-ticket',
  lifetime,
  ticket: bytes(0),
  maxEarlyData: undefined,
  resumption: undefined,
  bytes: bytes(4),
})

describe('what sessions prove', () => {
  const rows: readonly (readonly [
    why: string,
    events: readonly SessionEvent[],
    options: Partial<SessionOptions>,
    proofs: readonly string[],
  ])[] = [
    ['nothing, where no ServerHello came', [ticket(1)], {}, []],
    [
      'a session that goes on by its ticket, and the session id that came back',
      [hello(TLS12), connected(TLS12, true)],
      { resume: saved(TLS12, bytes(0)) },
      [
        'features.ticketResumption hello with the ticket of an earlier session and a session id of our own: resumed, ServerHello 02000000',
        'flaws.ticketbleed hello with the ticket of an earlier session and a session id of our own: resumed, ServerHello 02000000',
      ],
    ],
    [
      'a session that does not go on by its id',
      [hello(TLS12), connected(TLS12, false)],
      { resume: saved(TLS12) },
      ['features.sessionIdResumption hello with the id of an earlier session: not resumed, ServerHello 02000000'],
    ],
    [
      'a PSK, and early data that was refused',
      [hello(TLS13), extensions, connected(TLS13, true)],
      { resume: saved(TLS13, bytes(0)), earlyData: bytes(0) },
      [
        'features.pskResumption hello with the PSK of an earlier session: resumed, ServerHello 02000000',
        'features.earlyData hello with early data: rejected, EncryptedExtensions 08000000',
      ],
    ],
    [
      'the longest-lived ticket',
      [hello(TLS12), ticket(5), ticket(300)],
      {},
      ['features.ticketLifetime handshake: NewSessionTicket for 300 s 04000000'],
    ],
    [
      'a protocol name that was taken',
      [hello(TLS13), extensions],
      { alpn: ['h2', 'imap'] },
      ['features.alpn hello with 2 protocol names: one was taken 08000000'],
    ],
    [
      'that no protocol name was taken',
      [hello(TLS12)],
      { alpn: ['h2'] },
      ['features.alpn hello with 1 protocol names: none was taken 02000000'],
    ],
    [
      'who signed',
      [hello(TLS13), { kind: 'certificate-verify', scheme: 0x0804, signatureValid: true, bytes: bytes(15) }],
      {},
      ['signatureSchemes.TLSv1.3.rsa_pss_rsae_sha256 handshake: CertificateVerify with rsa_pss_rsae_sha256 0f000000'],
    ],
  ]
  for (const [why, events, options, expected] of rows) {
    test(why, () => {
      const found = sessionProofs(events, options).map(
        ({ fact, asked, answer }) => `${fact} ${asked} ${Buffer.from(answer).toString('hex')}`,
      )
      assert.deepEqual(found, expected)
    })
  }
})

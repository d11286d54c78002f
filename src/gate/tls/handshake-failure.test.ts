import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { failureOf, type FailureReason } from './handshake-failure.ts'

const rows: readonly (readonly [FailureReason, readonly string[]])[] = [
  ['version', ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'ERR_SSL_VERSION_TOO_LOW', 'ERR_SSL_BAD_LEGACY_VERSION', 'ERR_SSL_WRONG_VERSION_NUMBER']],
  ['suites', ['ERR_SSL_NO_SHARED_CIPHER', 'ERR_SSL_NO_CIPHERS_SPECIFIED']],
  ['groups', ['ERR_SSL_NO_SUITABLE_KEY_SHARE', 'ERR_SSL_NO_SUITABLE_GROUPS', 'ERR_SSL_MISSING_SUPPORTED_GROUPS_EXTENSION']],
  ['signatures', ['ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM', 'ERR_SSL_NO_SHARED_SIGNATURE_ALGORITHMS']],
  ['alpn', ['ERR_SSL_NO_APPLICATION_PROTOCOL']],
  ['fallback', ['ERR_SSL_INAPPROPRIATE_FALLBACK']],
  ['client-certificate', ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE']],
  // The names of one alert in two OpenSSLs, and an alert that sounds like another reason.
  [
    'client-refused-us',
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE'],
  ],
  ['client-refused-us', ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL']],
  ['not-tls', ['ERR_SSL_HTTP_REQUEST', 'ERR_SSL_HTTPS_PROXY_REQUEST']],
  ['malformed', ['ERR_SSL_LENGTH_MISMATCH', 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', 'ERR_OSSL_ASN1_WRONG_TAG']],
  ['timeout', ['ERR_TLS_HANDSHAKE_TIMEOUT']],
  ['reset', ['ECONNRESET', 'EPIPE', 'ERR_SSL_UNEXPECTED_EOF_WHILE_READING']],
  ['other', ['ERR_SOMETHING_ELSE', '']],
]

describe('failureOf()', () => {
  for (const [reason, codes] of rows) {
    test(`says ${reason} for ${codes.join(', ')}`, () => {
      for (const code of codes) assert.equal(failureOf(Object.assign(new Error('x'), { code })).reason, reason, code)
    })
  }

  test('keeps the code, and OpenSSL’s words where there are some', () => {
    const error = Object.assign(new Error('40EDC:error:0A0000C1:SSL routines'), {
      code: 'ERR_SSL_NO_SHARED_CIPHER',
      reason: 'no shared cipher',
    })
    assert.deepEqual(failureOf(error), { reason: 'suites', code: 'ERR_SSL_NO_SHARED_CIPHER', words: 'no shared cipher' })
    assert.deepEqual(failureOf(new Error('socket hang up')), { reason: 'other', code: 'unknown', words: 'socket hang up' })
  })

  test('takes any error', () => {
    const known = new Set<string>(rows.map(([reason]) => reason))
    fc.assert(
      fc.property(fc.string(), fc.anything(), fc.anything(), (message, code, reason) => {
        assert.ok(known.has(failureOf(Object.assign(new Error(message), { code, reason })).reason))
      }),
    )
  })
})

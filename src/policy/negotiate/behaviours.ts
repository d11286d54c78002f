import type { StackName } from './stacks.ts'

/** What a stack does where the specification leaves a choice or wants something else. */
export interface Behaviour {
  readonly id: BehaviourId
  readonly stacks: readonly StackName[]
  readonly what: string
  /** Where it is written or done. */
  readonly source: string
}

export type BehaviourId =
  | 'lowest-block'
  | 'security-level'
  | 'old-versions-need-level-0'
  | 'tls13-needs-a-key'
  | 'suite-for-the-newest'
  | 'suite-before-scheme'
  | 'scheme-for-static-rsa'
  | 'first-share'
  | 'group-tuples'
  | 'any-group-in-tls13'
  | 'renegotiation-info-required'
  | 'sentinel-in-tls11'
  | 'sentinel-after-fallback'
  | 'sha1-for-want-of-better'
  | 'close-on-version'
  | 'decode-error-on-curve'
  | 'no-version-below'
  | 'client-orders-schemes'
  | 'client-orders-alpn'
  | 'renegotiation-info-in-tls13'
  | 'dhe-by-named-groups'
  | 'edwards-tried-too-early'
  | 'pss-with-a-short-key'
  | 'dhe-without-parameters'
  | 'client-orders-groups'
  | 'no-group-is-unexpected'
  | 'scheme-after-certificate'
  | 'ecdsa-sha1-in-tls13'
  | 'curve-bound-in-tls12'
  | 'edwards-before-tls12'
  | 'unknown-groups-count-for-none'
  | 'sslv2-hello-on-request'
  | 'versions-without-a-suite'

const OPENSSL = 'https://github.com/openssl/openssl/blob/openssl-3.0.15/'
const OLD_OPENSSL = 'https://github.com/openssl/openssl/blob/OpenSSL_1_0_2u/ssl/'
const GNUTLS = 'https://gitlab.com/gnutls/gnutls/-/blob/3.7.9/lib/'
const JSSE = 'https://github.com/openjdk/jdk17u-dev/blob/master/src/java.base/share/classes/sun/security/ssl/'

const ALL_OPENSSL: readonly StackName[] = ['openssl-1.0.2', 'openssl-1.1.1', 'openssl-3.0', 'openssl-3.5']
const LEVELLED: readonly StackName[] = ['openssl-1.1.1', 'openssl-3.0', 'openssl-3.5']

type Row = readonly [id: BehaviourId, stacks: readonly StackName[], source: string, what: string]

const ROWS: readonly Row[] = [
  [
    'lowest-block',
    ALL_OPENSSL,
    `${OPENSSL}doc/man3/SSL_CTX_set_options.pod`,
    'A client offers the versions from its oldest one up to the first that is off.',
  ],
  [
    'security-level',
    LEVELLED,
    `${OPENSSL}doc/man3/SSL_CTX_set_security_level.pod`,
    'What its security level forbids is neither offered nor taken.',
  ],
  [
    'old-versions-need-level-0',
    ['openssl-3.5'],
    'https://github.com/openssl/openssl/blob/openssl-3.3.2/ssl/ssl_cert.c',
    'TLS 1.0 and 1.1 are off at every level but 0, since 3.1.',
  ],
  ['tls13-needs-a-key', LEVELLED, `${OPENSSL}ssl/statem/statem_lib.c`, 'A server has TLS 1.3 off where none of its keys could sign in it.'],
  [
    'suite-for-the-newest',
    LEVELLED,
    `${OPENSSL}ssl/statem/statem_lib.c`,
    'A server without a suite for its newest version refuses every hello.',
  ],
  [
    'suite-before-scheme',
    LEVELLED,
    `${OPENSSL}ssl/t1_lib.c`,
    'A server chooses a suite with RSA, though they share no scheme for RSA, and fails afterwards.',
  ],
  [
    'scheme-for-static-rsa',
    LEVELLED,
    `${OPENSSL}ssl/t1_lib.c`,
    'A server wants a scheme in TLS 1.2 for static RSA too, where nothing is signed.',
  ],
  [
    'first-share',
    ['openssl-1.1.1', 'openssl-3.0'],
    `${OPENSSL}ssl/statem/extensions_srvr.c`,
    'The first key share that will do is used, whatever the server prefers.',
  ],
  [
    'group-tuples',
    ['openssl-3.5'],
    'https://docs.openssl.org/3.5/man3/SSL_CTX_set1_curves/',
    'A server asks for another share rather than leave a tuple of groups.',
  ],
  [
    'any-group-in-tls13',
    ['openssl-1.1.1'],
    'https://github.com/openssl/openssl/blob/OpenSSL_1_1_1w/ssl/statem/extensions_srvr.c',
    'Groups that TLS 1.3 took out are used in it.',
  ],
  [
    'renegotiation-info-required',
    ['openssl-3.0', 'openssl-3.5'],
    `${OPENSSL}CHANGES.md`,
    'A client refuses servers without secure renegotiation.',
  ],
  [
    'sentinel-in-tls11',
    LEVELLED,
    `${OPENSSL}ssl/statem/statem_lib.c`,
    'Clients whose newest version is TLS 1.1 look for the signal of a downgrade too.',
  ],
  [
    'sentinel-after-fallback',
    LEVELLED,
    `${OPENSSL}ssl/statem/statem_lib.c`,
    'A client that says that it has fallen back counts the versions that are off.',
  ],
  [
    'sha1-for-want-of-better',
    ['openssl-1.0.2'],
    `${OLD_OPENSSL}t1_lib.c`,
    'A server signs with SHA-1 where it shares no scheme for the key.',
  ],
  ['close-on-version', ['openssl-1.0.2'], `${OLD_OPENSSL}s23_srvr.c`, 'A server without a version in common closes without an alert.'],
  [
    'decode-error-on-curve',
    ['openssl-1.0.2'],
    `${OLD_OPENSSL}s3_clnt.c`,
    'A client calls a curve that it has not offered a decoding error.',
  ],
  ['no-version-below', ['gnutls-3.7'], `${GNUTLS}handshake.c`, 'A server that has the named version off looks for none below it.'],
  [
    'client-orders-schemes',
    ['gnutls-3.7'],
    `${GNUTLS}ext/signature.c`,
    'The client’s order of signature schemes decides, whoever orders the suites.',
  ],
  ['client-orders-alpn', ['gnutls-3.7'], `${GNUTLS}ext/alpn.c`, 'The client’s order of protocols decides.'],
  [
    'renegotiation-info-in-tls13',
    ['gnutls-3.7'],
    `${GNUTLS}ext/safe_renegotiation.c`,
    'A server that demands secure renegotiation demands it of clients of TLS 1.3 too.',
  ],
  [
    'dhe-by-named-groups',
    ['gnutls-3.7'],
    `${GNUTLS}algorithms/ciphersuites.c`,
    'A client that names finite-field groups is served DHE from them or not at all, RFC 7919 §4.',
  ],
  [
    'edwards-tried-too-early',
    ['gnutls-3.7'],
    `${GNUTLS}auth/cert.c`,
    'A server chooses keys before TLS 1.2 that cannot sign there, and fails.',
  ],
  [
    'pss-with-a-short-key',
    ['gnutls-3.7'],
    `${GNUTLS}ext/signature.c`,
    'A server chooses a scheme that its key is too short for, and fails.',
  ],
  [
    'dhe-without-parameters',
    ['gnutls-3.7'],
    `${GNUTLS}dh.c`,
    'A server chooses DHE though none of its groups can be used for it, and fails.',
  ],
  [
    'client-orders-groups',
    ['jsse-17'],
    `${JSSE}SupportedGroupsExtension.java`,
    'The client’s order of groups decides, whoever orders the suites.',
  ],
  ['no-group-is-unexpected', ['jsse-17'], `${JSSE}KeyShareExtension.java`, 'No group in common is an unexpected message.'],
  [
    'scheme-after-certificate',
    ['jsse-17'],
    `${JSSE}SignatureScheme.java`,
    'A server chooses suite and key first; without a scheme for them it fails with an internal error.',
  ],
  ['ecdsa-sha1-in-tls13', ['jsse-17'], `${JSSE}SignatureScheme.java`, 'A server signs with ecdsa_sha1 in TLS 1.3.'],
  ['curve-bound-in-tls12', ['jsse-17'], `${JSSE}SignatureScheme.java`, 'A scheme for ECDSA is bound to its curve in TLS 1.2 too.'],
  ['edwards-before-tls12', ['jsse-17'], `${JSSE}SSLKeyExchange.java`, 'Ed25519 and Ed448 are served before TLS 1.2.'],
  [
    'unknown-groups-count-for-none',
    ['jsse-17'],
    `${JSSE}SupportedGroupsExtension.java`,
    'A client that names only groups without a name in Java is served as if it named none.',
  ],
  [
    'sslv2-hello-on-request',
    ['jsse-17'],
    'https://docs.oracle.com/en/java/javase/17/docs/specs/security/standard-names.html',
    'A hello in the format of SSL 2.0 is refused unless SSLv2Hello is on.',
  ],
  ['versions-without-a-suite', ['jsse-17'], `${JSSE}HandshakeContext.java`, 'Versions that no suite is on for are off.'],
]

/** Every behaviour that negotiate() knows, by stack. */
export const BEHAVIOURS: readonly Behaviour[] = ROWS.map(([id, stacks, source, what]) => ({ id, stacks, source, what }))

import type { Rule, Rulebook } from '../rulebook.ts'
import { expand } from '../expand.ts'

const NO_OBJECTION = { verdict: 'good', says: 'no objection' } as const

const HANDSHAKE: readonly Rule[] = [
  { subject: 'protocol', match: ['SSLv2', 'SSLv3'], verdict: 'bad', says: 'MUST NOT', section: 'RFC 9325 §3.1.1' },
  { subject: 'protocol', match: ['TLSv1'], verdict: 'bad', says: 'MUST NOT', section: 'RFC 8996 §4' },
  { subject: 'protocol', match: ['TLSv1.1'], verdict: 'bad', says: 'MUST NOT', section: 'RFC 8996 §5' },
  { subject: 'protocol', match: ['TLSv1.2'], verdict: 'good', says: 'MUST support', section: 'RFC 9325 §3.1.1' },
  { subject: 'protocol', verdict: 'good', says: 'SHOULD support', section: 'RFC 9325 §3.1.1' },
  {
    subject: 'protocol-missing',
    match: ['TLSv1.2'],
    evenWithNewer: true,
    verdict: 'bad',
    says: 'MUST support',
    section: 'RFC 9325 §3.1.1',
  },
  {
    subject: 'protocol-missing',
    match: ['TLSv1.3'],
    evenWithNewer: true,
    verdict: 'weak',
    says: 'SHOULD support',
    section: 'RFC 9325 §3.1.1',
  },
  { subject: 'suite', match: { any: ['rc4'] }, verdict: 'bad', says: 'MUST NOT', section: 'RFC 7465 §2' },
  {
    subject: 'suite',
    match: { any: ['null', 'export', 'below-112', 'sslv2'] },
    verdict: 'bad',
    says: 'MUST NOT',
    section: 'RFC 9325 §4.1',
  },
  {
    subject: 'suite',
    match: { names: expand('TLS_ECDHE_{RSA,ECDSA}_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384}') },
    verdict: 'good',
    says: 'RECOMMENDED',
    section: 'RFC 9325 §4.2',
  },
  { subject: 'suite', match: { all: ['anonymous'] }, verdict: 'weak', says: 'loses authentication', section: 'RFC 9325 §5.1' },
  {
    subject: 'suite',
    match: { any: ['below-128', 'static-rsa', 'static-dh', 'dhe'] },
    verdict: 'weak',
    says: 'SHOULD NOT',
    section: 'RFC 9325 §4.1',
  },
  { subject: 'suite', match: { all: ['cbc'] }, verdict: 'weak', says: 'SHOULD NOT without encrypt-then-MAC', section: 'RFC 9325 §4.2' },
  { subject: 'suite', match: { all: ['tls1.3'] }, ...NO_OBJECTION, section: 'RFC 9325 §4.3' },
  { subject: 'suite', ...NO_OBJECTION, section: 'RFC 9325 §4.1' },
]

const KEYS: readonly Rule[] = [
  { subject: 'group', match: { names: ['secp256r1', 'x25519'] }, verdict: 'good', says: 'SHOULD support', section: 'RFC 9325 §4.2.1' },
  {
    subject: 'group',
    match: { names: ['arbitrary_explicit_prime_curves', 'arbitrary_explicit_char2_curves'] },
    verdict: 'bad',
    says: 'deprecated',
    section: 'RFC 8422 §5.1.1',
  },
  { subject: 'group', match: { belowStrength: 112 }, verdict: 'bad', says: 'MUST NOT', section: 'RFC 9325 §4.5' },
  { subject: 'group', ...NO_OBJECTION, section: 'RFC 9325 §4.5' },
  { subject: 'dh', match: { belowBits: 2048 }, verdict: 'bad', says: 'at least 2048 bits REQUIRED', section: 'RFC 9325 §4.5' },
  { subject: 'dh', verdict: 'good', says: 'at least 2048 bits REQUIRED', section: 'RFC 9325 §4.5' },
  { subject: 'signature', match: /_(?:md5|sha1)$/, verdict: 'bad', says: 'MUST NOT', section: 'RFC 9155 §4' },
  { subject: 'signature', ...NO_OBJECTION, section: 'RFC 9155 §4' },
  {
    subject: 'certificate-key',
    match: { leaf: true, types: ['RSA', 'RSA-PSS'], belowBits: 2048 },
    verdict: 'bad',
    says: 'at least 2048 bits MUST',
    section: 'RFC 9325 §4.5',
  },
  {
    subject: 'certificate-key',
    match: { leaf: true, curves: ['secp256r1'] },
    verdict: 'good',
    says: 'RECOMMENDED',
    section: 'RFC 9325 §4.2',
  },
  { subject: 'certificate-key', match: { leaf: true }, ...NO_OBJECTION, section: 'RFC 9325 §4.5' },
  { subject: 'certificate-hash', match: ['MD2', 'MD5', 'SHA-1'], verdict: 'bad', says: 'MUST NOT', section: 'RFC 9325 §4.5' },
  { subject: 'certificate-hash', match: ['SHA-256'], verdict: 'good', says: 'RECOMMENDED', section: 'RFC 9325 §4.5' },
  { subject: 'certificate-hash', ...NO_OBJECTION, section: 'RFC 9325 §4.5' },
]

const BEHAVIOUR: readonly Rule[] = [
  { subject: 'behaviour', match: ['sslv2-hello'], verdict: 'weak', says: 'NOT RECOMMENDED', section: 'RFC 8446 §D.5' },
  {
    subject: 'behaviour',
    match: ['secure-renegotiation', 'extended-master-secret'],
    verdict: 'bad',
    says: 'MUST',
    section: 'RFC 9325 §3.5',
  },
  { subject: 'behaviour', match: ['encrypt-then-mac'], verdict: 'weak', says: 'SHOULD with CBC suites', section: 'RFC 9325 §4.2' },
  { subject: 'behaviour', match: ['tls-compression'], verdict: 'weak', says: 'SHOULD NOT', section: 'RFC 9325 §3.3' },
  { subject: 'behaviour', match: ['truncated-hmac'], verdict: 'bad', says: 'MUST NOT', section: 'RFC 9325 §4.6' },
  { subject: 'behaviour', match: ['early-data'], verdict: 'bad', says: 'MUST NOT without a profile', section: 'RFC 9325 §3.10' },
  { subject: 'behaviour', match: ['suite-order'], verdict: 'bad', says: 'MUST prefer strong suites', section: 'RFC 9325 §4.2.1' },
  { subject: 'behaviour', match: ['dh-reuse', 'ecdh-reuse'], verdict: 'weak', says: 'discouraged', section: 'RFC 9325 §7.4' },
]

/** The IETF's Best Current Practice on TLS. */
export const rfc9325: Rulebook = {
  name: 'rfc-9325',
  title: 'IETF BCP 195, secure use of TLS',
  edition: '2026-01',
  date: '2026-01',
  source: 'https://www.rfc-editor.org/info/bcp195',
  note: 'Chiefly RFC 9325 §3.1.1 to §4.6, RFC 8996 §4, RFC 9155 §4 and RFC 7465 §2. RFC 9325 §5.2 grants that opportunistic TLS, as among mail servers, may need more than this. RFC 9852 §1 binds new protocols only.',
  rules: [...HANDSHAKE, ...KEYS, ...BEHAVIOUR],
}

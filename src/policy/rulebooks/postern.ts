import { FINDINGS } from '../findings.ts'
import type { Rule, Rulebook } from '../rulebook.ts'

const FINE = { verdict: 'good', says: 'fine' } as const
const SECTION = 'docs/findings.md'

const HANDSHAKE: readonly Rule[] = [
  { subject: 'protocol', match: ['TLSv1.2', 'TLSv1.3'], ...FINE, section: SECTION },
  { subject: 'protocol', verdict: 'bad', says: 'turn off', section: SECTION },
  { subject: 'protocol-missing', match: ['TLSv1.2'], evenWithNewer: false, verdict: 'bad', says: 'turn on', section: SECTION },
  { subject: 'protocol-missing', match: ['TLSv1.3'], evenWithNewer: false, verdict: 'weak', says: 'turn on', section: SECTION },
  {
    subject: 'suite',
    match: { any: ['null', 'anonymous', 'export', 'rc4', 'des', '3des', 'below-112', 'sslv2'] },
    verdict: 'bad',
    says: 'remove',
    section: SECTION,
  },
  { subject: 'suite', match: { all: ['modern'] }, ...FINE, section: SECTION },
  { subject: 'suite', verdict: 'weak', says: 'remove when nobody needs it', section: SECTION },
]

const KEYS: readonly Rule[] = [
  { subject: 'group', match: { belowStrength: 112 }, verdict: 'bad', says: 'remove', section: SECTION },
  { subject: 'group', match: { belowStrength: 128, kinds: ['ecdhe'] }, verdict: 'weak', says: 'below 128 bits', section: SECTION },
  { subject: 'group', match: { kinds: ['hybrid'] }, verdict: 'good', says: 'fine, and safe from quantum computers', section: SECTION },
  { subject: 'group', ...FINE, section: SECTION },
  { subject: 'dh', match: { belowBits: 2048 }, verdict: 'bad', says: 'at least 2048 bits', section: SECTION },
  { subject: 'dh', ...FINE, section: SECTION },
  { subject: 'signature', match: /_(?:md5|sha1)$/, verdict: 'bad', says: 'remove', section: SECTION },
  { subject: 'signature', match: /_sha224$|^dsa_/, verdict: 'weak', says: 'remove', section: SECTION },
  { subject: 'signature', ...FINE, section: SECTION },
  {
    subject: 'certificate-key',
    match: { types: ['RSA', 'RSA-PSS', 'DSA', 'DH'], belowBits: 2048 },
    verdict: 'bad',
    says: 'at least 2048 bits',
    section: SECTION,
  },
  { subject: 'certificate-key', match: { types: ['ECDSA'], belowBits: 224 }, verdict: 'bad', says: 'at least 224 bits', section: SECTION },
  { subject: 'certificate-key', match: { types: ['DSA', 'DH'] }, verdict: 'weak', says: 'RSA, ECDSA or Ed25519', section: SECTION },
  { subject: 'certificate-key', ...FINE, section: SECTION },
  { subject: 'certificate-hash', match: ['MD2', 'MD5', 'SHA-1'], verdict: 'bad', says: 'SHA-256 or better', section: SECTION },
  { subject: 'certificate-hash', match: ['SHA-224'], verdict: 'weak', says: 'SHA-256 or better', section: SECTION },
  { subject: 'certificate-hash', ...FINE, section: SECTION },
  { subject: 'certificate-lifetime', match: { overDays: 398 }, verdict: 'weak', says: 'at most 398 days', section: SECTION },
  { subject: 'certificate-lifetime', ...FINE, section: SECTION },
]

/** What is not about a protocol, a suite, a group or a certificate's making is `bad` or `weak` by the list of findings. */
const BEHAVIOUR: readonly Rule[] = FINDINGS.filter((kind) => kind.remedy !== undefined).map((kind) => ({
  subject: 'behaviour',
  match: [kind.id],
  verdict: kind.bad === undefined ? 'weak' : 'bad',
  says: kind.bad === undefined ? 'should' : 'must',
  section: SECTION,
}))

/** Our own verdict, for mail servers and the like: what is dangerous is `bad`, what is out of date but harmless so far is `weak`. It makes the grade. */
export const postern: Rulebook = {
  name: 'postern',
  title: 'Postern',
  edition: '1',
  date: '2026-11',
  source: 'docs/findings.md',
  note: 'On port 25, where senders go on in plain text when TLS fails, some of it is milder: see docs/findings.md.',
  rules: [...HANDSHAKE, ...KEYS, ...BEHAVIOUR],
}

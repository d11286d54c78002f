import type { Rule, Rulebook } from '../rulebook.ts'
import { expand } from '../expand.ts'

const LISTED = { verdict: 'good', says: 'listed' } as const
const SHALL_NOT = { verdict: 'bad', says: 'shall not' } as const

/** Section 3.3.1, by certificate: ECDSA, RSA, DSA, then static DH and ECDH. */
const SUITES = expand(
  'TLS_ECDHE_ECDSA_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,AES_128_CCM,AES_256_CCM,AES_128_CCM_8,AES_256_CCM_8}',
  'TLS_ECDHE_{ECDSA,RSA}_WITH_{AES_128_CBC_SHA256,AES_256_CBC_SHA384,AES_128_CBC_SHA,AES_256_CBC_SHA}',
  'TLS_ECDHE_RSA_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384}',
  'TLS_DHE_RSA_WITH_{AES_128_CCM,AES_256_CCM,AES_128_CCM_8,AES_256_CCM_8}',
  'TLS_{DHE_RSA,DHE_DSS,DH_DSS,DH_RSA}_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,AES_128_CBC_SHA256,AES_256_CBC_SHA256,AES_128_CBC_SHA,AES_256_CBC_SHA}',
  'TLS_ECDH_{ECDSA,RSA}_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,AES_128_CBC_SHA256,AES_256_CBC_SHA384,AES_128_CBC_SHA,AES_256_CBC_SHA}',
)

const RSA_KEY_TRANSPORT = expand(
  'TLS_RSA_WITH_AES_{128,256}_{CCM,CCM_8,CBC_SHA,CBC_SHA256}',
  'TLS_RSA_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384}',
)

const PRE_SHARED = expand(
  'TLS_{DHE_PSK,PSK}_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384}',
  'TLS_{ECDHE_PSK,DHE_PSK,PSK}_WITH_{AES_128_CBC_SHA256,AES_256_CBC_SHA384,AES_128_CBC_SHA,AES_256_CBC_SHA}',
  'TLS_{DHE_PSK,PSK}_WITH_AES_{128,256}_CCM',
  'TLS_{PSK_DHE,PSK}_WITH_AES_{128,256}_CCM_8',
)

const HANDSHAKE: readonly Rule[] = [
  { subject: 'protocol', match: ['SSLv2', 'SSLv3', 'TLSv1'], ...SHALL_NOT, section: '3.1' },
  { subject: 'protocol', match: ['TLSv1.1'], verdict: 'weak', says: 'should not', section: '3.1' },
  { subject: 'protocol', verdict: 'good', says: 'shall', section: '3.1' },
  { subject: 'protocol-missing', match: ['TLSv1.2'], evenWithNewer: true, verdict: 'bad', says: 'shall', section: '3.1' },
  { subject: 'protocol-missing', match: ['TLSv1.3'], evenWithNewer: true, verdict: 'bad', says: 'shall since 2024-01-01', section: '3.1' },
  {
    subject: 'suite',
    match: { names: expand('TLS_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,AES_128_CCM_SHA256,AES_128_CCM_8_SHA256}') },
    ...LISTED,
    section: '3.3.1.2',
  },
  { subject: 'suite', match: { names: SUITES }, ...LISTED, section: '3.3.1.1' },
  { subject: 'suite', match: { names: RSA_KEY_TRANSPORT }, verdict: 'weak', says: 'not recommended', section: 'appendix D' },
  { subject: 'suite', match: { names: PRE_SHARED }, verdict: 'weak', says: 'for special cases', section: 'appendix C' },
  { subject: 'suite', verdict: 'bad', says: 'not listed', section: '3.3.1' },
]

const KEYS: readonly Rule[] = [
  { subject: 'group', match: { names: ['secp256r1', 'secp384r1'] }, verdict: 'good', says: 'at least one of them shall', section: '3.4' },
  {
    subject: 'group',
    match: { names: expand('secp{224,521}r1', 'sect{233,283,409,571}{k1,r1}', 'ffdhe{2048,3072,4096,6144,8192}') },
    ...LISTED,
    section: '3.4',
  },
  { subject: 'group', match: { kinds: ['hybrid', 'kem'] }, verdict: 'weak', says: 'not mentioned: older than ML-KEM', section: '3.4' },
  { subject: 'group', verdict: 'bad', says: 'not listed', section: '3.4' },
  { subject: 'dh', match: { belowBits: 2048 }, verdict: 'bad', says: 'at least 112 bits of security', section: '3.3' },
  { subject: 'dh', verdict: 'good', says: 'at least 112 bits of security', section: '3.3' },
  {
    subject: 'certificate-key',
    match: { types: ['RSA', 'RSA-PSS', 'DSA', 'DH'], belowBits: 2048 },
    verdict: 'bad',
    says: 'at least 112 bits of security',
    section: '3.2',
  },
  {
    subject: 'certificate-key',
    match: { types: ['ECDSA'], belowBits: 224 },
    verdict: 'bad',
    says: 'at least 112 bits of security',
    section: '3.2',
  },
  { subject: 'certificate-key', match: { curves: ['secp256r1', 'secp384r1'] }, verdict: 'good', says: 'should', section: '3.2' },
  { subject: 'certificate-key', match: { types: ['ECDSA'] }, verdict: 'weak', says: 'should be P-256 or P-384', section: '3.2' },
  {
    subject: 'certificate-key',
    match: { types: ['RSA', 'RSA-PSS'] },
    verdict: 'good',
    says: 'at least 112 bits of security',
    section: '3.2',
  },
  { subject: 'certificate-key', match: { types: ['DSA', 'DH'] }, verdict: 'weak', says: 'RSA or ECDSA shall be there too', section: '3.2' },
  { subject: 'certificate-key', verdict: 'bad', says: 'RSA or ECDSA', section: '3.2' },
  {
    subject: 'certificate-hash',
    match: ['SHA-224', 'SHA-256', 'SHA-384', 'SHA-512'],
    verdict: 'good',
    says: 'SHA-224 or better',
    section: '3.2',
  },
  { subject: 'certificate-hash', verdict: 'bad', says: 'SHA-224 or better', section: '3.2' },
  { subject: 'certificate-lifetime', match: { overDays: 1095 }, verdict: 'weak', says: 'should be 3 years or less', section: '3.2' },
  { subject: 'certificate-lifetime', verdict: 'good', says: '3 years or less', section: '3.2' },
]

const BEHAVIOUR: readonly Rule[] = [
  { subject: 'behaviour', match: ['secure-renegotiation', 'extended-master-secret'], verdict: 'bad', says: 'shall', section: '3.4' },
  { subject: 'behaviour', match: ['encrypt-then-mac'], verdict: 'bad', says: 'shall with CBC suites', section: '3.4' },
  { subject: 'behaviour', match: ['fallback-scsv'], verdict: 'bad', says: 'shall where TLS 1.3 is missing', section: '3.4' },
  { subject: 'behaviour', match: ['tls-compression'], ...SHALL_NOT, section: '3.7' },
  { subject: 'behaviour', match: ['early-data'], verdict: 'weak', says: 'should not', section: '3.6' },
  { subject: 'behaviour', match: ['certificate-sct'], verdict: 'weak', says: 'should', section: '3.4' },
]

/** Guidelines for TLS in the United States' federal administration. */
export const nistSp80052r2: Rulebook = {
  name: 'nist-sp800-52r2',
  title: 'NIST SP 800-52',
  edition: 'revision 2',
  date: '2019-08',
  source: 'https://doi.org/10.6028/NIST.SP.800-52r2',
  note: 'Tables as others have transcribed them; groups, extensions and Diffie-Hellman sizes are cited by their chapter. For servers that serve the administration only; those for citizens and businesses may keep TLS 1.0 and 1.1, which is discouraged. OCSP stapling is left out where the authority has no OCSP. The words on ML-KEM groups say only that the edition is older than they are.',
  rules: [...HANDSHAKE, ...KEYS, ...BEHAVIOUR],
}

import type { Rule, Rulebook } from '../rulebook.ts'
import { expand } from '../expand.ts'

/** Cited as a whole where nobody has looked up the section. */
const SOURCE = 'https://www.ncsc.nl/en/transport-layer-security/ICT-beveiligingsrichtlijnen-voor-TLS'

const GOOD = { verdict: 'good', says: 'good' } as const
const SUFFICIENT = { verdict: 'good', says: 'sufficient' } as const
const PHASE_OUT = { verdict: 'weak', says: 'phase out' } as const
const INSUFFICIENT = { verdict: 'bad', says: 'insufficient' } as const

const SUITES_PHASE_OUT = expand(
  'TLS_ECDHE_{ECDSA,RSA}_WITH_{CAMELLIA,ARIA}_256_{GCM,CBC}_SHA384',
  'TLS_ECDHE_{ECDSA,RSA}_WITH_{CAMELLIA,ARIA}_128_{GCM,CBC}_SHA256',
  'TLS_ECDHE_{ECDSA,RSA}_WITH_AES_256_CBC_SHA384',
  'TLS_ECDHE_{ECDSA,RSA}_WITH_AES_128_CBC_SHA256',
  'TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_DHE_RSA_WITH_{CAMELLIA,ARIA,AES}_256_GCM_SHA384',
  'TLS_DHE_RSA_WITH_{CAMELLIA,ARIA,AES}_128_GCM_SHA256',
  'TLS_DHE_RSA_WITH_CAMELLIA_{128,256}_CBC_SHA256',
  'TLS_DHE_RSA_WITH_ARIA_256_CBC_SHA384',
  'TLS_DHE_RSA_WITH_ARIA_128_CBC_SHA256',
  'TLS_DHE_RSA_WITH_AES_{128,256}_CCM',
  'TLS_DHE_RSA_WITH_AES_{128,256}_CBC_SHA256',
)

const HANDSHAKE: readonly Rule[] = [
  { subject: 'protocol', match: ['TLSv1.3'], ...GOOD, section: '3.3.1' },
  { subject: 'protocol', match: ['TLSv1.2'], ...SUFFICIENT, section: '3.3.1' },
  { subject: 'protocol', ...INSUFFICIENT, section: '3.3.1' },
  { subject: 'suite', match: { names: ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'] }, ...GOOD, section: 'appendix B' },
  {
    subject: 'suite',
    match: {
      names: expand(
        'TLS_AES_128_{GCM,CCM}_SHA256',
        'TLS_ECDHE_{ECDSA,RSA}_WITH_{CHACHA20_POLY1305_SHA256,AES_256_GCM_SHA384,AES_128_GCM_SHA256}',
        'TLS_ECDHE_ECDSA_WITH_AES_{256,128}_CCM',
      ),
    },
    ...SUFFICIENT,
    section: 'appendix B',
  },
  { subject: 'suite', match: { names: SUITES_PHASE_OUT }, ...PHASE_OUT, section: 'appendix B' },
  { subject: 'suite', ...INSUFFICIENT, section: 'appendix B' },
]

const CURVES = ['secp256r1', 'secp384r1', 'secp521r1']

const KEYS: readonly Rule[] = [
  { subject: 'group', match: { names: ['X25519MLKEM768', 'SecP256r1MLKEM768', 'SecP384r1MLKEM1024'] }, ...GOOD, section: '3.3.3' },
  {
    subject: 'group',
    match: { names: [...CURVES, 'x25519', 'x448', ...expand('brainpoolP{256,384,512}r1{,tls13}')] },
    ...SUFFICIENT,
    section: '3.3.3',
  },
  { subject: 'group', match: { names: ['secp224r1', ...expand('ffdhe{3072,4096,6144,8192}')] }, ...PHASE_OUT, section: '3.3.3' },
  { subject: 'group', ...INSUFFICIENT, section: '3.3.3' },
  { subject: 'dh', match: { primes: expand('ffdhe{3072,4096,6144,8192}') }, ...PHASE_OUT, section: '3.3.3.1' },
  { subject: 'dh', ...INSUFFICIENT, section: '3.3.3.1' },
  { subject: 'signature', match: /_(?:md5|sha1)$|^dsa_|^gost|^sm2|ibs|^eccsi/, ...INSUFFICIENT, section: '3.3.5' },
  { subject: 'signature', match: /_sha224$/, ...PHASE_OUT, section: '3.3.5' },
  { subject: 'signature', ...GOOD, section: '3.3.5' },
  { subject: 'certificate-key', match: { types: ['RSA', 'RSA-PSS'], belowBits: 2048 }, ...INSUFFICIENT, section: '3.3.2.1' },
  { subject: 'certificate-key', match: { types: ['RSA', 'RSA-PSS'], belowBits: 3072 }, ...PHASE_OUT, section: '3.3.2.1' },
  { subject: 'certificate-key', match: { types: ['RSA', 'RSA-PSS', 'Ed25519', 'Ed448'] }, ...SUFFICIENT, section: '3.3.2.1' },
  { subject: 'certificate-key', match: { curves: [...CURVES, ...expand('brainpoolP{256,384,512}r1')] }, ...SUFFICIENT, section: '3.3.2.1' },
  { subject: 'certificate-key', match: { curves: ['secp224r1'] }, ...PHASE_OUT, section: '3.3.2.1' },
  { subject: 'certificate-key', ...INSUFFICIENT, section: '3.3.2.1' },
  { subject: 'certificate-hash', match: ['SHA-256', 'SHA-384', 'SHA-512', 'none'], ...GOOD, section: '3.3.5' },
  { subject: 'certificate-hash', match: ['SHA-224'], ...PHASE_OUT, section: '3.3.5' },
  { subject: 'certificate-hash', ...INSUFFICIENT, section: '3.3.5' },
]

const BEHAVIOUR: readonly Rule[] = [
  { subject: 'behaviour', match: ['suite-order'], verdict: 'weak', says: 'strong suites first', section: SOURCE },
  { subject: 'behaviour', match: ['tls-compression'], ...INSUFFICIENT, section: SOURCE },
  { subject: 'behaviour', match: ['secure-renegotiation'], ...INSUFFICIENT, section: '3.4.2' },
  { subject: 'behaviour', match: ['client-renegotiation'], verdict: 'weak', says: 'phase out unless limited', section: '3.4.2' },
  { subject: 'behaviour', match: ['early-data'], ...INSUFFICIENT, section: SOURCE },
  { subject: 'behaviour', match: ['extended-master-secret'], verdict: 'bad', says: 'required', section: SOURCE },
]

/** The guidelines of the Dutch National Cyber Security Centre, which Internet.nl tests. */
export const ncscNl: Rulebook = {
  name: 'ncsc-nl',
  title: 'NCSC-NL, security guidelines for TLS',
  edition: '2025-05',
  date: '2025-05',
  source: SOURCE,
  note: 'As Internet.nl 1.11 tests it, with the sections that it names; where it names none, the guidelines are cited as a whole. `good` and `sufficient` both pass. A brainpool group in its form for TLS 1.3 is taken for the same curve.',
  rules: [...HANDSHAKE, ...KEYS, ...BEHAVIOUR],
}

import type { Rule, Rulebook } from '../rulebook.ts'
import { expand } from '../expand.ts'

const RECOMMENDED = { verdict: 'good', says: 'recommended' } as const
const NOT_RECOMMENDED = { verdict: 'bad', says: 'not recommended' } as const
const GCM = 'AES_128_GCM_SHA256,AES_256_GCM_SHA384'
const CBC = 'AES_128_CBC_SHA256,AES_256_CBC_SHA384'
const CBC_DH = 'AES_128_CBC_SHA256,AES_256_CBC_SHA256'

/** Recommended to the end of a year, on a condition or without one. */
function until(year: number, condition = ''): { verdict: 'good'; says: string; until: string } {
  return { verdict: 'good', says: `recommended until ${year}${condition}`, until: `${year}-12-31` }
}

/** For special cases to the end of a year: what is allowed where the usual suites are out of question. */
function special(year: number, what: string): { verdict: 'weak'; says: string; until: string } {
  return { verdict: 'weak', says: `for special cases until ${year}, ${what}`, until: `${year}-12-31` }
}

const WITH_ETM = ' with encrypt-then-MAC'

const SUITES: readonly Rule[] = [
  {
    subject: 'suite',
    match: { names: expand('TLS_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,AES_128_CCM_SHA256}') },
    ...RECOMMENDED,
    section: '3.4.4',
  },
  {
    subject: 'suite',
    match: { names: expand(`TLS_ECDHE_{ECDSA,RSA}_WITH_{${GCM}}`, 'TLS_ECDHE_ECDSA_WITH_AES_{128,256}_CCM') },
    ...until(2031),
    section: '3.3.1.1',
  },
  { subject: 'suite', match: { names: expand(`TLS_ECDHE_{ECDSA,RSA}_WITH_{${CBC}}`) }, ...until(2031, WITH_ETM), section: '3.3.1.1' },
  {
    subject: 'suite',
    match: { names: expand(`TLS_DHE_{DSS,RSA}_WITH_{${GCM}}`, 'TLS_DHE_RSA_WITH_AES_{128,256}_CCM') },
    ...until(2029),
    section: '3.3.1.1',
  },
  { subject: 'suite', match: { names: expand(`TLS_DHE_{DSS,RSA}_WITH_{${CBC_DH}}`) }, ...until(2029, WITH_ETM), section: '3.3.1.1' },
  {
    subject: 'suite',
    match: { names: expand(`TLS_ECDH_{ECDSA,RSA}_WITH_{${GCM},${CBC}}`, `TLS_DH_{DSS,RSA}_WITH_{${GCM},${CBC_DH}}`) },
    ...special(2026, 'without forward secrecy'),
    section: '3.3.1.2',
  },
  {
    subject: 'suite',
    match: { names: expand(`TLS_ECDHE_PSK_WITH_{${GCM},${CBC}}`, 'TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256') },
    ...special(2031, 'with a pre-shared key'),
    section: '3.3.1.3',
  },
  {
    subject: 'suite',
    match: { names: expand(`TLS_DHE_PSK_WITH_{${GCM},${CBC}}`, 'TLS_DHE_PSK_WITH_AES_{128,256}_CCM') },
    ...special(2029, 'with a pre-shared key'),
    section: '3.3.1.3',
  },
  {
    subject: 'suite',
    match: { names: expand(`TLS_RSA_PSK_WITH_{${GCM},${CBC}}`) },
    ...special(2026, 'with a pre-shared key, without forward secrecy'),
    section: '3.3.1.3',
  },
  { subject: 'suite', ...NOT_RECOMMENDED, section: '3.3.1 and 3.4.4' },
]

const FINITE_FIELD_AND_RSA = { types: ['RSA', 'RSA-PSS', 'DSA', 'DH'] } as const

const KEYS: readonly Rule[] = [
  {
    subject: 'group',
    match: { names: expand('secp{256,384,521}r1', 'brainpoolP{256,384,512}r1{,tls13}', 'ffdhe{3072,4096}') },
    ...until(2031),
    section: '3.3.2 and 3.4.2',
  },
  { subject: 'group', match: { kinds: ['hybrid', 'kem'] }, verdict: 'weak', says: 'not listed in this edition', section: '3.4.2' },
  { subject: 'group', verdict: 'bad', says: 'not listed', section: '3.3.2 and 3.4.2' },
  { subject: 'dh', match: { belowBits: 3000 }, verdict: 'bad', says: 'at least 3000 bits', section: '3.6.1' },
  { subject: 'dh', verdict: 'good', says: 'at least 3000 bits', section: '3.6.1' },
  { subject: 'signature', match: /^rsa_pss_(?:rsae|pss)_sha(?:256|384|512)$/, ...RECOMMENDED, section: '3.3.3 and 3.4.3' },
  { subject: 'signature', match: /^ecdsa_(?:secp|brainpool).*_sha(?:256|384|512)$/, ...RECOMMENDED, section: '3.3.3 and 3.4.3' },
  { subject: 'signature', match: /^rsa_pkcs1_sha(?:256|384|512)$/, ...until(2025), section: '3.3.3' },
  { subject: 'signature', match: /^dsa_sha(?:256|384|512)$/, ...until(2029), section: '3.3.3' },
  { subject: 'signature', ...NOT_RECOMMENDED, section: '3.3.3 and 3.4.3' },
  {
    subject: 'certificate-key',
    match: { ...FINITE_FIELD_AND_RSA, belowBits: 3000 },
    verdict: 'bad',
    says: 'at least 3000 bits',
    section: '3.6.1',
  },
  { subject: 'certificate-key', match: { types: ['DSA'] }, ...until(2029), section: '3.6.1' },
  { subject: 'certificate-key', match: FINITE_FIELD_AND_RSA, verdict: 'good', says: 'at least 3000 bits', section: '3.6.1' },
  { subject: 'certificate-key', match: { types: ['ECDSA'], belowBits: 250 }, verdict: 'bad', says: 'at least 250 bits', section: '3.6.1' },
  { subject: 'certificate-key', match: { types: ['ECDSA'] }, verdict: 'good', says: 'at least 250 bits', section: '3.6.1' },
  { subject: 'certificate-key', ...NOT_RECOMMENDED, section: '3.6.1' },
  { subject: 'certificate-hash', match: ['SHA-256', 'SHA-384', 'SHA-512'], ...RECOMMENDED, section: '3.4.3' },
  { subject: 'certificate-hash', ...NOT_RECOMMENDED, section: '3.4.3' },
]

const BEHAVIOUR: readonly Rule[] = [
  { subject: 'behaviour', match: ['secure-renegotiation'], verdict: 'weak', says: 'recommended', section: '3.3.4.1' },
  { subject: 'behaviour', match: ['client-renegotiation'], verdict: 'weak', says: 'should be refused', section: '3.3.4.1' },
  { subject: 'behaviour', match: ['truncated-hmac'], verdict: 'weak', says: 'not recommended', section: '3.3.4.2' },
  { subject: 'behaviour', match: ['tls-compression'], verdict: 'weak', says: 'not recommended', section: '3.3.4.3' },
  { subject: 'behaviour', match: ['encrypt-then-mac'], verdict: 'weak', says: 'recommended', section: '3.3.4.5' },
  { subject: 'behaviour', match: ['heartbeat'], verdict: 'weak', says: 'not recommended', section: '3.3.4.6' },
  { subject: 'behaviour', match: ['extended-master-secret'], verdict: 'weak', says: 'recommended', section: '3.3.4.7' },
  { subject: 'behaviour', match: ['early-data'], verdict: 'weak', says: 'not recommended', section: '3.4.1' },
]

/** The technical guideline of Germany's Federal Office for Information Security. */
export const bsiTr021022: Rulebook = {
  name: 'bsi-tr-02102-2',
  title: 'BSI TR-02102-2',
  edition: '2026-01',
  date: '2026-01',
  source: 'https://www.bsi.bund.de/SharedDocs/Downloads/DE/BSI/Publikationen/TechnischeRichtlinien/TR02102/BSI-TR-02102-2.html',
  note: 'Tables as others have transcribed them, section numbers held against a text of an earlier edition. It recommends no certificates signed with PKCS #1 v1.5 after 2025 either, which is not judged here, since public authorities go on making them. It lists no hybrid groups yet and means to list those of P-256 and P-384 with ML-KEM; classical key agreement alone ends with 2031.',
  rules: [
    { subject: 'protocol', match: ['TLSv1.3'], ...RECOMMENDED, section: '3.2' },
    { subject: 'protocol', match: ['TLSv1.2'], ...until(2031), section: '3.2' },
    { subject: 'protocol', ...NOT_RECOMMENDED, section: '3.2' },
    ...SUITES,
    ...KEYS,
    ...BEHAVIOUR,
  ],
}

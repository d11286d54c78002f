import type { Rule, Rulebook } from '../rulebook.ts'
import { expand } from '../expand.ts'

const RECOMMENDED = { verdict: 'good', says: 'recommended' } as const
const NOT_RECOMMENDED = { verdict: 'bad', says: 'not recommended' } as const
const AES_SUITES = '{AES_128_CBC_SHA256,AES_256_CBC_SHA384,AES_128_GCM_SHA256,AES_256_GCM_SHA384}'
const AES_SUITES_DH = '{AES_128_CBC_SHA256,AES_256_CBC_SHA256,AES_128_GCM_SHA256,AES_256_GCM_SHA384}'

const HANDSHAKE: readonly Rule[] = [
  { subject: 'protocol', match: ['TLSv1.2', 'TLSv1.3'], ...RECOMMENDED, section: '3.2' },
  { subject: 'protocol', ...NOT_RECOMMENDED, section: '3.2' },
  {
    subject: 'suite',
    match: { names: expand('TLS_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,AES_128_CCM_SHA256}') },
    ...RECOMMENDED,
    section: '3.4',
  },
  {
    subject: 'suite',
    match: { names: expand(`TLS_ECDHE_{ECDSA,RSA}_WITH_${AES_SUITES}`, 'TLS_ECDHE_ECDSA_WITH_AES_{128,256}_CCM') },
    ...RECOMMENDED,
    section: '3.3.1',
  },
  {
    subject: 'suite',
    match: { names: expand(`TLS_DHE_{DSS,RSA}_WITH_${AES_SUITES_DH}`, 'TLS_DHE_RSA_WITH_AES_{128,256}_CCM') },
    verdict: 'good',
    says: 'recommended until 2029',
    section: '3.3.1',
    until: '2029-12-31',
  },
  {
    subject: 'suite',
    match: { names: expand(`TLS_ECDH_{ECDSA,RSA}_WITH_${AES_SUITES}`, `TLS_DH_{DSS,RSA}_WITH_${AES_SUITES_DH}`) },
    verdict: 'weak',
    says: 'for special cases, without forward secrecy',
    section: '3.3.1',
  },
  {
    subject: 'suite',
    match: {
      names: expand(
        `TLS_{ECDHE_PSK,DHE_PSK,RSA_PSK}_WITH_${AES_SUITES}`,
        'TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256',
        'TLS_DHE_PSK_WITH_AES_{128,256}_CCM',
      ),
    },
    verdict: 'weak',
    says: 'for special cases, with a pre-shared key',
    section: '3.3.1',
  },
  { subject: 'suite', ...NOT_RECOMMENDED, section: '3.3.1' },
]

const SIGNATURES = /^(?:rsa_pss_(?:rsae|pss)|ecdsa_(?:secp|brainpool).*?|rsa_pkcs1|dsa)_sha(?:256|384|512)$/

const KEYS: readonly Rule[] = [
  {
    subject: 'group',
    match: { names: expand('secp{256,384,521}r1', 'brainpoolP{256,384,512}r1{,tls13}', 'ffdhe{3072,4096}') },
    ...RECOMMENDED,
    section: '3.3.2 and 3.4.2',
  },
  { subject: 'group', match: { kinds: ['hybrid', 'kem'] }, verdict: 'weak', says: 'not listed in this edition', section: '3.4.2' },
  { subject: 'group', verdict: 'bad', says: 'not listed', section: '3.3.2 and 3.4.2' },
  { subject: 'dh', match: { belowBits: 3000 }, verdict: 'bad', says: 'at least 3000 bits', section: '3.6' },
  { subject: 'dh', verdict: 'good', says: 'at least 3000 bits', section: '3.6' },
  { subject: 'signature', match: SIGNATURES, ...RECOMMENDED, section: '3.3.3 and 3.4.3' },
  { subject: 'signature', ...NOT_RECOMMENDED, section: '3.3.3 and 3.4.3' },
  {
    subject: 'certificate-key',
    match: { types: ['RSA', 'RSA-PSS', 'DSA', 'DH'], belowBits: 3000 },
    verdict: 'bad',
    says: 'at least 3000 bits',
    section: '3.6',
  },
  {
    subject: 'certificate-key',
    match: { types: ['RSA', 'RSA-PSS', 'DSA', 'DH'] },
    verdict: 'good',
    says: 'at least 3000 bits',
    section: '3.6',
  },
  { subject: 'certificate-key', match: { types: ['ECDSA'], belowBits: 250 }, verdict: 'bad', says: 'at least 250 bits', section: '3.6' },
  { subject: 'certificate-key', match: { types: ['ECDSA'] }, verdict: 'good', says: 'at least 250 bits', section: '3.6' },
  { subject: 'certificate-key', ...NOT_RECOMMENDED, section: '3.6' },
  { subject: 'certificate-hash', match: ['SHA-256', 'SHA-384', 'SHA-512'], ...RECOMMENDED, section: '3.4.3' },
  { subject: 'certificate-hash', ...NOT_RECOMMENDED, section: '3.4.3' },
]

const BEHAVIOUR: readonly Rule[] = [
  { subject: 'behaviour', match: ['secure-renegotiation'], verdict: 'weak', says: 'recommended', section: '3.3.4' },
  { subject: 'behaviour', match: ['client-renegotiation'], verdict: 'weak', says: 'should be refused', section: '3.3.4' },
  {
    subject: 'behaviour',
    match: ['truncated-hmac', 'tls-compression', 'heartbeat'],
    verdict: 'weak',
    says: 'not recommended',
    section: '3.3.4',
  },
  { subject: 'behaviour', match: ['encrypt-then-mac', 'extended-master-secret'], verdict: 'weak', says: 'recommended', section: '3.3.4' },
  { subject: 'behaviour', match: ['early-data'], verdict: 'weak', says: 'not recommended', section: '3.4' },
]

/** The technical guideline of Germany's Federal Office for Information Security. */
export const bsiTr021022: Rulebook = {
  name: 'bsi-tr-02102-2',
  title: 'BSI TR-02102-2',
  edition: '2025-01',
  date: '2025-01',
  source: 'https://www.bsi.bund.de/SharedDocs/Downloads/DE/BSI/Publikationen/TechnischeRichtlinien/TR02102/BSI-TR-02102-2.html',
  note: 'Lists as in TLS-Scanner, section numbers without certainty. There is an edition 2026-01, known only at second hand: TLS 1.2 until 2031, DHE and DSA until 2029 (this year is used here), PKCS#1 v1.5 signatures deprecated, classical key agreement alone until 2031; its list of groups was not at hand.',
  rules: [...HANDSHAKE, ...KEYS, ...BEHAVIOUR],
}

import type { Rule, Rulebook } from '../rulebook.ts'

const STRONG = { verdict: 'good', says: 'strong cryptography' } as const
const NOT_STRONG = { verdict: 'bad', says: 'not strong cryptography' } as const
const STRENGTH = 'appendix G, strong cryptography'

const HANDSHAKE: readonly Rule[] = [
  { subject: 'protocol', match: ['TLSv1.2', 'TLSv1.3'], verdict: 'good', says: 'secure version', section: '4.2.1' },
  { subject: 'protocol', verdict: 'bad', says: 'insecure version', section: '4.2.1' },
  {
    subject: 'suite',
    match: { any: ['null', 'anonymous', 'export', 'rc4', 'below-112', 'sslv2', 'unknown'] },
    ...NOT_STRONG,
    section: STRENGTH,
  },
  {
    subject: 'suite',
    match: { any: ['64-bit-block', 'below-128'] },
    verdict: 'weak',
    says: 'just 112 bits, and scanners fail it for CVE-2016-2183',
    section: STRENGTH,
  },
  { subject: 'suite', ...STRONG, section: STRENGTH },
  { subject: 'group', match: { belowStrength: 112 }, ...NOT_STRONG, section: STRENGTH },
  { subject: 'group', ...STRONG, section: STRENGTH },
  { subject: 'dh', match: { belowBits: 2048 }, ...NOT_STRONG, section: STRENGTH },
  { subject: 'dh', ...STRONG, section: STRENGTH },
  { subject: 'signature', match: /_(?:md5|sha1)$/, ...NOT_STRONG, section: STRENGTH },
  { subject: 'signature', ...STRONG, section: STRENGTH },
]

const CERTIFICATES: readonly Rule[] = [
  { subject: 'certificate-key', match: { types: ['RSA', 'RSA-PSS', 'DSA', 'DH'], belowBits: 2048 }, ...NOT_STRONG, section: STRENGTH },
  { subject: 'certificate-key', match: { types: ['ECDSA'], belowBits: 224 }, ...NOT_STRONG, section: STRENGTH },
  { subject: 'certificate-key', ...STRONG, section: STRENGTH },
  { subject: 'certificate-hash', match: ['MD2', 'MD5', 'SHA-1', 'unknown'], ...NOT_STRONG, section: STRENGTH },
  { subject: 'certificate-hash', ...STRONG, section: STRENGTH },
  {
    subject: 'behaviour',
    match: ['certificate-expired', 'certificate-revoked'],
    verdict: 'bad',
    says: 'not expired or revoked',
    section: '4.2.1',
  },
  {
    subject: 'behaviour',
    match: ['certificate-trust', 'certificate-self-signed'],
    verdict: 'bad',
    says: 'only trusted certificates',
    section: '4.2.1',
  },
  {
    subject: 'behaviour',
    match: ['secure-renegotiation', 'tls-compression', 'heartbleed', 'ccs-injection', 'ticketbleed', 'robot', 'starttls-injection'],
    verdict: 'bad',
    says: 'insecure implementation',
    section: '4.2.1',
  },
  { subject: 'behaviour', match: ['starttls'], verdict: 'bad', says: 'no fallback to insecure use', section: '4.2.1' },
]

/** The standard of the payment card industry. It names no algorithms: the rows say what its words come down to. */
export const pciDss: Rulebook = {
  name: 'pci-dss',
  title: 'PCI DSS',
  edition: '4.0.1',
  date: '2024-06',
  source: 'https://www.pcisecuritystandards.org/document_library/',
  note: 'Requirements 2.2.7, 4.2.1 and appendix G ask for strong cryptography of at least 112 bits and secure versions; which ones those are is Postern’s reading. 4.2.1.1 and 12.3.3 ask for inventories: an audit report is one.',
  rules: [...HANDSHAKE, ...CERTIFICATES],
}

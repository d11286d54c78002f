import type { CertificatePosture } from './posture.ts'

/** What a certificate is called in a sentence: its subject, or where that is empty (RFC 5280 §4.1.2.6) the first of its names. */
export function certificateTitle({ subject, names }: Pick<CertificatePosture, 'subject' | 'names'>): string {
  return subject === '' ? (names[0] ?? 'a certificate without a name') : subject
}

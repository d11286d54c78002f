import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** What `certificates/make.sh` has made, by name. */

/** All of them are valid then; the responses that end have not ended. */
export const NOW: Date = new Date('2026-11-25T12:00:00Z')

export function pemOf(name: string): string {
  return readFileSync(new URL(`certificates/${name}.pem`, import.meta.url), 'latin1')
}

export function derOf(name: string): Uint8Array {
  return new X509Certificate(pemOf(name)).raw
}

/** An OCSPResponse in DER. */
export function responseOf(name: string): Uint8Array {
  return readFileSync(new URL(`certificates/${name}.der`, import.meta.url))
}

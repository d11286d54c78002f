/**
 * The generations of OpenSSL whose cipher-list language differs. Each stands for a default build of its last releases:
 * 1.0.2s (also 1.0.2g and later), 1.1.1w, 3.0.20 (also 3.1) and 3.5.6 (also 3.2 to 3.6).
 */
export type OpensslGeneration = '1.0.2' | '1.1.1' | '3.0' | '3.5'

/** Oldest first. */
export const OPENSSL_GENERATIONS: readonly OpensslGeneration[] = ['1.0.2', '1.1.1', '3.0', '3.5']

/** Is `generation` at least as new as `since`? */
export function isSince(generation: OpensslGeneration, since: OpensslGeneration): boolean {
  return OPENSSL_GENERATIONS.indexOf(generation) >= OPENSSL_GENERATIONS.indexOf(since)
}

/** What the word DEFAULT at the start of a list stands for. */
export function defaultList(generation: OpensslGeneration): string {
  return generation === '1.0.2' ? 'ALL:!EXPORT:!LOW:!aNULL:!eNULL:!SSLv2' : 'ALL:!COMPLEMENTOFDEFAULT:!eNULL'
}

/** The security level of a build without options: Debian and others raise it to 2. undefined: there are no levels yet. */
export function defaultSecurityLevel(generation: OpensslGeneration): number | undefined {
  if (generation === '1.0.2') return undefined
  return generation === '3.5' ? 2 : 1
}

/** TLS 1.3 suites stand before every list and are set elsewhere (`ciphersuites`). */
export function tls13Suites(generation: OpensslGeneration): readonly number[] {
  return generation === '1.0.2' ? [] : [0x1302, 0x1303, 0x1301]
}

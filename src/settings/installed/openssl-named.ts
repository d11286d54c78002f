import type { OpensslGeneration } from '../../policy/index.ts'
import type { Ask } from '../adapter.ts'
import { compareVersions } from '../versions.ts'

/** The generation of the first OpenSSL that a text names, such as `OpenSSL 3.0.19 27 Jan 2026`. LibreSSL and others are none. */
export function opensslNamed(text: string): OpensslGeneration | undefined {
  const version = /\bOpenSSL (\d+\.\d+\.\d+)/.exec(text)?.[1]
  if (version === undefined || compareVersions(version, '1.0.0') < 0) return undefined
  if (compareVersions(version, '1.1') < 0) return '1.0.2'
  if (compareVersions(version, '3') < 0) return '1.1.1'
  return compareVersions(version, '3.2') < 0 ? '3.0' : '3.5'
}

/** The library of the system, for a product that does not say which one it has: a program beside it. */
export function opensslOfSystem(ask: Ask, product: string): OpensslGeneration | undefined {
  const { text, by } = ask.run('openssl', 'version') ?? { text: '', by: '' }
  const local = (program: string): boolean => program.startsWith('/usr/local/')
  if (local(product) !== local(by)) return undefined
  // The command may be newer or older than the library that it was loaded with.
  return opensslNamed(/\(Library: (.*)\)/.exec(text)?.[1] ?? text)
}

/** What OpenSSL and the others that take its place say before what they were built with or run with. */
export function opensslRunning(text: string): OpensslGeneration | undefined {
  const running = /(?:running with|[Rr]unning on OpenSSL version\s*:)\s*(\S.*)/.exec(text)?.[1]
  return opensslNamed(running ?? text)
}

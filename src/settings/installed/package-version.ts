import type { Ask, Installed } from '../adapter.ts'
import { opensslOfSystem } from './openssl-named.ts'

/** What the package of a program says that does not tell its version itself: Debian's and Red Hat's tools are asked, in this order. */
export function packageInstalled(ask: Ask, name: string): Installed | undefined {
  const answer = ask.run('dpkg-query', '-W', '-f', '${Version}', name) ?? ask.run('rpm', '-q', '--qf', '%{VERSION}-%{RELEASE}', name)
  const version = /^\d+(?:\.\d+)+\S*$/.exec(answer?.text.trim() ?? '')?.[0]
  if (answer === undefined || version === undefined) return undefined
  const openssl = opensslOfSystem(ask, answer.by)
  return { version, by: answer.by, ...(openssl === undefined ? {} : { openssl }) }
}

import { looksLikeGnutls, type OpensslGeneration } from '../../policy/index.ts'
import type { ReadMore, ReadOptions } from '../adapter.ts'
import { suitesOfList } from '../openssl/openssl-list.ts'
import type { SettingsFile } from '../settings-file.ts'
import { configOf, type Config } from './config.ts'
import { debianRole, type DebianRole } from './debian-role.ts'
import { readSources, type Sources } from './debian.ts'
import type { Library } from './macros.ts'
import { NEWEST } from './defaults.ts'

/** Which TLS library this Exim was built with, and how that is known. */
export interface Build {
  readonly library: Library
  readonly from: 'told' | 'file' | 'assumed'
}

/** A configuration, and the program that reads it. */
export interface Setup {
  readonly config: Config
  readonly build: Build
  readonly version: string
  readonly openssl: OpensslGeneration
  readonly role: DebianRole
  readonly sources: Omit<Sources, 'lines'>
  readonly more: ReadMore
}

export function setupOf(file: SettingsFile, options: ReadOptions): Setup {
  const role = debianRole(file)
  const told = libraryTold(options)
  const first = readSources(file, told, options)
  const shown = told === undefined ? libraryShown(configOf(first.lines)) : undefined
  const library = told ?? shown ?? (role.debian ? 'gnutls' : 'openssl')
  const again = told === undefined && first.lines.macros.askedLibrary
  const { lines, ...sources } = again ? readSources(file, library, options) : first
  return {
    config: configOf(lines),
    build: { library, from: told !== undefined ? 'told' : shown !== undefined ? 'file' : 'assumed' },
    version: /\d+(?:\.\d+)+/.exec(options.version ?? '')?.[0] ?? NEWEST,
    openssl: options.openssl ?? '3.5',
    role,
    sources,
    more: options.more ?? (() => undefined),
  }
}

function libraryTold({ openssl, version }: ReadOptions): Library | undefined {
  if (openssl !== undefined) return 'openssl'
  const named = /gnutls|openssl/i.exec(version ?? '')?.[0].toLowerCase()
  return named === 'gnutls' || named === 'openssl' ? named : undefined
}

/** An Exim with GnuTLS does not start with `openssl_options`; and each library has a language of its own for its lists. */
function libraryShown({ main, transports }: Config): Library | undefined {
  const sure = (name: string): readonly string[] =>
    [main, ...transports].flatMap(({ options }) =>
      (options.get(name) ?? []).filter(({ doubt }) => doubt === undefined).map(({ text }) => text),
    )
  if (sure('openssl_options').length > 0) return 'openssl'
  for (const list of sure('tls_require_ciphers')) {
    if (looksLikeGnutls(list)) return 'gnutls'
    if (list !== '' && !/[$\\]/.test(list) && suitesOfList(list.replaceAll('_', '-'), { generation: '3.5' }).suites.length > 0)
      return 'openssl'
  }
  return undefined
}

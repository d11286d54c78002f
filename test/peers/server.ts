/** What a test server is, and how the general settings are told to it. */
import type { ProtocolName } from '../../src/registry/index.ts'
import type { ChainShape, DhName, LeafFiles, LeafName } from './certificates.ts'
import type { PackageName } from './packages.ts'
import type { Run } from './run.ts'

/**
 * TLS settings in general terms. A server takes those that its own settings file can express; what is left out stays as
 * the program has it by itself.
 */
export interface TlsSettings {
  /** Exactly these. */
  readonly protocols: readonly ProtocolName[]
  /**
   * Suites up to TLS 1.2 in the language of the program's TLS library: OpenSSL cipher list, GnuTLS priority string
   * (`protocols` are appended to it), JSSE names, NSS numbers.
   */
  readonly ciphers: string
  /** TLS 1.3 suites by IANA name, separated by colons. */
  readonly ciphersuites: string
  /** Level of OpenSSL, appended to `ciphers`. */
  readonly securityLevel: 0 | 1 | 2 | 3
  /** In the order of preference, by OpenSSL's names. */
  readonly groups: readonly string[]
  readonly dh: DhName
  /** Who decides which of the shared suites is used. */
  readonly order: 'server' | 'client'
  /** `rsa` when left out. */
  readonly certificates: readonly LeafName[]
  readonly chain: ChainShape
}

/** The settings that one server takes, all of them optional. */
export type Settings<K extends keyof TlsSettings, Own = unknown> = Partial<Pick<TlsSettings, K>> & Partial<Own>

/** Where one server lives: a folder of its own in the system's place for temporary files. */
export interface Site {
  readonly folder: string
  /** This process is root: programs that insist on it may run, and others must be told to accept it. */
  readonly root: boolean
  readonly port: () => Promise<number>
  /** Writes a file below `folder` and gives its whole path. */
  readonly write: (name: string, text: string, mode?: number) => string
  /** Makes a directory below `folder` and gives its whole path. */
  readonly directory: (name: string) => string
  /** Copies of the certificates that the settings ask for. */
  readonly leaves: (settings: Settings<'certificates' | 'chain'>) => readonly LeafFiles[]
  /** A copy of the parameters, or undefined when the settings ask for none. */
  readonly dh: (settings: Settings<'dh'>) => string | undefined
  /** The root certificate. */
  readonly authority: string
}

/** What is to be started, and where it then answers. */
export interface Plan<Door extends string> {
  readonly runs: readonly Run[]
  readonly doors: Readonly<Record<Door, number>>
  /** Files that the programs write beside their output. */
  readonly logs?: readonly string[]
  /** Ends what was begun in this process while planning. */
  readonly stop?: () => Promise<void>
}

/** One kind of server that can be started. */
export interface Server<S, Door extends string> {
  readonly packages: readonly PackageName[]
  /** The program insists on changing users or on `chroot`. */
  readonly needsRoot?: boolean
  /** Why it cannot be started here although its packages are there. */
  readonly missing?: () => string | false
  readonly plan: (settings: S, site: Site) => Promise<Plan<Door>>
}

/** Versions that OpenSSL and GnuTLS of today still know. */
const KNOWN: readonly ProtocolName[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

/** Those of TLS 1.0 to 1.3 that the settings do not want. */
export function unwanted(protocols: readonly ProtocolName[]): readonly ProtocolName[] {
  return KNOWN.filter((protocol) => !protocols.includes(protocol))
}

/**
 * The lowest and the highest version.
 *
 * @throws {Error} when none of them is known.
 */
export function span(protocols: readonly ProtocolName[]): readonly [lowest: ProtocolName, highest: ProtocolName] {
  const wanted = KNOWN.filter((protocol) => protocols.includes(protocol))
  const [lowest] = wanted
  const highest = wanted.at(-1)
  if (lowest === undefined || highest === undefined) throw new Error(`Cannot set protocols ${protocols.join(' ')}: none of them is known`)
  return [lowest, highest]
}

/**
 * The lowest and the highest version, for programs that know no other way to say it.
 *
 * @throws {Error} when the versions between them are not all wanted.
 */
export function range(protocols: readonly ProtocolName[]): readonly [lowest: ProtocolName, highest: ProtocolName] {
  const [lowest, highest] = span(protocols)
  const between = KNOWN.slice(KNOWN.indexOf(lowest), KNOWN.indexOf(highest))
  if (!between.every((protocol) => protocols.includes(protocol)))
    throw new Error(`Cannot set protocols ${protocols.join(' ')}: this program takes a range without holes`)
  return [lowest, highest]
}

/** The cipher list with the security level in it, or undefined when the settings say nothing. */
export function opensslCiphers({ ciphers, securityLevel }: Settings<'ciphers' | 'securityLevel'>): string | undefined {
  if (securityLevel === undefined) return ciphers
  return `${ciphers ?? 'DEFAULT'}:@SECLEVEL=${securityLevel}`
}

/** The priority string with the versions in it, or undefined when the settings say nothing. */
export function gnutlsPriority({ ciphers, protocols }: Settings<'ciphers' | 'protocols'>): string | undefined {
  if (protocols === undefined) return ciphers
  const versions = protocols.map((protocol) => `+VERS-${protocol.replace(/v1$/, 'v1.0').replace('v', '')}`)
  return [ciphers ?? 'NORMAL', '-VERS-ALL', ...versions].join(':')
}

/** `lines` without those whose setting was not given: the way most settings files are written here. */
export function lines(...given: readonly (string | undefined | false)[]): string {
  return given.filter((line) => typeof line === 'string').join('\n') + '\n'
}

/** `line(value)`, or undefined when there is no value. */
export function when<T, L>(value: T | undefined, line: (value: T) => L): L | undefined {
  return value === undefined ? undefined : line(value)
}

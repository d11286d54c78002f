import type { ProtocolName } from '../../registry/index.ts'
import type { ReadOptions, Reading } from '../adapter.ts'
import { compareVersions } from '../versions.ts'
import type { Statement } from './statements.ts'

/** The newest version that the defaults below were read for. */
export const NEWEST = '3.0.5'

/** Red Hat builds vsftpd with settings of its own, which no other build knows. */
export type Build = 'own' | 'Red Hat'

export interface Version {
  readonly reading: Reading['version']
  readonly number: string
  readonly build: Build
}

const RED_HAT_NAMES = ['ssl_tlsv1_1', 'ssl_tlsv1_2', 'ssl_tlsv1_3', 'dh_param_file', 'ecdh_param_file']
const NEWER_NAMES = ['ssl_tlsv11', 'ssl_tlsv12', 'ssl_tlsv13', 'ssl_sni_hostname']

/** A release such as `3.0.3-35.el8` is Red Hat's; a file tells by names that one build alone knows. */
export function versionOf({ version }: ReadOptions, statements: readonly Statement[]): Version {
  const named = (names: readonly string[]): boolean => statements.some(({ name }) => names.includes(name))
  const build = (version === undefined ? named(RED_HAT_NAMES) : /\.(?:el|fc)\d/.test(version) || named(RED_HAT_NAMES)) ? 'Red Hat' : 'own'
  const text = `vsftpd ${version ?? NEWEST}${build === 'own' ? '' : ', built by Red Hat'}`
  if (version !== undefined) return { reading: { text, from: 'told' }, number: version, build }
  const from = build === 'Red Hat' || named(NEWER_NAMES) ? 'file' : 'assumed'
  return { reading: { text, from }, number: NEWEST, build }
}

/** A setting that turns one protocol on or off. Without a default: packages of this build differ. */
export interface Switch {
  readonly protocol: ProtocolName
  readonly setting: string
  readonly byDefault: boolean | undefined
}

const turn = (protocol: ProtocolName, setting: string, byDefault?: boolean): Switch => ({ protocol, setting, byDefault })

const OLD: readonly Switch[] = [turn('SSLv3', 'ssl_sslv3', false), turn('TLSv1', 'ssl_tlsv1', true)]
const NEW: readonly Switch[] = [
  turn('SSLv3', 'ssl_sslv3', false),
  turn('TLSv1', 'ssl_tlsv1', false),
  turn('TLSv1.1', 'ssl_tlsv11', false),
  turn('TLSv1.2', 'ssl_tlsv12', true),
  turn('TLSv1.3', 'ssl_tlsv13', true),
]
/** TLS 1.0 and 1.1 were on at first, and off since December 2017; `ssl_tlsv1_3` came later still. */
const RED_HAT: readonly Switch[] = [
  turn('SSLv3', 'ssl_sslv3', false),
  turn('TLSv1', 'ssl_tlsv1'),
  turn('TLSv1.1', 'ssl_tlsv1_1'),
  turn('TLSv1.2', 'ssl_tlsv1_2', true),
]

/** The switches that this version has. What has none is on as far as OpenSSL speaks it. */
export function switchesOf({ number, build }: Version, statements: readonly Statement[]): readonly Switch[] {
  if (build === 'own') return compareVersions(number, '3.0.4') < 0 ? OLD : NEW
  return statements.some(({ name }) => name === 'ssl_tlsv1_3') ? [...RED_HAT, turn('TLSv1.3', 'ssl_tlsv1_3', true)] : RED_HAT
}

/** Names that this version would not start with although others know them. */
export function strangeNames(version: Version): readonly string[] {
  if (version.build === 'Red Hat') return NEWER_NAMES.filter((name) => name !== 'ssl_sni_hostname')
  return compareVersions(version.number, '3.0.4') < 0 ? [...RED_HAT_NAMES, ...NEWER_NAMES] : RED_HAT_NAMES
}

/** The list where the file names none; undefined: that of the machine's crypto policy. */
export function defaultList({ number, build }: Version): string | undefined {
  if (build === 'Red Hat') return undefined
  if (compareVersions(number, '3.0.3') >= 0) return 'ECDHE-RSA-AES256-GCM-SHA384'
  return compareVersions(number, '3.0.0') >= 0 ? 'AES128-SHA:DES-CBC3-SHA' : 'DES-CBC3-SHA'
}

/** vsftpd has no public repository; these hold its releases, and Red Hat's. */
export function sourceOf({ number, build }: Version, file: 'tunables.c' | 'ssl.c'): string {
  if (build === 'Red Hat') return `https://github.com/InfrastructureServices/vsftpd/blob/master/${file}`
  if (compareVersions(number, '3.0.3') < 0) return `https://github.com/dagwieers/vsftpd/blob/master/${file}`
  return `vsftpd ${compareVersions(number, '3.0.4') < 0 ? '3.0.3' : NEWEST}, ${file}`
}

import { dirname, isAbsolute, join } from 'node:path'
import type { OpensslGeneration } from '../../policy/index.ts'
import { suiteByName } from '../../registry/index.ts'
import type { ReadOptions } from '../adapter.ts'
import { listenTarget } from '../listens.ts'
import { dhBitsOf } from '../openssl/dh-file.ts'
import { defaultGroups } from '../openssl/openssl-ability.ts'
import { suitesOfList, type ListMeaning } from '../openssl/openssl-list.ts'
import { bothLists, spokenBy, sslv2HelloWord, tls13Word, withoutTls } from '../openssl/openssl-words.ts'
import { lookUp, type Found, type ScopedLeg } from '../scopes.ts'
import type { SettingsFile } from '../settings-file.ts'
import { compareVersions } from '../versions.ts'
import type { LegWords, Origin, Word } from '../words.ts'
import { booleanOf, fileScope, parseVsftpd, type Statement } from './statements.ts'
import { defaultList, sourceOf, switchesOf, versionOf, type Switch, type Version } from './versions.ts'

/** All that is known when the words of a file are read or written. */
export interface Scene {
  readonly file: SettingsFile
  readonly statements: readonly Statement[]
  readonly version: Version
  readonly openssl: OpensslGeneration
  readonly more: ReadOptions['more']
  readonly leg: ScopedLeg
}

/** Errors: `input`, where a line is no setting. */
export function sceneOf(file: SettingsFile, options: ReadOptions): Scene {
  const statements = parseVsftpd(file)
  const port = statements.findLast(({ name }) => name === 'listen_port')?.value.trim() ?? '21'
  return {
    file,
    statements,
    version: versionOf(options, statements),
    openssl: options.openssl ?? '3.5',
    more: options.more,
    leg: { door: `port ${port}`, role: 'server', scopes: [fileScope(file, statements)], heeds: () => true },
  }
}

export function find({ leg }: Scene, setting: string): Found | undefined {
  return lookUp(leg, setting)
}

/** Where the value of the first of these settings that the file names comes from, else the default of the first. */
export function originOf(scene: Scene, ...settings: readonly string[]): Origin {
  const [first = ''] = settings
  const setting = settings.find((one) => find(scene, one) !== undefined)
  const found = setting === undefined ? undefined : find(scene, setting)
  if (setting !== undefined && found !== undefined) return { kind: 'file', setting, place: found.place }
  return { kind: 'default', setting: first, of: scene.version.reading.text, source: sourceOf(scene.version, 'tunables.c') }
}

function fixed({ version }: Scene, why: string): Origin {
  return { kind: 'fixed', why, source: sourceOf(version, 'ssl.c') }
}

/** What a switch of this name says; undefined: vsftpd does not start with it. */
export function isOn(scene: Scene, setting: string, byDefault: boolean | undefined): boolean | undefined {
  const found = find(scene, setting)
  return found === undefined ? byDefault : booleanOf(found.value)
}

/** Where it can be met; nowhere that is known where another program listens for it. */
export function listensAt(scene: Scene): readonly string[] {
  const on = (setting: string): boolean => isOn(scene, setting, false) === true
  if (!on('ssl_enable') || (!on('listen') && !on('listen_ipv6'))) return []
  const value = (setting: string): string | undefined => scene.statements.findLast(({ name }) => name === setting)?.value.trim()
  const address = value('listen_address') ?? value('listen_address6') ?? ''
  const target = listenTarget(on('implicit_ssl') ? 'ftps' : 'ftp', address, value('listen_port') ?? '21')
  return target === undefined ? [] : [target]
}

export function wordsOf(scene: Scene): LegWords {
  if (isOn(scene, 'ssl_enable', false) === false) return withoutTls(originOf(scene, 'ssl_enable'))
  const protocols = protocolsOf(scene)
  const dh = dhOf(scene)
  return {
    protocols,
    suites: bothLists(tls13Word(scene.openssl, 'ciphersuites'), olderOf(scene, dh), protocols),
    order: { value: 'client', origin: fixed(scene, 'vsftpd takes what the client prefers') },
    groups: groupsOf(scene),
    dh,
    sslv2Hello: sslv2HelloWord('server', protocols),
  }
}

export function switches({ version, statements }: Scene): readonly Switch[] {
  return switchesOf(version, statements)
}

function protocolsOf(scene: Scene): LegWords['protocols'] {
  const all = switches(scene)
  const origin = originOf(scene, ...all.filter(({ protocol }) => protocol !== 'SSLv3').map(({ setting }) => setting))
  const spoken = spokenBy(scene.openssl).map((protocol) => {
    const own = all.find((one) => one.protocol === protocol)
    return { protocol, on: own === undefined ? true : isOn(scene, own.setting, own.byDefault) }
  })
  if (spoken.some(({ on }) => on === undefined)) return { value: 'unknown', origin }
  return { value: spoken.filter(({ on }) => on).map(({ protocol }) => protocol), origin }
}

/** The list as it stands; empty, OpenSSL's own. Undefined: that of the machine's crypto policy. */
export function listOf(scene: Scene): string | undefined {
  const found = find(scene, 'ssl_ciphers')
  if (found === undefined) return defaultList(scene.version)
  const list = found.value.trim()
  return list === '' ? 'DEFAULT' : list.startsWith('PROFILE=') ? undefined : list
}

export function meaningOf(scene: Scene): ListMeaning | undefined {
  const list = listOf(scene)
  return list === undefined ? undefined : suitesOfList(list, { generation: scene.openssl })
}

function olderOf(scene: Scene, dh: LegWords['dh']): Word<readonly string[]> {
  const origin = originOf(scene, 'ssl_ciphers')
  const meaning = meaningOf(scene)
  if (meaning === undefined || meaning.refused !== undefined) return { value: 'unknown', origin }
  return { value: meaning.suites.filter((suite) => dh.value !== null || suiteByName(suite)?.kx !== 'DHE'), origin }
}

/** One curve, since 3.0.3. Before, what OpenSSL takes by itself, which is nothing at all in 1.0.2. */
function groupsOf(scene: Scene): LegWords['groups'] {
  if (find(scene, 'ecdh_param_file') !== undefined) return { value: 'unknown', origin: originOf(scene, 'ecdh_param_file') }
  const own = compareVersions(scene.version.number, '3.0.3') >= 0
  const origin = fixed(scene, own ? 'vsftpd names P-256 alone' : 'vsftpd leaves it to OpenSSL')
  if (scene.openssl === '1.0.2' && (!own || scene.version.build === 'Red Hat')) return { value: 'unknown', origin }
  return { value: own ? ['secp256r1'] : defaultGroups(scene.openssl), origin }
}

/** vsftpd loads no parameters, so that no DHE is spoken. Red Hat’s takes them from a file, or has some built in. */
function dhOf({ file, more, ...scene }: Scene): LegWords['dh'] {
  const all = { ...scene, file, more }
  if (scene.version.build === 'own') return { value: null, origin: fixed(all, 'vsftpd has no parameters for it') }
  const origin = originOf(all, 'dh_param_file')
  const path = dhPathOf(all)
  const text = path === undefined ? undefined : more?.(path)?.text
  return { value: (text === undefined ? undefined : dhBitsOf(text)) ?? 'unknown', origin }
}

/** The file with the parameters, where one is named. */
export function dhPathOf(scene: Scene): string | undefined {
  const name = find(scene, 'dh_param_file')?.value.trim() ?? ''
  return name === '' ? undefined : isAbsolute(name) ? name : join(dirname(scene.file.path), name)
}

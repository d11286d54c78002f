import { PosternError } from '../../errors.ts'
import { OPENSSL_GENERATIONS, resolveCipherList, type Policy, type SuiteOrder } from '../../policy/index.ts'
import { PROTOCOLS, suiteByName, type ProtocolName } from '../../registry/index.ts'
import type { Adapter, Change, Edits, Inexpressible, Reading, Wanted } from '../adapter.ts'
import { postureOfWords } from '../posture-of-words.ts'
import { placeIn, showPlace, type Place, type SettingsFile } from '../settings-file.ts'
import type { Leg, LegWords, Origin, Role, Word } from '../words.ts'

/**
 * The smallest settings that have all that is around an adapter, for its tests: lines `key = value`, comments with `#`, two roles,
 * a secret, and a service that can be told to write its settings again when it stops.
 *
 *     server.protocols = TLSv1.2 TLSv1.3
 *     server.ciphers = HIGH:!aNULL
 *     client.protocols = TLSv1.2
 *     password = …
 *     include = other.conf
 */
const GENERATION = OPENSSL_GENERATIONS.at(-1) ?? '3.5'
const LINE = /^([a-z][\w.]*)[ \t]*=[ \t]*([^\r\n]*?)[ \t]*$/gm
const DEFAULT_PROTOCOLS = 'TLSv1 TLSv1.1 TLSv1.2 TLSv1.3'
const DEFAULT_CIPHERS = 'HIGH:!aNULL'
const TLS13 = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256']
const ROLES: readonly Role[] = ['server', 'client']

interface Setting {
  readonly key: string
  readonly value: string
  readonly place: Place
}

export const keyValueAdapter: Adapter = {
  product: 'courier',
  title: 'Key-value server',
  places: ['/nonexistent/key-value/key-value.conf'],
  recognises: (file) => (/^(?:server|client)\.protocols/m.test(file.text) ? 1 : file.path.endsWith('key-value.conf') ? 0.5 : 0),
  read,
  write: (reading, wanted) => {
    const parts = wanted.map((one) => writeLeg(reading, one))
    return { changes: parts.flatMap(({ changes }) => changes), inexpressible: parts.flatMap(({ inexpressible }) => inexpressible) }
  },
  secrets: (file) => settingsOf(file).flatMap(({ key, place }) => (key === 'password' ? [place] : [])),
  mends: true,
  mend: (file) =>
    [...file.text.matchAll(/\u0093|\u0094/g)].map(({ index }) => {
      const place = placeIn(file, index, index + 1)
      return { what: 'A curly quote stood here.', place, edits: [{ file: file.path, start: index, end: index + 1, text: '' }] }
    }),
}

/** The same where the service writes its file again when it stops. */
export const rewritingAdapter: Adapter = { ...keyValueAdapter, service: { rewritesOnStop: true, source: 'for tests' } }

function settingsOf(file: SettingsFile): readonly Setting[] {
  return [...file.text.matchAll(LINE)].map((match) => {
    const [whole, key = '', value = ''] = match
    const start = match.index + whole.lastIndexOf(value)
    return { key, value, place: placeIn(file, start, start + value.length) }
  })
}

function read(file: SettingsFile, { more = () => undefined, version }: Parameters<Adapter['read']>[1]): Reading {
  const broken = /^[^#\s][^=\n]*$/m.exec(file.text)
  if (broken !== null) {
    const place = placeIn(file, broken.index, broken.index + 1)
    const message = `Cannot read settings ${file.path}:${place.line}:${place.column}: there is no = in this line\n${showPlace(file, place)}`
    throw new PosternError('input', 'SETTINGS_SYNTAX', message, { remedy: 'Write key = value.' })
  }
  const included = settingsOf(file).flatMap(({ key, value }) => (key === 'include' ? (more(value) ?? []) : []))
  const files = [file, ...included]
  return {
    product: keyValueAdapter.product,
    version: version === undefined ? { text: '1', from: 'assumed' } : { text: version, from: 'told' },
    files,
    legs: ROLES.map((role) => legOf(files.flatMap(settingsOf), role)),
    findings: [],
  }
}

function legOf(settings: readonly Setting[], role: Role): Leg {
  const find = (name: string): Setting | undefined => settings.findLast(({ key }) => key === `${role}.${name}`)
  const origin = (name: string): Origin => {
    const found = find(name)
    if (found === undefined) return { kind: 'default', setting: `${role}.${name}`, of: 'Key-value server 1', source: 'its tests' }
    return { kind: 'file', setting: found.key, place: found.place }
  }
  const fixed: Origin = { kind: 'fixed', why: 'nobody can tell it', source: 'its tests' }
  const word = <T>(name: string, value: T | 'unknown'): Word<T> => ({ value, origin: origin(name) })
  const list = find('ciphers')?.value ?? DEFAULT_CIPHERS
  const older = resolveCipherList(list, { generation: GENERATION }).suites.map(({ iana }) => iana)
  const words: LegWords = {
    protocols: word('protocols', protocolsOf(find('protocols')?.value ?? DEFAULT_PROTOCOLS)),
    suites: word('ciphers', [...new Set([...TLS13, ...older])]),
    order: word<Exclude<SuiteOrder, 'unknown'>>('order', find('order')?.value === 'server' ? 'server' : 'client'),
    groups: { value: 'unknown', origin: fixed },
    dh: { value: null, origin: fixed },
    sslv2Hello: { value: false, origin: fixed },
  }
  return { door: 'port 993', role, words, posture: postureOfWords(role, words) }
}

function protocolsOf(value: string): readonly ProtocolName[] {
  return PROTOCOLS.filter((protocol) => value.split(/[ ,]+/).includes(protocol))
}

function writeLeg({ files, legs }: Reading, { door, role, policy }: Wanted): Edits {
  const leg = legs.find((one) => one.role === role && one.door === door)
  if (leg === undefined) return { changes: [], inexpressible: [] }
  const changes = [...protocolChange(leg, policy, files), ...suiteChange(leg, policy, files)]
  const inexpressible: readonly Inexpressible[] =
    policy.groups.length < 5 ? [{ door, role, word: 'groups', why: 'Groups cannot be set here.' }] : []
  return { changes, inexpressible }
}

function protocolChange(leg: Leg, policy: Policy, files: readonly SettingsFile[]): readonly Change[] {
  const { value } = leg.words.protocols
  const wanted = PROTOCOLS.filter((protocol) => policy.protocols.allowed.includes(protocol) && protocol !== 'SSLv2')
  const kept = value !== 'unknown' && value.every((one) => wanted.includes(one)) && policy.protocols.required.every((one) => value.includes(one))
  return kept ? [] : [changeOf(leg, 'protocols', wanted.join(' '), files)]
}

function suiteChange(leg: Leg, policy: Policy, files: readonly SettingsFile[]): readonly Change[] {
  const { value } = leg.words.suites
  const now = value === 'unknown' ? [] : value.filter((suite) => !TLS13.includes(suite))
  const left = now.filter((suite) => policy.suites.includes(suite))
  const names = left.flatMap((suite) => suiteByName(suite)?.openssl ?? [])
  return left.length === now.length ? [] : [changeOf(leg, 'ciphers', names.join(':'), files)]
}

function changeOf({ door, role }: Leg, name: string, after: string, files: readonly SettingsFile[]): Change {
  const setting = `${role}.${name}`
  const found = files.flatMap(settingsOf).findLast(({ key }) => key === setting)
  if (found !== undefined) {
    const { place, value: before } = found
    return { door, role, setting, before, after, place, edits: [{ file: place.file, start: place.start, end: place.end, text: after }] }
  }
  const [file] = files
  if (file === undefined) throw new PosternError('bug', 'NO_FILE', `Cannot change ${setting}: there is no file`)
  const end = file.text.length
  const eol = file.text.includes('\r\n') ? '\r\n' : '\n'
  const text = `${end > 0 && !file.text.endsWith('\n') ? eol : ''}${setting} = ${after}${eol}`
  return { door, role, setting, before: undefined, after, place: placeIn(file, end, end), edits: [{ file: file.path, start: end, end, text }] }
}

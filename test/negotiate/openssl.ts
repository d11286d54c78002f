/** Ends with OpenSSL in them: Nodes of every age and the command itself. */
import { constants, X509Certificate } from 'node:crypto'
import type { HandshakeClient, HandshakeServer, StackName } from '../../src/policy/negotiate/index.ts'
import { groupByName, suiteByName, type ProtocolName } from '../../src/registry/index.ts'
import { certificates as peerCertificates, type DhName } from '../peers/certificates.ts'
import { keyNames, type KeyFiles, type KeyName } from './certificates.ts'
import { oneHandshake, serving, SettingsRefused, type Helper, type Report, type Serving } from './ends.ts'
import type { Chance } from './random.ts'
import type { Tool } from './tool.ts'

const RSA_KEYED = [
  'AES128-SHA',
  'AES256-SHA',
  'AES128-SHA256',
  'AES256-SHA256',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'CAMELLIA128-SHA',
]
const DHE = ['DHE-RSA-AES128-SHA', 'DHE-RSA-AES256-SHA256', 'DHE-RSA-AES128-GCM-SHA256', 'DHE-RSA-AES256-GCM-SHA384']
const ECDHE = ['RSA', 'ECDSA'].flatMap((auth) =>
  ['AES128-SHA', 'AES256-SHA', 'AES128-SHA256', 'AES256-SHA384', 'AES128-GCM-SHA256', 'AES256-GCM-SHA384'].map(
    (rest) => `ECDHE-${auth}-${rest}`,
  ),
)
const NEW = [
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'DHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-CCM',
  'AES256-CCM8',
  'ARIA128-GCM-SHA256',
]
const OLD = ['RC4-SHA', 'DES-CBC3-SHA', 'ECDHE-RSA-RC4-SHA', 'ECDHE-RSA-DES-CBC3-SHA']
const ANONYMOUS = ['ADH-AES128-SHA', 'AECDH-AES128-SHA']
const TLS13 = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256', 'TLS_AES_128_CCM_SHA256']

const CURVES = ['secp256r1', 'secp384r1', 'secp521r1']
const SCHEMES = [
  'rsa_pss_rsae_sha256',
  'rsa_pss_rsae_sha384',
  'rsa_pss_rsae_sha512',
  'rsa_pkcs1_sha256',
  'rsa_pkcs1_sha384',
  'rsa_pkcs1_sha512',
  'ecdsa_secp256r1_sha256',
  'ecdsa_secp384r1_sha384',
  'ecdsa_secp521r1_sha512',
  'ed25519',
  'ed448',
  'rsa_pss_pss_sha256',
  'rsa_pss_pss_sha384',
  'rsa_pkcs1_sha1',
  'ecdsa_sha1',
  'rsa_pkcs1_sha224',
]

interface Build {
  readonly stack: StackName
  readonly versions: readonly ProtocolName[]
  readonly suites: readonly string[]
  readonly groups: readonly string[]
  readonly schemes: readonly string[]
  readonly keys: readonly KeyName[]
  /** What the program itself sets where it is told nothing. */
  readonly defaults?: { readonly groups: readonly string[] }
  /** Absent where there are no levels. */
  readonly levels: readonly (number | undefined)[]
}

const ALL_VERSIONS: readonly ProtocolName[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

const modern = (stack: StackName, groups: readonly string[], levels: Build['levels']): Build => ({
  stack,
  versions: ALL_VERSIONS,
  suites: [...RSA_KEYED, ...DHE, ...ECDHE, ...NEW, ...ANONYMOUS],
  groups: ['x25519', ...CURVES, 'x448', ...groups],
  schemes: SCHEMES,
  keys: keyNames,
  levels,
})

export const BUILDS: Readonly<Record<'1.0.2' | '1.1.1' | '3.0' | '3.0 of Debian' | '3.5', Build>> = {
  '1.0.2': {
    stack: 'openssl-1.0.2',
    versions: ['TLSv1', 'TLSv1.1', 'TLSv1.2'],
    // Node 8 takes an error that OpenSSL leaves behind in anonymous handshakes for a failure.
    suites: [...RSA_KEYED, ...DHE, ...ECDHE, ...OLD],
    groups: [...CURVES, 'secp256k1', 'brainpoolP256r1'],
    schemes: [],
    keys: ['rsa-1024', 'rsa-2048', 'rsa-3072', 'ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521'],
    // tls.DEFAULT_ECDH_CURVE of Node 8.
    defaults: { groups: ['secp256r1'] },
    levels: [undefined],
  },
  '1.1.1': modern('openssl-1.1.1', ['secp256k1'], [undefined, 0, 1, 2, 3]),
  '3.0': modern('openssl-3.0', ['ffdhe2048', 'ffdhe3072', 'brainpoolP256r1'], [undefined, 0, 0, 1, 2, 3]),
  '3.0 of Debian': modern('openssl-3.0', ['ffdhe2048', 'ffdhe3072'], [0, 0, 1, 2, 3]),
  '3.5': modern('openssl-3.5', ['ffdhe2048', 'X25519MLKEM768', 'SecP256r1MLKEM768'], [undefined, 0, 0, 1, 2, 3]),
}

const iana = (name: string): string => suiteByName(name)!.iana

export function drawVersions(chance: Chance, all: readonly ProtocolName[]): ProtocolName[] {
  if (chance.odds(0.5)) return [...all]
  const from = chance.below(all.length)
  const block = all.slice(from, from + 1 + chance.below(all.length - from))
  return chance.odds(0.15) && block.length > 2 ? block.toSpliced(1, 1) : block
}

function drawSuites(chance: Chance, build: Build, versions: readonly ProtocolName[]): string[] {
  const ordinary = chance.odds(0.2)
    ? chance.some(build.suites, 1 + chance.below(4))
    : chance.odds(0.3)
      ? chance.shuffled(build.suites)
      : chance.some(build.suites, 5 + chance.below(15))
  const named = ordinary.map(iana)
  if (!build.versions.includes('TLSv1.3')) return named
  const tls13 = chance.odds(0.5) || !versions.includes('TLSv1.3') ? TLS13.slice(0, 3) : chance.some(TLS13, 1 + chance.below(4))
  return [...tls13, ...named]
}

/** What both ends draw alike. */
function drawEnd(chance: Chance, build: Build): Omit<HandshakeClient, 'serverName'> {
  const versions = drawVersions(chance, build.versions)
  const level = chance.pick(build.levels)
  return {
    stack: build.stack,
    versions,
    suites: drawSuites(chance, build, versions),
    ...(chance.odds(0.5) ? build.defaults : { groups: chance.some(build.groups, 1 + chance.below(4)) }),
    ...(build.schemes.length === 0 || chance.odds(0.7) ? {} : { signatureSchemes: chance.some(build.schemes, 1 + chance.below(8)) }),
    ...(level === undefined ? {} : { securityLevel: level }),
    ...(chance.odds(0.15) ? { alpn: chance.some(['h2', 'http/1.1', 'imap', 'smtp'], 1 + chance.below(2)) } : {}),
  }
}

export function drawKeys(chance: Chance, names: readonly KeyName[], level = 1): KeyName[] {
  const fit = names
    .filter((name) => name !== 'rsa-1024' || level <= 1)
    .filter((name) => level < 3 || !['rsa-2048', 'rsa-pss'].includes(name))
  const common = fit.filter((name) => name === 'rsa-2048' || name === 'rsa-3072' || name === 'ecdsa-p256')
  const drawn = chance.odds(0.4) ? chance.some(common, 2) : chance.some(fit, chance.odds(0.5) ? 1 : 2)
  // OpenSSL keeps one certificate for each type of key.
  return drawn.filter((name, index) => drawn.findIndex((other) => typeOf(other) === typeOf(name)) === index)
}

const typeOf = (name: KeyName): string => (name === 'rsa-pss' ? name : name.split('-')[0]!)

export const DH_FILES: Readonly<Record<number, DhName>> = { 1024: 'own-1024', 2048: 'ffdhe2048', 3072: 'ffdhe3072' }

function drawClient(chance: Chance, build: Build): HandshakeClient {
  return { ...drawEnd(chance, build), ...(chance.odds(0.3) ? { serverName: 'mail.example.test' } : {}) }
}

function drawServer(chance: Chance, build: Build, key: (name: KeyName) => KeyFiles): { end: HandshakeServer; keys: KeyFiles[] } {
  const end = drawEnd(chance, build)
  const keys = drawKeys(chance, build.keys, end.securityLevel ?? 2).map(key)
  const order = chance.odds(0.6) ? 'server' : 'client'
  const dh = chance.odds(0.4) ? undefined : chance.pick((end.securityLevel ?? 2) > 1 ? [2048, 3072] : [1024, 2048, 3072])
  const chacha = order === 'server' && chance.odds(0.2) && build.stack !== 'openssl-1.0.2'
  return {
    end: {
      ...end,
      order,
      certificates: keys.map(({ facts }) => facts),
      ...(dh === undefined ? {} : { dh }),
      ...(chacha ? { prioritizeChaCha: true } : {}),
    },
    keys,
  }
}

const PRIORITIZE_CHACHA = 0x20_0000

const OFF: readonly (readonly [protocol: ProtocolName, option: number, flag: string])[] = [
  ['SSLv3', constants.SSL_OP_NO_SSLv3, '-no_ssl3'],
  ['TLSv1', constants.SSL_OP_NO_TLSv1, '-no_tls1'],
  ['TLSv1.1', constants.SSL_OP_NO_TLSv1_1, '-no_tls1_1'],
  ['TLSv1.2', constants.SSL_OP_NO_TLSv1_2, '-no_tls1_2'],
  ['TLSv1.3', constants.SSL_OP_NO_TLSv1_3, '-no_tls1_3'],
]

/** OpenSSL has names for pairs of TLS 1.2 only in its older form. */
const OLD_SCHEMES: Readonly<Record<string, string>> = {
  ecdsa_sha1: 'ECDSA+SHA1',
  rsa_pkcs1_sha1: 'RSA+SHA1',
  rsa_pkcs1_sha224: 'RSA+SHA224',
}

const schemeList = (names: readonly string[]): string => names.map((name) => OLD_SCHEMES[name] ?? name).join(':')

const opensslGroup = (name: string): string => groupByName(name)?.openssl ?? name

function cipherString(end: HandshakeClient | HandshakeServer): string {
  const level = end.securityLevel === undefined ? [] : [`@SECLEVEL=${end.securityLevel}`]
  const old = end.suites.map((name) => suiteByName(name)!).filter((suite) => suite.protocol !== 'TLSv1.3')
  return [...old.map((suite) => suite.openssl!), ...level].join(':')
}

const tls13Suites = (end: HandshakeClient | HandshakeServer): string[] =>
  end.suites.filter((name) => suiteByName(name)!.protocol === 'TLSv1.3')

function nodeOptions(end: HandshakeClient | HandshakeServer, old: boolean): Record<string, unknown> {
  const off = OFF.filter(([protocol]) => !end.versions.includes(protocol) && !(old && protocol === 'TLSv1.3'))
  let secureOptions = off.reduce((sum, [, option]) => sum | option, 0)
  if ('prioritizeChaCha' in end && end.prioritizeChaCha) secureOptions |= PRIORITIZE_CHACHA
  return {
    ciphers: [...(old ? [] : tls13Suites(end)), cipherString(end)].join(':'),
    secureOptions,
    ...(old ? { secureProtocol: 'SSLv23_method' } : { minVersion: 'TLSv1', maxVersion: 'TLSv1.3' }),
    ...(end.groups === undefined ? {} : { ecdhCurve: end.groups.map(opensslGroup).join(':') }),
    ...(end.signatureSchemes === undefined ? {} : { sigalgs: schemeList(end.signatureSchemes) }),
    ...(end.alpn === undefined ? {} : { ALPNProtocols: end.alpn }),
  }
}

/** A Node as both ends. */
export function nodeTool(name: string, build: Build, helper: Helper): Tool {
  const old = build.stack === 'openssl-1.0.2'
  return {
    name,
    drawClient: (chance) => {
      const end = drawClient(chance, build)
      const options = { ...nodeOptions(end, old), ...(end.serverName === undefined ? {} : { servername: end.serverName }) }
      return { end, connect: (port) => helper.connect(port, { options }) }
    },
    drawServer: (chance, key) => {
      const { end: drawn, keys } = drawServer(chance, build, key)
      // Before version 19 Node went on without a protocol.
      const end: HandshakeServer = {
        ...drawn,
        choosesByName: true,
        ...(['openssl-1.0.2', 'openssl-1.1.1'].includes(build.stack) ? { alpnOptional: true } : {}),
      }
      const serve = async (): Promise<Serving> =>
        helper.serve({
          options: { ...nodeOptions(end, old), honorCipherOrder: end.order === 'server' },
          keys: keys.map((one) => one.key),
          certificates: keys.map((one) => one.certificate),
          ...(typeof end.dh === 'number' ? { dhparam: (await peerCertificates()).dh(DH_FILES[end.dh]!) } : {}),
        })
      return { end, keys, serve }
    },
  }
}

function commandOptions(end: HandshakeClient | HandshakeServer): string[] {
  const old = cipherString(end)
  return [
    ...OFF.filter(([protocol]) => protocol !== 'SSLv3' && !end.versions.includes(protocol)).map(([, , flag]) => flag),
    '-cipher',
    old,
    '-ciphersuites',
    tls13Suites(end).join(':'),
    ...(end.groups === undefined ? [] : ['-groups', end.groups.map(opensslGroup).join(':')]),
    ...(end.signatureSchemes === undefined ? [] : ['-sigalgs', schemeList(end.signatureSchemes)]),
    ...(end.alpn === undefined ? [] : ['-alpn', end.alpn.join(',')]),
  ]
}

function judgeClient(text: string): Report {
  if (/Call to SSL_CONF_cmd|Error with command|Error setting/.test(text)) throw new SettingsRefused(text)
  const pem = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/.exec(text)?.[0]
  const cipher = /Cipher is (\S+)/.exec(text)?.[1]
  const error = text.split('\n').find((line) => line.includes(':error:'))
  if (cipher === undefined || cipher === '(NONE)' || error !== undefined) return { ok: false, error: error ?? text.slice(0, 300) }
  return { ok: true, fingerprint: pem === undefined ? null : new X509Certificate(pem).fingerprint }
}

function judgeServer(text: string): Report {
  const error = text.split('\n').find((line) => line.includes(':error:'))
  return /CIPHER is/.test(text) ? { ok: true } : { ok: false, error: error ?? text.slice(0, 300) }
}

/** The command of Debian: one process for each handshake. */
export function commandTool(build: Build): Tool {
  return {
    name: 'openssl',
    drawClient: (chance) => {
      const end: HandshakeClient = { ...drawClient(chance, build), ...(chance.odds(0.1) ? { fallback: true } : {}) }
      const more = [
        ...(end.fallback === true ? ['-fallback_scsv'] : []),
        ...(end.serverName === undefined ? ['-noservername'] : ['-servername', end.serverName]),
      ]
      const connect = async (port: number): Promise<Report> =>
        judgeClient(
          await oneHandshake(['openssl', 's_client', '-no-CAfile', '-connect', `127.0.0.1:${port}`, ...commandOptions(end), ...more]),
        )
      return { end, connect }
    },
    drawServer: (chance, key) => {
      const drawn = drawServer(chance, build, key)
      const [first, second] = drawn.keys
      const named = second === undefined && chance.odds(0.2)
      const end: HandshakeServer = {
        ...drawn.end,
        ...(chance.odds(0.4) ? { dh: 'auto' } : {}),
        ...(named ? { serverNames: [chance.pick(['mail.example.test', 'other.example.test'])], choosesByName: true } : {}),
      }
      const serve = async (): Promise<Serving> => {
        const dh =
          typeof end.dh === 'number' ? ['-dhparam', (await peerCertificates()).dh(DH_FILES[end.dh]!)] : end.dh === 'auto' ? [] : ['-no_dhe']
        const names = (end.serverNames ?? []).flatMap((name) => [
          '-servername',
          name,
          '-servername_fatal',
          '-cert2',
          first!.certificate,
          '-key2',
          first!.key,
        ])
        const pair = second === undefined ? [] : ['-dcert', second.certificate, '-dkey', second.key]
        const more = [
          ...(end.order === 'server' ? ['-serverpref'] : []),
          ...(end.prioritizeChaCha === true ? ['-prioritize_chacha'] : []),
          ...dh,
          ...names,
          ...pair,
        ]
        const command = ['openssl', 's_server', '-accept', '127.0.0.1:0', '-naccept', '1', '-cert', first!.certificate, '-key', first!.key]
        return serving([...command, ...commandOptions(end), ...more], (text) => portIn(text), judgeServer)
      }
      return { end, keys: drawn.keys, serve }
    },
  }
}

function portIn(text: string): number | undefined {
  const port = /ACCEPT \S*:(\d+)/.exec(text)?.[1]
  return port === undefined ? undefined : Number(port)
}

/** JSSE as both ends. Groups and schemes are those of a whole JVM, so there is one JVM for each choice of them. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { STACKS, type HandshakeClient, type HandshakeServer } from '../../src/policy/negotiate/index.ts'
import { suiteByName, type ProtocolName } from '../../src/registry/index.ts'
import { JVM, NOTHING_FORBIDDEN } from '../peers/java.ts'
import { KEPT } from '../peers/packages.ts'
import { keyNames } from './certificates.ts'
import { Helper } from './ends.ts'
import { drawKeys, drawVersions } from './openssl.ts'
import type { Chance } from './random.ts'
import type { Tool } from './tool.ts'

const run = promisify(execFile)
const SOURCE = new URL('./JsseEnd.java', import.meta.url).pathname

/** The folder with the class and a security file that forbids nothing. */
async function compiled(): Promise<string> {
  const folder = join(KEPT, `jsse-end-${createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 16)}`)
  if (existsSync(folder)) return folder
  mkdirSync(KEPT, { recursive: true })
  const draft = mkdtempSync(`${folder}.`)
  try {
    await run('/usr/bin/javac', ['-d', draft, SOURCE], { timeout: 120_000 })
    writeFileSync(join(draft, 'java.security'), NOTHING_FORBIDDEN)
    renameSync(draft, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return folder
}

interface Machine {
  readonly groups?: readonly string[]
  readonly schemes?: readonly string[]
  /** What follows from it where no schemes are set: nothing is forbidden, MD5 included. */
  readonly inForce?: readonly string[]
  /** jdk.tls.ephemeralDHKeySize. */
  readonly dh?: number
}

const EVERY_SCHEME = [...STACKS['jsse-17'].signatureSchemes, 'rsa_pkcs1_md5']

/** What each JVM is started with. */
const MACHINES: readonly Machine[] = [
  { inForce: EVERY_SCHEME },
  {
    groups: ['secp256r1', 'x25519', 'secp521r1'],
    schemes: ['rsa_pkcs1_sha256', 'ecdsa_secp256r1_sha256', 'rsa_pss_rsae_sha512', 'ed25519', 'rsa_pss_rsae_sha256', 'rsa_pss_pss_sha256'],
  },
  { groups: ['ffdhe3072', 'secp384r1', 'ffdhe2048'], dh: 1024, inForce: EVERY_SCHEME },
]

const SUITES = [
  ...['ECDHE_RSA', 'ECDHE_ECDSA', 'DHE_RSA', 'RSA'].flatMap((kx) =>
    ['AES_128_CBC_SHA', 'AES_256_CBC_SHA', 'AES_128_CBC_SHA256', 'AES_128_GCM_SHA256', 'AES_256_GCM_SHA384'].map(
      (rest) => `TLS_${kx}_WITH_${rest}`,
    ),
  ),
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_RSA_WITH_3DES_EDE_CBC_SHA',
  'TLS_RSA_WITH_RC4_128_SHA',
  'TLS_DH_anon_WITH_AES_128_CBC_SHA',
  'TLS_ECDH_anon_WITH_AES_128_CBC_SHA',
]
const TLS13 = ['TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256']
const VERSIONS: readonly ProtocolName[] = ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

function drawEnd(chance: Chance, machine: Machine): Omit<HandshakeClient, 'serverName'> {
  const versions = drawVersions(chance, chance.odds(0.8) ? VERSIONS.slice(1) : VERSIONS)
  const tls13 = versions.includes('TLSv1.3') ? (chance.odds(0.6) ? TLS13 : chance.some(TLS13, 1 + chance.below(3))) : []
  const older = versions.every((one) => one === 'TLSv1.3') ? [] : chance.odds(0.3) ? SUITES : chance.some(SUITES, 1 + chance.below(16))
  return {
    stack: 'jsse-17',
    versions,
    suites: [...tls13, ...older],
    ...(machine.groups === undefined ? {} : { groups: machine.groups }),
    signatureSchemes: machine.schemes ?? machine.inForce ?? [],
    ...(chance.odds(0.15) ? { alpn: chance.some(['h2', 'http/1.1', 'imap', 'smtp'], 1 + chance.below(2)) } : {}),
  }
}

/** A helper takes words, not JSON. */
class JsseHelper extends Helper {
  protected override line(job: Readonly<Record<string, unknown>>): string {
    return Object.entries(job)
      .flatMap(([name, value]) =>
        value === undefined ? [] : [`${name}=${typeof value === 'number' ? value.toString() : typeof value === 'string' ? value : ''}`],
      )
      .join(' ')
  }
}

function settings(end: HandshakeClient | HandshakeServer): Readonly<Record<string, unknown>> {
  return {
    protocols: [...(end.sslv2Hello === true ? ['SSLv2Hello'] : []), ...end.versions].join(','),
    suites: end.suites.map((name) => suiteByName(name)!.jsse!).join(','),
    alpn: end.alpn?.join(','),
  }
}

/** One tool for each JVM, and the helpers behind them. */
export async function jsseTools(): Promise<{ readonly tools: readonly Tool[]; readonly helpers: readonly Helper[] }> {
  const folder = await compiled()
  const pairs = MACHINES.map((machine, index) => {
    const properties = [
      `-Djava.security.properties=${join(folder, 'java.security')}`,
      ...(machine.groups === undefined ? [] : [`-Djdk.tls.namedGroups=${machine.groups.join(',')}`]),
      ...(machine.schemes === undefined
        ? []
        : [
            `-Djdk.tls.client.SignatureSchemes=${machine.schemes.join(',')}`,
            `-Djdk.tls.server.SignatureSchemes=${machine.schemes.join(',')}`,
          ]),
      ...(machine.dh === undefined ? [] : [`-Djdk.tls.ephemeralDHKeySize=${machine.dh}`]),
    ]
    const helper = new JsseHelper(['/usr/bin/java', ...JVM, ...properties, '-cp', folder, 'JsseEnd'])
    return { helper, tool: jsseTool(`jsse${index === 0 ? '' : index}`, machine, helper) }
  })
  return { tools: pairs.map(({ tool }) => tool), helpers: pairs.map(({ helper }) => helper) }
}

function jsseTool(name: string, machine: Machine, helper: Helper): Tool {
  return {
    name,
    drawClient: (chance) => {
      const drawn = drawEnd(chance, machine)
      const old = !drawn.versions.includes('TLSv1.3') && chance.odds(0.2)
      const end: HandshakeClient = {
        ...drawn,
        ...(chance.odds(0.3) ? { serverName: 'mail.example.test' } : {}),
        ...(old ? { sslv2Hello: true } : {}),
      }
      return { end, connect: (port) => helper.connect(port, { ...settings(end), name: end.serverName }) }
    },
    drawServer: (chance, key) => {
      const names = drawKeys(chance, keyNames).filter(
        (one, index, all) => !one.startsWith('ed') || all.findIndex((other) => other.startsWith('ed')) === index || one.startsWith('ecdsa'),
      )
      const keys = names.map(key)
      const end: HandshakeServer = {
        sslv2Hello: chance.odds(0.5),
        ...drawEnd(chance, machine),
        order: chance.odds(0.6) ? 'server' : 'client',
        certificates: keys.map(({ facts }) => facts),
        dh: machine.dh ?? 'auto',
      }
      return { end, keys, serve: () => helper.serve({ ...settings(end), order: end.order, keys: keys.map((one) => one.pkcs12).join(',') }) }
    },
  }
}

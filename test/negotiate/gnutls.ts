/** `gnutls-cli` and `gnutls-serv`: one process for each handshake. */
import { X509Certificate } from 'node:crypto'
import { parseGnutlsPriority } from '../../src/policy/index.ts'
import type { HandshakeClient, HandshakeServer } from '../../src/policy/negotiate/index.ts'
import type { ProtocolName } from '../../src/registry/index.ts'
import { certificates as peerCertificates } from '../peers/certificates.ts'
import { freePort } from '../peers/free-port.ts'
import { keyNames } from './certificates.ts'
import { oneHandshake, serving, SettingsRefused, type Report, type Serving } from './ends.ts'
import { DH_FILES, drawKeys, drawVersions } from './openssl.ts'
import type { Chance } from './random.ts'
import type { Tool } from './tool.ts'

const VERSIONS: Readonly<Partial<Record<ProtocolName, string>>> = {
  TLSv1: 'TLS1.0',
  'TLSv1.1': 'TLS1.1',
  'TLSv1.2': 'TLS1.2',
  'TLSv1.3': 'TLS1.3',
}
const CIPHERS = [
  'AES-256-GCM',
  'CHACHA20-POLY1305',
  'AES-256-CBC',
  'AES-128-GCM',
  'AES-128-CBC',
  'AES-128-CCM',
  'CAMELLIA-128-CBC',
  'AES-256-CCM-8',
]
const MACS = ['SHA1', 'SHA256', 'SHA384', 'AEAD']
const KX = ['ECDHE-ECDSA', 'ECDHE-RSA', 'RSA', 'DHE-RSA']
const GROUPS = ['SECP256R1', 'SECP384R1', 'SECP521R1', 'X25519', 'X448', 'FFDHE2048', 'FFDHE3072']
/** One number each. GnuTLS has two names for ECDSA with a hash, for TLS 1.2 and for TLS 1.3: both or none are on. */
const SIGNATURES = [
  ...['SHA256', 'SHA384', 'SHA512'].flatMap((hash) => [`RSA-${hash}`, `RSA-PSS-${hash}`, `RSA-PSS-RSAE-${hash}`]),
  'ECDSA-SHA256:+SIGN-ECDSA-SECP256R1-SHA256',
  'ECDSA-SHA384:+SIGN-ECDSA-SECP384R1-SHA384',
  'ECDSA-SHA512:+SIGN-ECDSA-SECP521R1-SHA512',
  'EDDSA-ED25519',
  'EDDSA-ED448',
  'RSA-SHA1',
  'ECDSA-SHA1',
]

function drawPriority(chance: Chance): string {
  const versions = drawVersions(chance, ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'])
  const some = (all: readonly string[], least: number): readonly string[] =>
    chance.odds(0.5) ? all : chance.some(all, least + chance.below(all.length - least + 1))
  if (chance.odds(0.2)) return `NORMAL:-VERS-ALL${versions.map((name) => `:+VERS-${VERSIONS[name]}`).join('')}`
  return [
    'NONE',
    ...versions.map((name) => `+VERS-${VERSIONS[name]}`),
    ...some(CIPHERS, 2).map((name) => `+${name}`),
    ...some(MACS, 2).map((name) => `+${name}`),
    ...some(KX, 1).map((name) => `+${name}`),
    '+COMP-NULL',
    ...some(GROUPS, 1).map((name) => `+GROUP-${name}`),
    ...(chance.odds(0.7) ? ['+SIGN-ALL'] : chance.some(SIGNATURES, 4 + chance.below(10)).map((name) => `+SIGN-${name}`)),
  ].join(':')
}

type Drawn = Pick<HandshakeClient, 'stack' | 'versions' | 'suites' | 'groups' | 'signatureSchemes'>

function drawEnd(chance: Chance): { readonly priority: string; readonly end: Drawn } {
  for (;;) {
    const priority = drawPriority(chance)
    const { protocols, suites, groups, signatureSchemes, refused } = parseGnutlsPriority(priority)
    if (refused !== undefined || suites.length === 0) continue
    return {
      priority,
      end: { stack: 'gnutls-3.7', versions: protocols, suites: suites.map((suite) => suite.iana), groups, signatureSchemes },
    }
  }
}

function judgeClient(text: string): Report {
  const pem = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/.exec(text)?.[0]
  if (/Error in priority|Syntax error/.test(text)) throw new SettingsRefused(text)
  if (!/Handshake was completed/.test(text))
    return {
      ok: false,
      error: text
        .split('\n')
        .filter((line) => /\*\*\*|rror/.test(line))
        .join(' ')
        .slice(0, 300),
    }
  return { ok: true, fingerprint: pem === undefined ? null : new X509Certificate(pem).fingerprint }
}

export function gnutlsTool(): Tool {
  return {
    name: 'gnutls',
    drawClient: (chance) => {
      const { priority, end: drawn } = drawEnd(chance)
      const renegotiation = chance.odds(0.08) ? 'off' : chance.odds(0.08) ? 'required' : undefined
      const hash = chance.odds(0.1)
      const end: HandshakeClient = {
        ...drawn,
        ...(chance.odds(0.1) ? { fallback: true } : {}),
        ...(chance.odds(0.15) ? { alpn: ['http/1.1', 'imap'].slice(0, 1 + chance.below(2)) } : {}),
        ...(renegotiation === undefined ? {} : { secureRenegotiation: renegotiation }),
        ...(chance.odds(0.2) ? { serverName: 'mail.example.test' } : {}),
        ...(hash ? { extendedMasterSecret: 'off' } : {}),
      }
      const options = [
        hash ? ':%NO_SESSION_HASH' : '',
        renegotiation === 'off' ? ':%DISABLE_SAFE_RENEGOTIATION' : renegotiation === 'required' ? ':%SAFE_RENEGOTIATION' : '',
        end.fallback === true ? ':%FALLBACK_SCSV' : '',
      ]
      const more = [
        ...(end.alpn ?? []).flatMap((name) => ['--alpn', name]),
        ...(end.serverName === undefined ? [] : ['--sni-hostname', end.serverName]),
      ]
      const command = ['gnutls-cli', '--insecure', '--print-cert', '--priority', `${priority}${options.join('')}`, ...more]
      return { end, connect: async (port) => judgeClient(await oneHandshake([...command, '--port', String(port), '127.0.0.1'])) }
    },
    drawServer: (chance, key) => {
      const { priority, end: drawn } = drawEnd(chance)
      const keys = drawKeys(chance, keyNames).map(key)
      const order = chance.odds(0.5) ? 'server' : 'client'
      const dh = chance.odds(0.5) ? 'auto' : chance.pick([1024, 2048, 3072])
      const renegotiation = chance.odds(0.08) ? 'off' : chance.odds(0.08) ? 'required' : undefined
      const named = chance.odds(0.1)
      const end: HandshakeServer = {
        ...drawn,
        order,
        certificates: keys.map(({ facts }) => facts),
        dh,
        ...(chance.odds(0.15) ? { alpn: ['imap', 'h2'], alpnOptional: true } : {}),
        ...(renegotiation === undefined ? {} : { secureRenegotiation: renegotiation }),
        ...(named ? { serverNames: [chance.pick(['mail.example.test', 'other.example.test'])] } : {}),
      }
      const options = `${order === 'server' ? ':%SERVER_PRECEDENCE' : ''}${renegotiation === 'off' ? ':%DISABLE_SAFE_RENEGOTIATION' : renegotiation === 'required' ? ':%SAFE_RENEGOTIATION' : ''}`
      const serve = async (): Promise<Serving> => {
        const port = await freePort()
        const parameters = typeof dh === 'number' ? ['--dhparams', (await peerCertificates()).dh(DH_FILES[dh]!)] : []
        const pairs = keys.flatMap((one) => ['--x509certfile', one.certificate, '--x509keyfile', one.key])
        const alpn = (end.alpn ?? []).flatMap((name) => ['--alpn', name])
        const command = [
          'gnutls-serv',
          '--echo',
          '--disable-client-cert',
          '--priority',
          `${priority}${options}`,
          ...parameters,
          ...pairs,
          ...alpn,
          ...(end.serverNames ?? []).flatMap((name) => ['--sni-hostname', name, '--sni-hostname-fatal']),
          '--port',
          String(port),
        ]
        // It serves until it is told to stop, and says little of those it has served.
        const listening = (text: string): number | undefined => (/IPv4 \S+ port \d+\.\.\.done/.test(text) ? port : undefined)
        return serving(
          command,
          listening,
          (text) => ({
            ok: true,
            error: text
              .split('\n')
              .filter((line) => line.startsWith('Error'))
              .join(' '),
          }),
          5,
        )
      }
      return { end, keys, serve }
    },
  }
}

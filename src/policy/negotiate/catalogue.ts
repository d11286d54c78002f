import type { ProtocolName } from '../../registry/index.ts'
import { parseGnutlsPriority } from '../ciphers/gnutls.ts'
import { resolveCipherList } from '../ciphers/resolve.ts'
import { expand } from '../expand.ts'
import { KNOWN_CLIENTS } from '../known-clients.ts'
import type { HandshakeClient } from './ends.ts'
import { handshakeClientOf } from './from-posture.ts'
import { STACKS, type StackName } from './stacks.ts'

/** A client as it is when nobody has changed its settings. */
export interface CataloguedClient {
  readonly name: string
  readonly client: HandshakeClient
  /** Where its settings are written. */
  readonly source: string
  /** Its hello has been compared with this one, by test/negotiate/catalogue.ts. */
  readonly measured: boolean
}

const MODERN: readonly ProtocolName[] = ['TLSv1.2', 'TLSv1.3']
const ALL: readonly ProtocolName[] = ['TLSv1', 'TLSv1.1', ...MODERN]

/** Cipher list of Node.js since version 8. */
const NODE_LIST =
  'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:' +
  'DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256:DHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA384:DHE-RSA-AES256-SHA384:' +
  'ECDHE-RSA-AES256-SHA256:DHE-RSA-AES256-SHA256:HIGH:!aNULL:!eNULL:!EXPORT:!DES:!RC4:!MD5:!PSK:!SRP:!CAMELLIA'

interface OpensslRow {
  readonly name: string
  readonly stack: StackName
  readonly list: string
  readonly level?: number
  readonly versions: readonly ProtocolName[]
  readonly groups?: readonly string[]
  readonly source: string
}

const NODE = 'https://github.com/nodejs/node/blob/'

const OPENSSL_ROWS: readonly OpensslRow[] = [
  {
    name: 'Node.js 8',
    stack: 'openssl-1.0.2',
    list: NODE_LIST,
    versions: ['TLSv1', 'TLSv1.1', 'TLSv1.2'],
    groups: ['secp256r1'],
    source: `${NODE}v8.17.0/src/node_constants.h`,
  },
  { name: 'Node.js 12 and 16', stack: 'openssl-1.1.1', list: NODE_LIST, versions: MODERN, source: `${NODE}v16.20.2/src/node_constants.h` },
  { name: 'Node.js 20', stack: 'openssl-3.0', list: NODE_LIST, versions: MODERN, source: `${NODE}v20.20.2/src/node_constants.h` },
  { name: 'Node.js 24', stack: 'openssl-3.5', list: NODE_LIST, versions: MODERN, source: `${NODE}v24.21.0/src/node_constants.h` },
  {
    name: 'OpenSSL 3.0 of Debian 12 (curl, Python and others)',
    stack: 'openssl-3.0',
    list: 'DEFAULT',
    level: 2,
    versions: ALL,
    source: 'https://docs.openssl.org/3.0/man1/openssl-ciphers/ (DEFAULT), at the level that Debian builds it with',
  },
]

function opensslClient({ name, stack, list, level, versions, groups, source }: OpensslRow): CataloguedClient {
  const { suites, securityLevel } = resolveCipherList(list, {
    generation: STACKS[stack].generation ?? '3.5',
    ...(level === undefined ? {} : { securityLevel: level }),
  })
  const client: HandshakeClient = {
    stack,
    versions,
    suites: suites.map(({ iana }) => iana),
    ...(groups === undefined ? {} : { groups }),
    ...(securityLevel === undefined ? {} : { securityLevel }),
  }
  return { name, client, source, measured: true }
}

function gnutlsClient(): CataloguedClient {
  const { protocols, suites, groups, signatureSchemes } = parseGnutlsPriority('NORMAL')
  return {
    name: 'GnuTLS 3.7 (NORMAL)',
    client: { stack: 'gnutls-3.7', versions: protocols, suites: suites.map(({ iana }) => iana), groups, signatureSchemes },
    source: 'https://gnutls.org/manual/html_node/Priority-Strings.html',
    measured: true,
  }
}

const JAVA_SUITES = expand(
  'TLS_{AES_256_GCM_SHA384,AES_128_GCM_SHA256,CHACHA20_POLY1305_SHA256}',
  'TLS_ECDHE_ECDSA_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256,CHACHA20_POLY1305_SHA256}',
  'TLS_ECDHE_RSA_WITH_{AES_256_GCM_SHA384,CHACHA20_POLY1305_SHA256,AES_128_GCM_SHA256}',
  'TLS_DHE_RSA_WITH_{AES_256_GCM_SHA384,CHACHA20_POLY1305_SHA256}',
  'TLS_DHE_DSS_WITH_AES_256_GCM_SHA384',
  'TLS_DHE_{RSA,DSS}_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_{ECDSA,RSA}_WITH_AES_256_CBC_SHA384',
  'TLS_ECDHE_{ECDSA,RSA}_WITH_AES_128_CBC_SHA256',
  'TLS_DHE_{RSA,DSS}_WITH_AES_256_CBC_SHA256',
  'TLS_DHE_{RSA,DSS}_WITH_AES_128_CBC_SHA256',
  'TLS_ECDHE_{ECDSA,RSA}_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_{ECDSA,RSA}_WITH_AES_128_CBC_SHA',
  'TLS_DHE_{RSA,DSS}_WITH_AES_256_CBC_SHA',
  'TLS_DHE_{RSA,DSS}_WITH_AES_128_CBC_SHA',
  'TLS_RSA_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256}',
  'TLS_RSA_WITH_{AES_256_CBC_SHA256,AES_128_CBC_SHA256}',
  'TLS_RSA_WITH_{AES_256_CBC_SHA,AES_128_CBC_SHA}',
)

const JAVA_17: CataloguedClient = {
  name: 'Java 17',
  client: { stack: 'jsse-17', versions: MODERN, suites: JAVA_SUITES, minDhBits: 1024 },
  source: 'https://docs.oracle.com/en/java/javase/17/security/oracle-providers.html',
  measured: true,
}

let made: readonly CataloguedClient[] | undefined

/**
 * Clients with the settings that they come with, those first whose hellos have been measured. Made at the first call, since cipher lists
 * are resolved for it; the same objects at every further one, so that negotiate() knows them again.
 */
export function cataloguedClients(): readonly CataloguedClient[] {
  made ??= [
    ...OPENSSL_ROWS.map(opensslClient),
    gnutlsClient(),
    JAVA_17,
    ...KNOWN_CLIENTS.map((known) => ({ name: known.name, client: handshakeClientOf(known), source: known.source, measured: false })),
  ]
  return made
}

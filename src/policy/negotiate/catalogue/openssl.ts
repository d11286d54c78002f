import type { ProtocolName } from '../../../registry/index.ts'
import { resolveCipherList } from '../../ciphers/resolve.ts'
import { expand } from '../../expand.ts'
import { STACKS, type StackName } from '../stacks.ts'
import type { CataloguedClient } from './peer.ts'
import { FROM_TLS_1_2, UP_TO_TLS_1_0, UP_TO_TLS_1_2, UP_TO_TLS_1_3 } from './versions.ts'

/** Cipher list of Node.js since version 8. */
const NODE_LIST =
  'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:' +
  'DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256:DHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA384:DHE-RSA-AES256-SHA384:' +
  'ECDHE-RSA-AES256-SHA256:DHE-RSA-AES256-SHA256:HIGH:!aNULL:!eNULL:!EXPORT:!DES:!RC4:!MD5:!PSK:!SRP:!CAMELLIA'

/** Cipher list of Postfix where encryption is not demanded, https://www.postfix.org/postconf.5.html#tls_medium_cipherlist. */
const POSTFIX_LIST = 'aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH'

interface Row extends Omit<CataloguedClient, 'client'> {
  readonly stack: StackName
  readonly list: string
  readonly level?: number
  readonly versions: readonly ProtocolName[]
  readonly groups?: readonly string[]
}

const NODE = 'https://github.com/nodejs/node/blob/'
const EVERYWHERE = ['web', 'mail', 'smtp', 'ftp'] as const
const NODE_USES = ['web', 'mail', 'smtp'] as const

const ROWS: readonly Row[] = [
  {
    name: 'Node.js 8',
    stack: 'openssl-1.0.2',
    list: NODE_LIST,
    versions: UP_TO_TLS_1_2,
    groups: ['secp256r1'],
    uses: NODE_USES,
    certainty: 'measured',
    sources: [`${NODE}v8.17.0/src/node_constants.h`],
  },
  {
    name: 'Node.js 12 and 16',
    stack: 'openssl-1.1.1',
    list: NODE_LIST,
    versions: FROM_TLS_1_2,
    uses: NODE_USES,
    certainty: 'measured',
    sources: [`${NODE}v16.20.2/src/node_constants.h`],
  },
  {
    name: 'Node.js 20',
    stack: 'openssl-3.0',
    list: NODE_LIST,
    versions: FROM_TLS_1_2,
    uses: NODE_USES,
    certainty: 'measured',
    sources: [`${NODE}v20.20.2/src/node_constants.h`],
  },
  {
    name: 'Node.js 24',
    stack: 'openssl-3.5',
    list: NODE_LIST,
    versions: FROM_TLS_1_2,
    uses: NODE_USES,
    certainty: 'measured',
    sources: [`${NODE}v24.21.0/src/node_constants.h`],
  },
  {
    name: 'OpenSSL 1.0.1 and 1.0.2 (RHEL 6 and 7, Debian 7 to 9)',
    stack: 'openssl-1.0.2',
    list: 'DEFAULT',
    versions: UP_TO_TLS_1_2,
    uses: EVERYWHERE,
    certainty: 'documented',
    sources: ['https://docs.openssl.org/1.0.2/man1/ciphers/'],
    note: 'Distributions have taken away some old suites.',
  },
  {
    name: 'OpenSSL 1.1.1 as its makers build it',
    stack: 'openssl-1.1.1',
    list: 'DEFAULT',
    level: 1,
    versions: UP_TO_TLS_1_3,
    uses: EVERYWHERE,
    certainty: 'documented',
    sources: ['https://docs.openssl.org/1.1.1/man1/ciphers/'],
  },
  {
    name: 'OpenSSL 1.1.1 of Debian 10 and 11',
    stack: 'openssl-1.1.1',
    list: 'DEFAULT',
    level: 2,
    versions: FROM_TLS_1_2,
    uses: EVERYWHERE,
    certainty: 'documented',
    sources: ['https://www.debian.org/releases/buster/amd64/release-notes/ch-information.html#openssl-defaults'],
    note: 'At security level 2, and from TLS 1.2 on.',
  },
  {
    name: 'OpenSSL 3.0 of Debian 12 (curl, Python and others)',
    stack: 'openssl-3.0',
    list: 'DEFAULT',
    level: 2,
    versions: UP_TO_TLS_1_3,
    uses: EVERYWHERE,
    certainty: 'measured',
    sources: ['https://docs.openssl.org/3.0/man1/openssl-ciphers/'],
    note: 'At security level 2, with which Debian builds it.',
  },
  {
    name: 'OpenSSL 3.5',
    stack: 'openssl-3.5',
    list: 'DEFAULT',
    versions: UP_TO_TLS_1_3,
    uses: EVERYWHERE,
    certainty: 'documented',
    sources: ['https://docs.openssl.org/3.5/man1/openssl-ciphers/'],
    note: 'Its security level 2 takes nothing older than TLS 1.2.',
  },
  {
    name: 'Postfix 3.7 of Debian 12, delivering',
    stack: 'openssl-3.0',
    list: POSTFIX_LIST,
    level: 0,
    versions: UP_TO_TLS_1_3,
    groups: ['x25519', 'x448', 'secp256r1', 'secp521r1', 'secp384r1'],
    uses: ['smtp'],
    certainty: 'measured',
    sources: ['https://www.postfix.org/postconf.5.html#smtp_tls_security_level'],
    note: 'At its usual level `may` it delivers in plain text where a handshake fails.',
  },
]

const AES_AND_3DES = 'TLS_{DHE_RSA,RSA}_WITH_{AES_256_CBC_SHA,AES_128_CBC_SHA,3DES_EDE_CBC_SHA}'

const OPENSSL_0_9_8: CataloguedClient = {
  name: 'OpenSSL 0.9.8 (RHEL 5, Mac OS X, old appliances)',
  uses: EVERYWHERE,
  client: {
    stack: 'specification',
    versions: UP_TO_TLS_1_0,
    suites: [...expand(AES_AND_3DES), ...expand('TLS_RSA_WITH_{RC4_128_SHA,RC4_128_MD5}')],
    groups: [],
  },
  certainty: 'documented',
  sources: ['https://github.com/openssl/openssl/blob/OpenSSL_0_9_8zh/ssl/ssl.h'],
  note: 'Programs that leave SSL 2.0 on send a hello in its format.',
  orderUnknown: true,
}

/** Programs with OpenSSL, oldest first, or those that speak no version newer than TLS 1.2. Cipher lists are resolved here, which takes some milliseconds. */
export function opensslClients(which: 'all' | 'old' = 'all'): readonly CataloguedClient[] {
  const rows = which === 'all' ? ROWS : ROWS.filter(({ versions }) => !versions.includes('TLSv1.3'))
  return [OPENSSL_0_9_8, ...rows.map(clientOf)]
}

function clientOf({ stack, list, level, versions, groups, ...row }: Row): CataloguedClient {
  const { suites, securityLevel } = resolveCipherList(list, {
    generation: STACKS[stack].generation ?? '3.5',
    ...(level === undefined ? {} : { securityLevel: level }),
  })
  return {
    ...row,
    client: {
      stack,
      versions,
      suites: suites.map(({ iana }) => iana),
      ...(groups === undefined ? {} : { groups }),
      ...(securityLevel === undefined ? {} : { securityLevel }),
    },
  }
}

import type { ProtocolName } from '../../../registry/index.ts'
import type { Certainty, CataloguedClient, CataloguedPeer, CataloguedServer } from './peer.ts'
import { SCHANNEL, SCHANNEL_VERSIONS, type SchannelList } from './schannel.ts'
import { UP_TO_TLS_1_0, UP_TO_TLS_1_2 } from './versions.ts'

interface Row {
  readonly name: string
  readonly list: Pick<SchannelList, 'suites' | 'groups' | 'source'>
  readonly versions: readonly ProtocolName[]
  readonly certainty: Certainty
  readonly sources: readonly string[]
  readonly note?: string
}

const READY = 'https://blogs.technet.microsoft.com/exchange/2018/01/26/exchange-server-tls-guidance-part-1-getting-ready-for-tls-1-2/'

/** Exchange, which uses the TLS of the Windows that it runs on, in both directions. */
const ROWS: readonly Row[] = [
  {
    name: 'Exchange on Windows Server 2003',
    list: { ...SCHANNEL.xp, suites: SCHANNEL.xp.suites.filter((name) => name.includes('RC4')) },
    versions: UP_TO_TLS_1_0,
    certainty: 'documented',
    sources: ['https://www.postfix.org/postconf.5.html#tls_preempt_cipherlist'],
    note: 'Its 3DES is broken, so that only RC4 works.',
  },
  {
    name: 'Exchange 2007 on Windows Server 2008',
    list: SCHANNEL.vista,
    versions: UP_TO_TLS_1_0,
    certainty: 'inferred',
    sources: [SCHANNEL_VERSIONS],
  },
  {
    name: 'Exchange 2010 on Windows Server 2008 R2',
    list: SCHANNEL.seven,
    versions: UP_TO_TLS_1_0,
    certainty: 'documented',
    sources: [READY, SCHANNEL_VERSIONS],
    note: 'TLS 1.2 is there, and off until somebody turns it on in the registry.',
  },
  {
    name: 'Exchange 2010 and 2013 on Windows Server 2008 R2, with TLS 1.2 turned on',
    list: SCHANNEL.seven,
    versions: UP_TO_TLS_1_2,
    certainty: 'documented',
    sources: [READY],
  },
  {
    name: 'Exchange 2013 and 2016 on Windows Server 2012 R2',
    list: SCHANNEL.eight,
    versions: UP_TO_TLS_1_2,
    certainty: 'inferred',
    sources: [READY, SCHANNEL_VERSIONS],
  },
  {
    name: 'Exchange 2016 on Windows Server 2016',
    list: SCHANNEL.ten,
    versions: UP_TO_TLS_1_2,
    certainty: 'inferred',
    sources: [READY, SCHANNEL_VERSIONS],
  },
]

function peerOf({ name, certainty, list, sources, note }: Row): CataloguedPeer {
  return { name, uses: ['smtp'], certainty, sources: [...new Set([...sources, list.source])], ...(note === undefined ? {} : { note }) }
}

export const EXCHANGE_CLIENTS: readonly CataloguedClient[] = ROWS.map((row) => ({
  ...peerOf(row),
  client: { stack: 'specification', versions: row.versions, suites: row.list.suites, groups: row.list.groups },
}))

/** A certificate with an RSA key, as most have. */
export const EXCHANGE_SERVERS: readonly CataloguedServer[] = ROWS.map((row) => ({
  ...peerOf(row),
  server: {
    stack: 'specification',
    versions: row.versions,
    suites: row.list.suites,
    groups: row.list.groups,
    order: 'server',
    certificates: [{ keyType: 'RSA', keyBits: 2048 }],
    // Schannel's own size before Windows 10, https://learn.microsoft.com/en-us/security-updates/securityadvisories/2016/3174644
    dh: row.list === SCHANNEL.ten ? 2048 : 1024,
  },
}))

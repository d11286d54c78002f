import type { ProtocolName } from '../../../registry/index.ts'
import type { Certainty, CataloguedClient, PeerUse } from './peer.ts'
import { SCHANNEL, SCHANNEL_VERSIONS } from './schannel.ts'
import { UP_TO_TLS_1_0, UP_TO_TLS_1_2, UP_TO_TLS_1_3 } from './versions.ts'

interface Row {
  readonly name: string
  readonly windows: keyof typeof SCHANNEL
  readonly versions: readonly ProtocolName[]
  readonly uses: readonly PeerUse[]
  readonly certainty: Certainty
  readonly sources: readonly string[]
  readonly note?: string
}

const WITHOUT_TLS_1_2 = 'https://learn.microsoft.com/en-us/microsoft-365/compliance/prepare-tls-1.2-in-office-365'
const WINHTTP = 'https://support.microsoft.com/en-us/kb/3140245'
const MOZILLA = 'https://wiki.mozilla.org/Security/Server_Side_TLS'

/** Browsers and mail programs of Windows, which use its own TLS. */
const ROWS: readonly Row[] = [
  {
    name: 'Internet Explorer 6 on Windows XP',
    windows: 'xp',
    versions: ['SSLv3'],
    uses: ['web'],
    certainty: 'documented',
    sources: [MOZILLA],
    note: 'TLS 1.0 is there, and off until somebody turns it on.',
  },
  {
    name: 'Internet Explorer 8 on Windows XP with Service Pack 3',
    windows: 'xp',
    versions: UP_TO_TLS_1_0,
    uses: ['web'],
    certainty: 'documented',
    sources: [MOZILLA],
  },
  {
    name: 'Outlook and Outlook Express on Windows XP with Service Pack 3',
    windows: 'xp',
    versions: UP_TO_TLS_1_0,
    uses: ['mail'],
    certainty: 'inferred',
    sources: [MOZILLA],
    note: 'They use the same TLS as Internet Explorer there.',
  },
  {
    name: 'Internet Explorer 7 to 9 on Windows Vista',
    windows: 'vista',
    versions: UP_TO_TLS_1_0,
    uses: ['web'],
    certainty: 'documented',
    sources: [SCHANNEL_VERSIONS],
  },
  {
    name: 'Internet Explorer 8 to 10 on Windows 7',
    windows: 'seven',
    versions: UP_TO_TLS_1_0,
    uses: ['web'],
    certainty: 'documented',
    sources: [WITHOUT_TLS_1_2],
  },
  {
    name: 'Internet Explorer 11 on Windows 7',
    windows: 'seven',
    versions: UP_TO_TLS_1_2,
    uses: ['web'],
    certainty: 'inferred',
    sources: [WITHOUT_TLS_1_2],
    note: 'Microsoft names versions 8 to 10 as those without TLS 1.2. For RSA certificates it has GCM only with DHE and with static RSA.',
  },
  {
    name: 'Internet Explorer 11 on Windows 8.1',
    windows: 'eight',
    versions: UP_TO_TLS_1_2,
    uses: ['web'],
    certainty: 'documented',
    sources: [SCHANNEL_VERSIONS],
    note: 'For RSA certificates it has GCM only with DHE and with static RSA.',
  },
  {
    name: 'Internet Explorer 11 and the first Edge on Windows 10',
    windows: 'ten',
    versions: UP_TO_TLS_1_2,
    uses: ['web'],
    certainty: 'documented',
    sources: [SCHANNEL_VERSIONS],
  },
  {
    name: 'Outlook 2010 and 2013 on Windows 7, without DefaultSecureProtocols in the registry',
    windows: 'seven',
    versions: UP_TO_TLS_1_0,
    uses: ['mail', 'web'],
    certainty: 'documented',
    sources: [WINHTTP, SCHANNEL_VERSIONS],
    note: 'Update 3140245 and two registry values give it TLS 1.2.',
  },
  {
    name: 'Outlook on Windows 7, with TLS 1.2 turned on in the registry',
    windows: 'seven',
    versions: UP_TO_TLS_1_2,
    uses: ['mail', 'web'],
    certainty: 'documented',
    sources: [WINHTTP],
  },
  {
    name: 'Outlook on Windows 8.1',
    windows: 'eight',
    versions: UP_TO_TLS_1_2,
    uses: ['mail', 'web'],
    certainty: 'inferred',
    sources: [SCHANNEL_VERSIONS],
    note: 'It uses the TLS of Windows as it is.',
  },
  {
    name: 'Outlook and Windows Mail on Windows 10',
    windows: 'ten',
    versions: UP_TO_TLS_1_2,
    uses: ['mail', 'web'],
    certainty: 'inferred',
    sources: [SCHANNEL_VERSIONS],
    note: 'They use the TLS of Windows as it is.',
  },
  {
    name: 'Outlook on Windows 11',
    windows: 'eleven',
    versions: UP_TO_TLS_1_3,
    uses: ['mail', 'web'],
    certainty: 'inferred',
    sources: ['https://learn.microsoft.com/en-us/windows/win32/secauthn/tls-cipher-suites-in-windows-11'],
    note: 'It uses the TLS of Windows as it is.',
  },
  {
    name: 'Programs of .NET and PowerShell on Windows 10 and Windows Server 2016',
    windows: 'ten',
    versions: UP_TO_TLS_1_2,
    uses: ['web', 'mail', 'ftp'],
    certainty: 'inferred',
    sources: [SCHANNEL_VERSIONS],
    note: 'Those that leave the version to Windows.',
  },
]

export const WINDOWS_CLIENTS: readonly CataloguedClient[] = ROWS.map(({ windows, versions, sources, ...row }) => {
  const { suites, groups, source } = SCHANNEL[windows]
  return { ...row, client: { stack: 'specification', versions, suites, groups }, sources: [...new Set([...sources, source])] }
})

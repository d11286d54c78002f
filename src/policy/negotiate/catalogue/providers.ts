import { expand } from '../../expand.ts'
import type { CataloguedClient, CataloguedServer } from './peer.ts'
import { FROM_TLS_1_2, UP_TO_TLS_1_3 } from './versions.ts'

const GMAIL = 'https://support.google.com/a/answer/9795993'
const MICROSOFT = 'https://learn.microsoft.com/en-us/purview/technical-reference-details-about-encryption'
const SES = 'https://docs.aws.amazon.com/ses/latest/dg/security-protocols.html'

/** What Gmail’s page says that it takes. */
const GMAIL_SUITES = expand(
  'TLS_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,CHACHA20_POLY1305_SHA256}',
  'TLS_ECDHE_{ECDSA,RSA}_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,AES_128_CBC_SHA,AES_256_CBC_SHA}',
  'TLS_RSA_WITH_{AES_128_GCM_SHA256,AES_256_GCM_SHA384,AES_128_CBC_SHA,AES_256_CBC_SHA,3DES_EDE_CBC_SHA}',
)

const MICROSOFT_SUITES = expand(
  'TLS_AES_{256_GCM_SHA384,128_GCM_SHA256}',
  'TLS_ECDHE_RSA_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256,AES_256_CBC_SHA384,AES_128_CBC_SHA256,AES_256_CBC_SHA,AES_128_CBC_SHA}',
  'TLS_RSA_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256}',
)

const AEAD = expand('TLS_{AES_256_GCM_SHA384,AES_128_GCM_SHA256}', 'TLS_ECDHE_{ECDSA,RSA}_WITH_{AES_256_GCM_SHA384,AES_128_GCM_SHA256}')

const GROUPS = ['x25519', 'secp256r1', 'secp384r1']

/** Mail providers that deliver to everybody. For Yahoo, iCloud, GMX and others no published list was found. */
export const SENDING_PROVIDERS: readonly CataloguedClient[] = [
  {
    name: 'Gmail and Google Workspace, delivering',
    uses: ['smtp'],
    client: { stack: 'specification', versions: UP_TO_TLS_1_3, suites: GMAIL_SUITES, groups: GROUPS },
    certainty: 'inferred',
    sources: [GMAIL],
    note: 'Google says that it delivers with TLS 1.0, TLS 1.1 and 3DES too where nothing better is offered; taken to have the suites that it takes.',
    more: ['suites'],
    orderUnknown: true,
  },
  {
    name: 'Microsoft 365 and Outlook.com, delivering',
    uses: ['smtp'],
    client: { stack: 'specification', versions: FROM_TLS_1_2, suites: MICROSOFT_SUITES, groups: GROUPS },
    certainty: 'documented',
    sources: [MICROSOFT],
    note: 'Suites for ECDSA certificates are not on the page.',
    more: ['suites'],
  },
  {
    name: 'Amazon SES, delivering',
    uses: ['smtp'],
    client: { stack: 'specification', versions: FROM_TLS_1_2, suites: ['TLS_AES_128_GCM_SHA256'], groups: ['secp256r1'] },
    certainty: 'documented',
    sources: [SES, 'https://www.rfc-editor.org/rfc/rfc8446#section-9.1'],
    note: 'Its suites are not published; this one everybody has who speaks TLS 1.3. It delivers with TLS 1.3 where it can, and with older versions that are not named. By default it goes on in plain text where TLS fails.',
    more: ['suites', 'versions'],
  },
]

/** Mail providers that a server delivers to. */
export const RECEIVING_PROVIDERS: readonly CataloguedServer[] = [
  {
    name: 'Gmail and Google Workspace',
    uses: ['smtp'],
    server: {
      stack: 'specification',
      versions: UP_TO_TLS_1_3,
      suites: GMAIL_SUITES,
      groups: GROUPS,
      order: 'server',
      certificates: [
        { keyType: 'ECDSA', keyBits: 256, curve: 'secp256r1' },
        { keyType: 'RSA', keyBits: 2048 },
      ],
    },
    certainty: 'documented',
    sources: [GMAIL],
    note: 'That it has certificates with both kinds of keys follows from its suites.',
    orderUnknown: true,
  },
  {
    name: 'Microsoft 365 and Outlook.com',
    uses: ['smtp'],
    server: {
      stack: 'specification',
      versions: FROM_TLS_1_2,
      suites: MICROSOFT_SUITES,
      groups: GROUPS,
      order: 'server',
      certificates: [{ keyType: 'RSA', keyBits: 2048 }],
    },
    certainty: 'documented',
    sources: [MICROSOFT],
  },
  {
    name: 'Amazon SES',
    uses: ['smtp', 'mail'],
    server: {
      stack: 'specification',
      versions: FROM_TLS_1_2,
      suites: AEAD,
      groups: GROUPS,
      order: 'server',
      certificates: [{ keyType: 'RSA', keyBits: 2048 }],
    },
    certainty: 'inferred',
    sources: [SES],
    note: 'The versions are documented; the suites are those that everybody has who speaks them.',
    more: ['suites'],
    orderUnknown: true,
  },
]

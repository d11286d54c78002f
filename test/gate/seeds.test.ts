import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, describe, test, type TestContext } from 'node:test'
import { lossesOf, placeText } from '../../src/gate/index.ts'
import { PosternError } from '../../src/errors.ts'
import { needPackages, SERVER_NAME } from '../peers/index.ts'
import { serveLoopback } from '../peers/loopback.ts'
import { plainBackend } from '../peers/plain-backend.ts'
import { proveAt, withoutCertificates } from '../proved.ts'
import { briefViewOf, openSeed, readSeed, sClient, viewOf, type Seed, type View } from './seeded.ts'

/** Servers behind that say one thing and go. */
const smtp = await serveLoopback((socket) => void socket.end('220 behind.example ESMTP\r\n'))
const http = await serveLoopback((socket) => {
  socket.on('data', () => socket.end('HTTP/1.0 200 behind\r\n\r\n'))
  socket.on('end', () => socket.end())
})
/** And some that stay. */
const [smtpd, imapd] = await Promise.all([plainBackend('smtp'), plainBackend('imap')])
after(() => Promise.all([smtp, http, smtpd, imapd].map((server) => server.stop())))
const loopback = (port: number): string => `127.0.0.1:${port}`
const at = (port: number): { readonly listen: string; readonly backend: string } => ({ listen: '127.0.0.1:0', backend: loopback(port) })

/** The variables whose names the vendor's page lost, by names for these tests. */
const NAMES = [
  ['dhe', 'DheOn'],
  ['dhe-size', 'DheBits'],
  ['ecdhe', 'EcdheOn'],
  ['beast', 'NoEmptyRecords'],
  ['order', 'ServerChooses'],
] as const

type Variables = Readonly<Record<string, string>>
interface Tables {
  readonly Security?: Variables
  readonly SmtpSecurity?: Variables
}

function mailserver(tables: Tables): string {
  const table = (name: keyof Tables): string => {
    const variables = Object.entries(tables[name] ?? {}).map(([key, value]) => `    <variable name="${key}">${value}</variable>\n`)
    return `  <table name="${name}">\n${variables.join('')}  </table>\n`
  }
  return `<?xml version="1.0" encoding="UTF-8"?>\n<config version="1">\n${table('Security')}${table('SmtpSecurity')}</config>\n`
}

const kerio = (tables: Tables, beside: Seed['beside'] = { services: { smtps: at(smtp.port), https: at(http.port) } }): Seed => ({
  name: 'mailserver.cfg',
  text: mailserver(tables),
  beside,
  values: { name: NAMES, productVersion: '9.4.2' },
})

/** Both tables on the wire. */
async function kerioViews(tables: Tables, t: TestContext): Promise<{ readonly Security: View; readonly SmtpSecurity: View }> {
  const port = await openSeed(kerio(tables), t)
  const [Security, SmtpSecurity] = await Promise.all([viewOf(port('https')), viewOf(port('smtps'))])
  return { Security, SmtpSecurity }
}

/** What of the sample the default list has, as the server takes it. */
const SUITES = [
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_DHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
  'TLS_DHE_RSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
  'TLS_DHE_RSA_WITH_AES_128_CBC_SHA',
  'TLS_RSA_WITH_AES_256_CBC_SHA',
  'TLS_RSA_WITH_AES_128_CBC_SHA',
  'TLS_RSA_WITH_CAMELLIA_128_CBC_SHA',
]
const without = (part: RegExp): readonly string[] => SUITES.filter((suite) => !part.test(suite))
/** Before TLS 1.2 there are neither AEAD suites nor hashes of SHA-2. */
const OLD = without(/_SHA(?:256|384)$/)

const SECURITY: View = {
  versions: 'TLSv1 TLSv1.1 TLSv1.2',
  suites: SUITES,
  order: 'server',
  dhe: 'DH, 2048 bits',
  ecdhe: 'X25519, 253 bits',
  emptyFragments: false,
  sslv2Hello: true,
}
/** Size 0: 2048 bits, and 1024 for SMTP. */
const BASE = { Security: SECURITY, SmtpSecurity: { ...SECURITY, dhe: 'DH, 1024 bits' } } as const

/** What else goes where nothing up to TLS 1.2 is spoken. */
const ONLY_13 = { suites: [], order: '-', dhe: 'off', ecdhe: 'off', emptyFragments: '-', sslv2Hello: false } as const
const NO_DHE = { dhe: 'off', suites: without(/_DHE_/) } as const
const NO_ECDHE = { ecdhe: 'off', suites: without(/ECDHE/) } as const

/** That of the sample. */
const CLIENTS_ORDER = [
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
  'TLS_DHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_DHE_RSA_WITH_AES_256_CBC_SHA',
  'TLS_DHE_RSA_WITH_AES_128_CBC_SHA',
  'TLS_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_RSA_WITH_AES_256_CBC_SHA',
  'TLS_RSA_WITH_AES_128_CBC_SHA',
  'TLS_RSA_WITH_CAMELLIA_128_CBC_SHA',
]

type Row = readonly [why: string, variables: Variables, changes: Partial<View>]

const ROWS: readonly Row[] = [
  ['an empty list is the default one', { ServerTlsProtocols: '', ServerTlsCiphers: '' }, {}],
  ['one version', { ServerTlsProtocols: 'TLSv1.2' }, { versions: 'TLSv1.2', emptyFragments: '-' }],
  ['the oldest alone', { ServerTlsProtocols: 'TLSv1' }, { versions: 'TLSv1', suites: OLD }],
  ['the one in the middle', { ServerTlsProtocols: 'TLSv1.1' }, { versions: 'TLSv1.1', suites: OLD, emptyFragments: '-' }],
  ['a hole', { ServerTlsProtocols: 'TLSv1,TLSv1.2' }, { versions: 'TLSv1 TLSv1.2' }],
  ['a hole of two', { ServerTlsProtocols: 'TLSv1,TLSv1.3' }, { versions: 'TLSv1 TLSv1.3', suites: OLD }],
  ['any order', { ServerTlsProtocols: 'TLSv1.2,TLSv1.1,TLSv1' }, {}],
  ['all that there are', { ServerTlsProtocols: 'TLSv1,TLSv1.1,TLSv1.2,TLSv1.3' }, { versions: 'TLSv1 TLSv1.1 TLSv1.2 TLSv1.3' }],
  ['TLS 1.3 alone', { ServerTlsProtocols: 'TLSv1.3' }, { versions: 'TLSv1.3', ...ONLY_13 }],
  ['the page’s own example, without SSLv3', { ServerTlsProtocols: 'SSLv3,TLSv1,TLSv1.1,TLSv1.2' }, {}],
  [
    'the page’s list that deletes a suite',
    { ServerTlsCiphers: 'AESGCM:HIGH:+EDH-DSS-DES-CBC3-SHA:+DES-CBC3-SHA:!ECDHE-RSA-AES256-SHA384' },
    { suites: without(/^TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384$/) },
  ],
  [
    'a suite that - takes out and a later word brings back, at the end',
    { ServerTlsCiphers: 'AES128-SHA:AES256-SHA:-AES128-SHA:AES128-SHA' },
    { suites: ['TLS_RSA_WITH_AES_256_CBC_SHA', 'TLS_RSA_WITH_AES_128_CBC_SHA'], dhe: 'off', ecdhe: 'off' },
  ],
  [
    '+ moves to the end',
    { ServerTlsCiphers: 'AES256-SHA:AES128-SHA:+AES256-SHA' },
    { suites: ['TLS_RSA_WITH_AES_128_CBC_SHA', 'TLS_RSA_WITH_AES_256_CBC_SHA'], dhe: 'off', ecdhe: 'off' },
  ],
  [
    'a suite that Node has not, beside one that it has',
    { ServerTlsCiphers: 'DES-CBC3-SHA:AES128-SHA' },
    { suites: ['TLS_RSA_WITH_AES_128_CBC_SHA'], order: '-', dhe: 'off', ecdhe: 'off' },
  ],
  ['DHE off', { DheOn: '0' }, NO_DHE],
  ['DHE of 1024 bits', { DheBits: '1024' }, { dhe: 'DH, 1024 bits' }],
  ['DHE of 2048 bits', { DheBits: '2048' }, { dhe: 'DH, 2048 bits' }],
  ['DHE of 4096 bits', { DheBits: '4096' }, { dhe: 'DH, 4096 bits' }],
  ['the size counts for nothing where DHE is off', { DheOn: '0', DheBits: '4096' }, NO_DHE],
  ['ECDHE off', { EcdheOn: '0' }, NO_ECDHE],
  ['neither', { DheOn: '0', EcdheOn: '0' }, { dhe: 'off', ecdhe: 'off', suites: without(/DHE_/) }],
  [
    'without curves TLS 1.3 goes on in a finite field',
    { EcdheOn: '0', ServerTlsProtocols: 'TLSv1.2,TLSv1.3' },
    { ...NO_ECDHE, versions: 'TLSv1.2 TLSv1.3', emptyFragments: '-' },
  ],
  [
    'without both there is no TLS 1.3',
    { DheOn: '0', EcdheOn: '0', ServerTlsProtocols: 'TLSv1.2,TLSv1.3' },
    { dhe: 'off', ecdhe: 'off', suites: without(/DHE_/), versions: 'TLSv1.2', emptyFragments: '-' },
  ],
  ['the workaround for CVE-2011-3389 left on', { NoEmptyRecords: '0' }, { emptyFragments: true }],
  ['the client chooses', { ServerChooses: '0' }, { order: 'client', suites: CLIENTS_ORDER }],
]

describe('postern gate run mailserver.cfg', { concurrency: 2, skip: needPackages('openssl') }, () => {
  test('serves the defaults of the page where nothing is said', async (t) => {
    assert.deepEqual(await kerioViews({}, t), BASE)
  })

  // Each row stands once in each table, beside another one in the other: what one of them changes must not show at the doors of the other.
  for (const [index, [why, variables, changes]] of ROWS.entries()) {
    const [otherWhy, otherVariables, otherChanges] = ROWS[(index + Math.floor(ROWS.length / 2)) % ROWS.length]!
    test(`Security: ${why}; SmtpSecurity: ${otherWhy}`, async (t) => {
      assert.deepEqual(await kerioViews({ Security: variables, SmtpSecurity: otherVariables }, t), {
        Security: { ...BASE.Security, ...changes },
        SmtpSecurity: { ...BASE.SmtpSecurity, ...otherChanges },
      })
    })
  }

  const versions: readonly (readonly [why: string, productVersion: string, variables: Variables, changes: Partial<View>])[] = [
    ['DisableEphemeralDH turns DHE off in 9.0.1', '9.0.1', { DisableEphemeralDH: '1' }, { dhe: 'off' }],
    ['and on with 0, as the page says', '9.0.1', { DisableEphemeralDH: '0' }, {}],
    ['and nothing reads it from 9.0.2 on', '9.4.2', { DisableEphemeralDH: '1' }, {}],
    ['TLS 1.3 is there from 9.3.0 on', '9.3.0', { ServerTlsProtocols: 'TLSv1.2,TLSv1.3' }, { versions: 'TLSv1.2 TLSv1.3' }],
    ['and not before', '9.2.7', { ServerTlsProtocols: 'TLSv1.2,TLSv1.3' }, { versions: 'TLSv1.2' }],
  ]
  for (const [why, productVersion, variables, changes] of versions) {
    test(why, async (t) => {
      const seed = kerio({ Security: variables }, { services: { https: at(http.port) } })
      const port = await openSeed({ ...seed, values: { ...seed.values, productVersion } }, t)
      assert.deepEqual(await briefViewOf(port('https')), { versions: SECURITY.versions, dhe: SECURITY.dhe, ...changes })
    })
  }

  test('governs SMTP by SmtpSecurity and the rest by Security, behind STARTTLS as well', async (t) => {
    const services = { smtp: at(smtpd.port), imap: at(imapd.port), submission: at(smtpd.port), imaps: at(imapd.port) }
    const port = await openSeed(kerio({ Security: { DheBits: '4096' } }, { services }), t)
    const key = async (service: string, ...words: readonly string[]): Promise<string | undefined> => {
      const text = await sClient(port(service), '-no_tls1_3', '-brief', '-cipher', 'kDHE:@SECLEVEL=0', ...words)
      return /^Server Temp Key: (.+)$/m.exec(text)?.[1]
    }
    assert.deepEqual(
      await Promise.all([
        key('smtp', '-starttls', 'smtp'),
        key('submission', '-starttls', 'smtp'),
        key('imap', '-starttls', 'imap'),
        key('imaps'),
      ]),
      ['DH, 1024 bits', 'DH, 1024 bits', 'DH, 4096 bits', 'DH, 4096 bits'],
    )
  })

  test('opens what has a server behind it, where Kerio Connect does by itself, and what is named besides', async (t) => {
    const services = {
      smtp: '127.0.0.1:2525',
      imaps: { backend: '127.0.0.1:2143', stage: 'observe' },
      admin: { listen: '127.0.0.1:4040', dialect: 'tls', tls: 'implicit', backend: '127.0.0.1:4041' },
      own: { listen: ':10025', dialect: 'smtp', tls: 'required', backend: '127.0.0.1:2525', policy: 'mozilla-modern' },
    }
    const { config } = await readSeed(kerio({}, { services }), t)
    assert.deepEqual(
      config.services.map(({ name, listen, tls, rules }) => [
        name,
        placeText(listen),
        tls,
        rules[0]?.policy.name,
        rules[0]?.stages[0]?.stage,
      ]),
      [
        ['smtp', ':25', 'starttls', 'mailserver.cfg, SMTP', 'refuse'],
        ['imaps', ':993', 'implicit', 'mailserver.cfg, everything but SMTP', 'observe'],
        ['admin', '127.0.0.1:4040', 'implicit', 'mailserver.cfg, everything but SMTP', 'refuse'],
        ['own', ':10025', 'required', 'mozilla-modern', 'refuse'],
      ],
    )
  })

  const losses: readonly (readonly [why: string, variables: Variables, loss: RegExp])[] = [
    ['SSLv3', { ServerTlsProtocols: 'SSLv3,TLSv1' }, /^SSLv3: no session is ever carried over SSL 2\.0 or SSL 3\.0/],
    [
      '3DES',
      { ServerTlsCiphers: 'DES-CBC3-SHA:AES128-SHA' },
      /^TLS_RSA_WITH_3DES_EDE_CBC_SHA: the OpenSSL inside this Node does not have it/,
    ],
    ['RC4', { ServerTlsCiphers: 'RC4-SHA:AES128-SHA' }, /^TLS_RSA_WITH_RC4_128_SHA: the OpenSSL inside this Node does not have it/],
    [
      'TLS 1.3 without a group',
      { ServerTlsProtocols: 'TLSv1.2,TLSv1.3', DheOn: '0', EcdheOn: '0' },
      /^TLSv1\.3: the policy allows no group for it/,
    ],
  ]
  for (const [why, variables, loss] of losses) {
    test(`says that it has no ${why}`, async (t) => {
      const seed = { ...kerio({ Security: variables }, { services: { https: at(http.port) } }) }
      const { config } = await readSeed({ ...seed, values: { ...seed.values, openssl: '1.0.2' } }, t)
      const lost = (await lossesOf(config.services[0]!)).flatMap((one) => one.losses)
      assert.ok(
        lost.some((one) => loss.test(one)),
        lost.join('\n'),
      )
    })
  }

  test('says that a list has suites without a certificate, as the default one of old versions', async (t) => {
    const seed = kerio({}, { services: { https: at(http.port) } })
    const { settings } = await readSeed({ ...seed, values: { ...seed.values, productVersion: '9.2.7' } }, t)
    assert.match(
      settings?.notes.join('\n') ?? '',
      /^everything but SMTP: its list has suites without a certificate .*TLS_DH_anon_WITH_AES_256_GCM_SHA384/,
    )
    assert.deepEqual((await readSeed(seed, t)).settings?.notes, [], 'newer ones have none')
  })

  const refused: readonly (readonly [why: string, seed: Seed, code: string, message: RegExp])[] = [
    [
      'a list with blanks, of which nobody knows what it does',
      kerio({ SmtpSecurity: { ServerTlsProtocols: 'TLSv1, TLSv1.2' } }),
      'GATE_SETTINGS',
      /^Cannot run mailserver\.cfg:6:\d+, SMTP: nobody knows what ServerTlsProtocols in SmtpSecurity means/,
    ],
    ['a list that OpenSSL refuses', kerio({ Security: { ServerTlsCiphers: 'NOTHING' } }), 'GATE_SETTINGS', /ServerTlsCiphers in Security/],
    ['a switch that is neither', kerio({ Security: { DheOn: 'yes' } }), 'GATE_SETTINGS', /DheOn in Security/],
    ['no services', kerio({}, {}), 'GATE_CONFIG', /no service is named, and mailserver\.cfg does not say where it listens/],
    ['a service without a port', kerio({}, { services: { admin: '127.0.0.1:80' } }), 'GATE_CONFIG', /the service admin has no dialect/],
    ['a service without a server', kerio({}, { services: { smtp: {} } }), 'GATE_CONFIG', /the service smtp has no backend/],
    ['a word that is none', kerio({}, { services: { smtp: { backnd: '127.0.0.1:25' } } }), 'GATE_CONFIG', /postern\.yaml:/],
  ]
  for (const [why, seed, code, message] of refused) {
    test(`refuses ${why}`, async (t) => {
      await assert.rejects(readSeed(seed, t), (error) => {
        assert.ok(error instanceof PosternError)
        assert.deepEqual([error.fault, error.code], ['input', code])
        assert.match(error.message, message)
        assert.ok(error.remedy)
        return true
      })
    })
  }

  test('takes a policy in place of what nobody knows', async (t) => {
    const services = { smtps: { ...at(smtp.port), policy: 'mozilla-intermediate' }, https: at(http.port) }
    const { config } = await readSeed(kerio({ SmtpSecurity: { ServerTlsProtocols: 'TLSv1, TLSv1.2' } }, { services }), t)
    assert.equal(config.services[0]?.rules[0]?.policy.name, 'mozilla-intermediate')
  })

  test('keeps to a file of holes as the auditor finds', async (t) => {
    const seed = kerio({
      Security: { ServerTlsProtocols: 'TLSv1,TLSv1.2', ServerTlsCiphers: 'AES128-SHA:ECDHE-RSA-AES256-SHA:DHE-RSA-AES128-SHA' },
    })
    const { config } = await readSeed(seed, t)
    const policy = config.services.find(({ name }) => name === 'https')!.rules[0]!.policy
    const port = (await openSeed(seed, t))('https')
    const { checks } = await proveAt({ port, name: SERVER_NAME }, withoutCertificates(policy))
    assert.ok(checks.length > 5)
    assert.deepEqual(
      checks.flatMap(({ id, verdict }) => (verdict === 'kept' ? [] : [[id, verdict]])),
      [],
    )
  })
})

/** The connectors of Mail Express as it is installed. */
const EXPRESS = readFileSync(new URL('../../src/settings/tomcat/testdata/mail-express.xml', import.meta.url), 'utf8')
const OPEN = {
  backend: loopback(http.port),
  services: { 'port 8443': { listen: '127.0.0.1:0' }, 'DMZ Gateway': { listen: '127.0.0.1:0' } },
}
const express = (text: string, beside: Seed['beside'] = OPEN): Seed => ({ name: 'server.xml', text, beside })
const edited = (...edits: readonly (readonly [from: string, to: string])[]): string =>
  edits.reduce((text, [from, to]) => {
    assert.ok(text.includes(from), from)
    return text.replace(from, () => to)
  }, EXPRESS)
const PAGE = [
  ['SSLProtocol="all"', 'SSLProtocol="TLSv1"'],
  ['sslProtocols="SSLv2Hello,SSLv3,TLSv1"', 'sslProtocols="TLSv1"'],
] as const

/** The part of a view that these settings decide. */
async function expressViews(text: string, t: TestContext): Promise<Readonly<Record<'listener' | 'gateway', Partial<View>>>> {
  const port = await openSeed(express(text), t)
  const [listener, gateway] = await Promise.all(
    ['port 8443', 'DMZ Gateway'].map(async (door) => {
      const { versions, suites, order, sslv2Hello } = await viewOf(port(door))
      return { versions, suites, order, sslv2Hello }
    }),
  )
  return { listener: listener!, gateway: gateway! }
}

describe('postern gate run server.xml', { concurrency: 2, skip: needPackages('openssl') }, () => {
  const listener = {
    versions: 'TLSv1 TLSv1.1 TLSv1.2',
    suites: ['TLS_RSA_WITH_AES_256_CBC_SHA', 'TLS_RSA_WITH_AES_128_CBC_SHA'],
    order: 'client',
    sslv2Hello: true,
  } as const
  const gateway = { versions: 'TLSv1', suites: OLD, order: 'server', sslv2Hello: true } as const
  const rows: readonly (readonly [why: string, text: string, listener: Partial<View>, gateway: Partial<View>])[] = [
    ['all, and a hello in the format of SSL 2.0', EXPRESS, {}, {}],
    ['TLSv1 at the listener alone', edited(PAGE[0]), { versions: 'TLSv1', sslv2Hello: false }, {}],
    ['TLSv1 at the gateway alone', edited(PAGE[1]), {}, { sslv2Hello: false }],
    ['the way back of the page, with its blank', edited(['"SSLv2Hello,SSLv3,TLSv1"', '" SSLv2Hello,SSLv3,TLSv1"']), {}, {}],
    ['both steps of the page', edited(...PAGE), { versions: 'TLSv1', sslv2Hello: false }, { sslv2Hello: false }],
    [
      'other suites',
      edited(['AES128-SHA:AES256-SHA:DES-CBC3-SHA:RC4-SHA', 'AES256-SHA:CAMELLIA128-SHA']),
      { suites: ['TLS_RSA_WITH_AES_256_CBC_SHA', 'TLS_RSA_WITH_CAMELLIA_128_CBC_SHA'] },
      {},
    ],
  ]
  for (const [why, text, ofListener, ofGateway] of rows) {
    test(why, async (t) => {
      assert.deepEqual(await expressViews(text, t), { listener: { ...listener, ...ofListener }, gateway: { ...gateway, ...ofGateway } })
    })
  }

  const host = (attributes: string): string =>
    `<Server port="8005"><Service name="Catalina"><Connector port="9443" address="127.0.0.1" SSLEnabled="true"><SSLHostConfig ${attributes}/></Connector></Service></Server>`
  const tomcat: readonly (readonly [why: string, attributes: string, changes: Partial<View>])[] = [
    ['two versions and a list of Tomcat 9', 'protocols="TLSv1.2+TLSv1.3" ciphers="AES256-SHA:AES128-SHA" honorCipherOrder="true"', {}],
    ['the client chooses', 'protocols="TLSv1.2+TLSv1.3" ciphers="AES256-SHA:AES128-SHA" honorCipherOrder="false"', { order: 'client' }],
    [
      'all but one',
      'protocols="all,-TLSv1.1" ciphers="AES256-SHA:AES128-SHA" honorCipherOrder="true"',
      { versions: 'TLSv1 TLSv1.2 TLSv1.3', sslv2Hello: true },
    ],
  ]
  for (const [why, attributes, changes] of tomcat) {
    test(why, async (t) => {
      const beside = { services: { 'port 9443 on 127.0.0.1': at(http.port) } }
      const port = await openSeed({ ...express(host(attributes), beside), values: { product: 'tomcat', productVersion: '9.0.85' } }, t)
      const { versions, suites, order, sslv2Hello } = await viewOf(port('port 9443 on 127.0.0.1'))
      assert.deepEqual(
        { versions, suites: suites.toSorted(), order, sslv2Hello },
        {
          versions: 'TLSv1.2 TLSv1.3',
          suites: ['TLS_RSA_WITH_AES_128_CBC_SHA', 'TLS_RSA_WITH_AES_256_CBC_SHA'],
          order: 'server',
          sslv2Hello: false,
          ...changes,
        },
      )
    })
  }

  test('makes every Connector with TLS a listener on its port', async (t) => {
    const { config, settings } = await readSeed(express(EXPRESS, { backend: '127.0.0.1:8080' }), t)
    assert.deepEqual(
      config.services.map(({ name, listen, tls, dialect, backends }) => [name, placeText(listen), tls, dialect, backends[0]?.place.port]),
      [
        ['port 8443', ':8443', 'implicit', 'http', 8080],
        ['DMZ Gateway', ':8444', 'implicit', 'http', 8080],
      ],
    )
    assert.ok(settings?.notes.some((note) => note.startsWith('DMZ Gateway: the settings do not tell which suites are used')))
  })

  test('says that hosts of one Connector get one TLS', async (t) => {
    const two = host('protocols="TLSv1.2"/><SSLHostConfig hostName="old.example.com" protocols="TLSv1"')
    const { config, settings } = await readSeed({ ...express(two, { backend: '127.0.0.1:8080' }), values: { product: 'tomcat' } }, t)
    assert.deepEqual(
      config.services.map(({ name }) => name),
      ['port 9443 on 127.0.0.1'],
    )
    assert.ok(settings?.notes.some((note) => note.startsWith('port 9443 on 127.0.0.1, host old.example.com: a gate has one TLS on a port')))
  })

  test('refuses quotes as the page has them, and names that are none', async (t) => {
    await assert.rejects(readSeed(express(edited(['SSLProtocol="all"', 'SSLProtocol=”TLSv1”'])), t), { code: 'SETTINGS_MALFORMED' })
    await assert.rejects(readSeed(express(edited([PAGE[1][0], 'sslProtocols="TLsv1"'])), t), { code: 'GATE_SETTINGS' })
  })
})

const program = new URL('../../bin/postern.js', import.meta.url).pathname

describe('postern gate, as it is typed', { skip: needPackages('openssl') }, () => {
  test('check and run say that SSLv3 is never spoken, and run without it', async (t) => {
    const services = { https: at(http.port) }
    const { file } = await readSeed(kerio({ Security: { ServerTlsProtocols: 'SSLv3,TLSv1.2' } }, { services }), t)
    const LOST = /^.*mailserver\.cfg, everything but SMTP: cannot be kept: SSLv3: no session is ever carried over/m
    const check = spawn(process.execPath, [program, 'gate', 'check', file], { timeout: 20_000 })
    let said = ''
    check.stdout.on('data', (bytes: Buffer) => void (said += bytes.toString()))
    assert.deepEqual(await once(check, 'close'), [0, null])
    assert.match(said, /^https: http on 127\.0\.0\.1:0, TLS implicit\n {2}mailserver\.cfg, everything but SMTP, refuse\n/)
    assert.match(said, /^ {4}cannot be kept: SSLv3: no session is ever carried over/m)
    assert.match(said, /lists SSLv3, as an example on the vendor's page does/)

    const run = spawn(process.execPath, [program, 'gate', 'run', file, '--with', `${file.replace(/mailserver\.cfg$/, '')}postern.yaml`], {
      timeout: 30_000,
    })
    t.after(() => void run.kill('SIGKILL'))
    let told = ''
    while (!/listens on 127\.0\.0\.1:\d+\n/.test(told)) told += String(((await once(run.stderr, 'data')) as [Buffer])[0])
    assert.match(told, LOST)
    const port = Number(/listens on 127\.0\.0\.1:(\d+)/.exec(told)?.[1])
    assert.match(await sClient(port, '-brief'), /^Protocol version: TLSv1\.2$/m)

    const heard = async (end: RegExp): Promise<void> => {
      told = ''
      while (!end.test(told)) told += String(((await once(run.stderr, 'data')) as [Buffer])[0])
    }
    writeFileSync(file, mailserver({ Security: { ServerTlsProtocols: 'TLSv1.2,TLSv1.3' } }))
    run.kill('SIGHUP')
    await heard(/^Read .*mailserver\.cfg again\.\n(?:.*\n)*https listens on /m)
    assert.match(await sClient(port, '-brief'), /^Protocol version: TLSv1\.3$/m)
    writeFileSync(file, mailserver({ Security: { ServerTlsProtocols: 'TLS1.3' } }))
    run.kill('SIGHUP')
    await heard(/nobody knows what ServerTlsProtocols in Security means(?:.*\n)*The gate goes on as before\.\n/)
    assert.match(await sClient(port, '-brief'), /^Protocol version: TLSv1\.3$/m)
    run.kill('SIGTERM')
    assert.deepEqual(await once(run, 'close'), [0, null])
  })
})

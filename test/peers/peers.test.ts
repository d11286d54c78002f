import assert from 'node:assert/strict'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { listeners } from './free-port.ts'
import { answerTo, clientHello, helloWithoutKeys, sslv2FormatHello } from './hellos.ts'
import {
  certificates,
  leafNames,
  needPeer,
  peerNames,
  SERVER_NAME,
  startPeer,
  type ChainShape,
  type LeafName,
  type PeerDoor,
  type PeerName,
  type PeerSettings,
} from './index.ts'
import * as list from './list.ts'

/** One handshake with `openssl s_client`, and what came of it: `protocol suite key`, `refused`, or
 * `an older version` when the server chose one that the client had not offered: it knows the client's highest only; `a DH
 * group below 1024 bits` is where s_client gives up. */
interface Meeting<Door extends string> {
  readonly door: Door
  readonly starttls?: string
  /** Switches of s_client. */
  readonly offers: string
  readonly sees: string
}

/** How s_client names the versions, with what they need to be offered at all. */
const OLD = '-cipher ALL:@SECLEVEL=0'
const TLS1 = `-tls1 ${OLD}`
const TLS11 = `-tls1_1 ${OLD}`
const TLS12 = `-tls1_2 ${OLD}`

async function meet(port: number, { starttls, offers }: Pick<Meeting<string>, 'starttls' | 'offers'>): Promise<string> {
  const dialect = starttls === undefined ? [] : ['-starttls', starttls, '-xmpphost', SERVER_NAME]
  const output = await sClient(['-connect', `127.0.0.1:${port}`, '-brief', ...dialect, ...offers.split(' ')])
  const value = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(output)?.[1] ?? ''
  if (output.includes('ssl_choose_client_version:unsupported protocol')) return 'an older version'
  if (output.includes('dh key too small')) return 'a DH group below 1024 bits'
  if (!output.includes('CONNECTION ESTABLISHED')) return /alert|no protocols available|unexpected eof/.test(output) ? 'refused' : output
  const key = value('Server Temp Key')
    .replace(/^ECDH, /, '')
    .replace(/, (\d+) bits$/, (_all, bits) => (value('Server Temp Key').startsWith('DH') ? `-${bits}` : ''))
  return `${value('Protocol version')} ${value('Ciphersuite')} ${key}`.trim()
}

async function sClient(switches: readonly string[]): Promise<string> {
  const { root } = await certificates()
  const trust = ['-CAfile', root, '-no-CApath', '-no-CAstore']
  return new Promise((resolve) => {
    const options = { timeout: 20_000, env: { PATH: process.env['PATH'], OPENSSL_CONF: '/dev/null' } }
    const child = execFile('openssl', ['s_client', ...trust, ...switches], options, (_error, stdout, stderr) => resolve(stdout + stderr))
    child.stdin?.end()
  })
}

/** A server with these settings does exactly this. */
function proves<N extends PeerName>(name: N, settings: PeerSettings<N>, meetings: readonly Meeting<PeerDoor<N>>[]): void {
  test(`${name} keeps to its settings`, { skip: needPeer(name) }, async (t) => {
    const peer = await startPeer(name, settings, t)
    const seen: string[] = []
    for (const meeting of meetings) seen.push(await meet(peer.doors[meeting.door], meeting))
    assert.deepEqual(
      seen,
      meetings.map((meeting) => meeting.sees),
      peer.log().slice(-2000),
    )
  })
}

describe('servers', { concurrency: 3 }, () => {
  proves(
    'postfix',
    {
      protocols: ['TLSv1', 'TLSv1.2'],
      ciphers: 'ALL',
      securityLevel: 0,
      dh: 'own-1024',
      groups: ['P-384'],
      order: 'server',
      certificates: ['rsa', 'ecdsa'],
    },
    [
      { door: 'smtp', starttls: 'smtp', offers: TLS1, sees: 'TLSv1 ECDHE-ECDSA-AES256-SHA secp384r1' },
      { door: 'smtp', starttls: 'smtp', offers: '-tls1 -cipher aRSA+kDHE:@SECLEVEL=0', sees: 'TLSv1 DHE-RSA-AES256-SHA DH-1024' },
      { door: 'smtps', offers: TLS11, sees: 'an older version' },
      { door: 'submission', starttls: 'smtp', offers: '-tls1_2 -cipher AES128-SHA', sees: 'TLSv1.2 AES128-SHA' },
      { door: 'postscreen', starttls: 'smtp', offers: '-tls1_3', sees: 'refused' },
    ],
  )
  proves(
    'dovecot',
    {
      protocols: ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
      ciphers: 'kDHE:kRSA',
      securityLevel: 0,
      dh: 'ffdhe3072',
      order: 'server',
      certificates: ['rsa', 'ecdsa'],
    },
    [
      { door: 'imap', starttls: 'imap', offers: TLS1, sees: 'refused' },
      { door: 'imap', starttls: 'imap', offers: TLS11, sees: 'TLSv1.1 DHE-RSA-AES256-SHA DH-3072' },
      { door: 'imaps', offers: '-tls1_3', sees: 'TLSv1.3 TLS_AES_256_GCM_SHA384 X25519' },
      { door: 'pop3', starttls: 'pop3', offers: TLS12, sees: 'TLSv1.2 DHE-RSA-AES256-GCM-SHA384 DH-3072' },
      { door: 'pop3s', offers: '-tls1_2 -cipher ECDHE', sees: 'refused' },
      { door: 'sieve', starttls: 'sieve', offers: '-tls1_2 -cipher AES128-SHA', sees: 'TLSv1.2 AES128-SHA' },
      { door: 'lmtp', starttls: 'lmtp', offers: '-tls1_2 -cipher AES256-SHA', sees: 'TLSv1.2 AES256-SHA' },
    ],
  )
  proves(
    'exim',
    {
      ciphers: 'NORMAL:-KX-ALL:+DHE-RSA:+RSA',
      protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2'],
      dh: 'own-2048',
      certificates: ['rsa'],
      staple: true,
    },
    [
      { door: 'smtp', starttls: 'smtp', offers: TLS1, sees: 'TLSv1 DHE-RSA-AES256-SHA DH-2048' },
      { door: 'smtps', offers: '-tls1_2 -cipher AES128-SHA', sees: 'TLSv1.2 AES128-SHA' },
      { door: 'smtps', offers: '-tls1_3', sees: 'refused' },
    ],
  )
  proves('opensmtpd', { ciphers: 'ALL', securityLevel: 0 }, [
    { door: 'smtp', starttls: 'smtp', offers: '-tls1 -cipher AECDH:@SECLEVEL=0', sees: 'TLSv1 AECDH-AES256-SHA X25519' },
    { door: 'smtps', offers: '-tls1_2', sees: 'refused' },
  ])
  proves(
    'nginx',
    {
      protocols: ['TLSv1', 'TLSv1.3'],
      ciphers: 'ALL',
      securityLevel: 0,
      ciphersuites: 'TLS_CHACHA20_POLY1305_SHA256',
      groups: ['P-521'],
      order: 'server',
      certificates: ['ecdsa', 'rsa'],
      staple: true,
      tickets: false,
    },
    [
      { door: 'https', offers: '-tls1_3 -status', sees: 'TLSv1.3 TLS_CHACHA20_POLY1305_SHA256 secp521r1' },
      { door: 'https', offers: TLS12, sees: 'an older version' },
      { door: 'smtp', starttls: 'smtp', offers: TLS1, sees: 'TLSv1 ECDHE-ECDSA-AES256-SHA secp521r1' },
      { door: 'imap', starttls: 'imap', offers: TLS1, sees: 'TLSv1 ECDHE-ECDSA-AES256-SHA secp521r1' },
      { door: 'pop3', starttls: 'pop3', offers: TLS11, sees: 'an older version' },
      { door: 'imaps', offers: '-tls1_3', sees: 'TLSv1.3 TLS_CHACHA20_POLY1305_SHA256 secp521r1' },
    ],
  )
  proves(
    'haproxy',
    {
      protocols: ['TLSv1.1', 'TLSv1.2'],
      ciphers: 'kDHE',
      securityLevel: 0,
      dh: 'own-1024',
      certificates: ['rsa', 'ecdsa'],
      staple: true,
      order: 'client',
    },
    [
      { door: 'https', offers: TLS1, sees: 'refused' },
      { door: 'https', offers: TLS11, sees: 'TLSv1.1 DHE-RSA-AES256-SHA DH-1024' },
      {
        door: 'https',
        offers: '-tls1_2 -cipher DHE-RSA-AES128-SHA:DHE-RSA-AES256-SHA:@SECLEVEL=0',
        sees: 'TLSv1.2 DHE-RSA-AES128-SHA DH-1024',
      },
    ],
  )
  proves('stunnel', { protocols: ['TLSv1', 'TLSv1.2'], ciphers: 'ALL', securityLevel: 0, order: 'server', dh: 'ffdhe2048' }, [
    { door: 'smtp', starttls: 'smtp', offers: '-tls1 -cipher kDHE:@SECLEVEL=0', sees: 'TLSv1 DHE-RSA-AES256-SHA DH-2048' },
    { door: 'imap', starttls: 'imap', offers: TLS11, sees: 'an older version' },
    { door: 'pop3', starttls: 'pop3', offers: '-tls1_2 -cipher AES128-SHA', sees: 'TLSv1.2 AES128-SHA' },
    { door: 'tls', offers: '-tls1_3', sees: 'refused' },
  ])
  for (const [name, curve] of [
    ['lighttpdOpenssl', 'X25519'],
    ['lighttpdGnutls', 'X25519'],
    ['lighttpdMbedtls', 'secp521r1'],
    ['lighttpdWolfssl', 'X25519'],
  ] as const)
    proves(name, { protocols: ['TLSv1.2'], ciphers: 'HIGH' }, [
      { door: 'https', offers: '-tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384', sees: `TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384 ${curve}` },
      { door: 'https', offers: TLS11, sees: 'refused' },
    ])
  proves('lighttpdNss', { protocols: ['TLSv1', 'TLSv1.1'], ciphers: 'HIGH' }, [
    { door: 'https', offers: TLS1, sees: 'TLSv1 ECDHE-RSA-AES128-SHA X25519' },
    { door: 'https', offers: '-tls1_2', sees: 'an older version' },
  ])
  proves('nss', { versions: ['ssl3', 'tls1.2'], suites: [0x0005, 0x000a, 0x002f, 0xc013] }, [
    { door: 'tls', offers: TLS1, sees: 'TLSv1 ECDHE-RSA-AES128-SHA X25519' },
    { door: 'tls', offers: '-tls1_2 -cipher AES128-SHA', sees: 'TLSv1.2 AES128-SHA' },
    { door: 'tls', offers: '-tls1_3', sees: 'refused' },
  ])
  proves(
    'tomcat',
    {
      versions: ['TLSv1.2', 'TLSv1.3'],
      ciphers: 'ECDHE-RSA-AES128-GCM-SHA256',
      admin: { versions: ['SSLv2Hello', 'TLSv1'], ciphers: 'ALL' },
    },
    [
      { door: 'https', offers: '-tls1_2', sees: 'TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 X25519' },
      { door: 'https', offers: TLS1, sees: 'refused' },
      { door: 'admin', offers: TLS1, sees: 'TLSv1 ECDHE-RSA-AES256-SHA X25519' },
      { door: 'admin', offers: '-tls1_2', sees: 'an older version' },
    ],
  )
  proves('jsse', { versions: ['TLSv1', 'TLSv1.2'], ciphers: 'all', dhKeySize: 'legacy', certificates: ['rsa', 'ecdsa', 'dsa'] }, [
    { door: 'tls', offers: '-tls1 -cipher aRSA+kDHE:@SECLEVEL=0', sees: 'a DH group below 1024 bits' },
    { door: 'tls', offers: '-tls1_2 -cipher aECDSA:@SECLEVEL=0', sees: 'TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384 X25519' },
    { door: 'tls', offers: '-tls1_3', sees: 'refused' },
  ])
  proves('vsftpd', { ciphers: 'kRSA', securityLevel: 0, tls10: false }, [
    { door: 'ftp', starttls: 'ftp', offers: TLS1, sees: 'refused' },
    { door: 'ftp', starttls: 'ftp', offers: TLS11, sees: 'TLSv1.1 AES256-SHA' },
    { door: 'ftps', offers: TLS12, sees: 'TLSv1.2 AES256-GCM-SHA384' },
  ])
  proves(
    'prosody',
    { protocols: ['TLSv1.1', 'TLSv1.2'], ciphers: 'kDHE:kECDHE', securityLevel: 0, groups: ['P-384'], dh: 'ffdhe2048', order: 'server' },
    [
      { door: 'c2s', starttls: 'xmpp', offers: TLS1, sees: 'refused' },
      { door: 'c2s', starttls: 'xmpp', offers: TLS11, sees: 'TLSv1.1 DHE-RSA-AES256-SHA DH-2048' },
      { door: 's2s', starttls: 'xmpp-server', offers: '-tls1_2 -cipher ECDHE', sees: 'TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384 secp384r1' },
      { door: 'c2sDirect', offers: '-tls1_3', sees: 'refused' },
    ],
  )
  proves('slapd', { ciphers: 'NORMAL:-KX-ALL:+DHE-RSA', protocols: ['TLSv1.1', 'TLSv1.2'], dh: 'ffdhe3072' }, [
    { door: 'ldap', starttls: 'ldap', offers: '-tls1_1 -cipher kDHE:@SECLEVEL=0', sees: 'TLSv1.1 DHE-RSA-AES256-SHA DH-3072' },
    { door: 'ldaps', offers: TLS1, sees: 'refused' },
  ])
  proves(
    'postgresql',
    { protocols: ['TLSv1', 'TLSv1.1'], ciphers: 'ALL', securityLevel: 0, dh: 'own-2048', groups: ['P-384'], order: 'server' },
    [
      { door: 'postgresql', starttls: 'postgres', offers: TLS1, sees: 'TLSv1 ECDHE-RSA-AES256-SHA secp384r1' },
      { door: 'postgresql', starttls: 'postgres', offers: '-tls1_1 -cipher kDHE:@SECLEVEL=0', sees: 'TLSv1.1 DHE-RSA-AES256-SHA DH-2048' },
      { door: 'postgresql', starttls: 'postgres', offers: '-tls1_2', sees: 'an older version' },
    ],
  )
  proves('mariadb', { protocols: ['TLSv1.1', 'TLSv1.2'], ciphers: 'AES128-SHA', securityLevel: 0 }, [
    { door: 'mysql', starttls: 'mysql', offers: TLS11, sees: 'TLSv1.1 AES128-SHA' },
    { door: 'mysql', starttls: 'mysql', offers: TLS1, sees: 'refused' },
  ])
  proves('inn', { protocols: ['TLSv1', 'TLSv1.3'], ciphers: 'ALL', securityLevel: 0, groups: ['P-384'], order: 'server' }, [
    { door: 'nntp', starttls: 'nntp', offers: TLS1, sees: 'TLSv1 ECDHE-RSA-AES256-SHA secp384r1' },
    { door: 'nntps', offers: '-tls1_3', sees: 'TLSv1.3 TLS_AES_256_GCM_SHA384 secp384r1' },
    { door: 'nntps', offers: TLS12, sees: 'an older version' },
  ])
  proves('inspircd', { ciphers: 'NORMAL:-KX-ALL:+RSA', protocols: ['TLSv1', 'TLSv1.1'], lookUp: false }, [
    { door: 'irc', starttls: 'irc', offers: TLS1, sees: 'TLSv1 AES256-SHA' },
    { door: 'ircs', offers: '-tls1_2', sees: 'an older version' },
  ])
  proves(
    'openssl',
    {
      protocols: ['TLSv1', 'TLSv1.2', 'TLSv1.3'],
      ciphers: 'kDHE:kRSA',
      securityLevel: 0,
      ciphersuites: 'TLS_AES_128_CCM_SHA256',
      groups: ['X448', 'P-256'],
      dh: 'own-1024',
      order: 'server',
      certificates: ['rsa', 'ecdsa'],
    },
    [
      { door: 'tls', offers: '-tls1_3 -ciphersuites TLS_AES_128_CCM_SHA256', sees: 'TLSv1.3 TLS_AES_128_CCM_SHA256 X448' },
      { door: 'tls', offers: TLS1, sees: 'TLSv1 DHE-RSA-AES256-SHA DH-1024' },
      { door: 'tls', offers: TLS11, sees: 'an older version' },
    ],
  )
  proves(
    'gnutls',
    { ciphers: 'NORMAL:+NULL:+ANON-ECDH', protocols: ['TLSv1.1', 'TLSv1.2'], dh: 'own-1024', certificates: ['rsa', 'ecdsa'] },
    [
      { door: 'tls', offers: '-tls1_2 -cipher NULL-SHA:@SECLEVEL=0', sees: 'TLSv1.2 NULL-SHA' },
      { door: 'tls', offers: '-tls1_2 -cipher aNULL+kECDHE:@SECLEVEL=0', sees: 'TLSv1.2 AECDH-AES256-SHA X25519' },
      { door: 'tls', offers: '-tls1_1 -cipher kDHE:@SECLEVEL=0', sees: 'TLSv1.1 DHE-RSA-AES256-SHA DH-1024' },
      { door: 'tls', offers: TLS1, sees: 'refused' },
    ],
  )
  proves('node8', { protocols: ['TLSv1', 'TLSv1.1'], ciphers: 'DHE-RSA-AES256-SHA:AES128-SHA', dh: 'own-1024' }, [
    { door: 'smtp', starttls: 'smtp', offers: TLS1, sees: 'TLSv1 DHE-RSA-AES256-SHA DH-1024' },
    { door: 'tls', offers: '-tls1_2', sees: 'an older version' },
  ])
  for (const name of ['node12', 'node16', 'node20', 'node24'] as const)
    proves(
      name,
      {
        protocols: ['TLSv1', 'TLSv1.3'],
        ciphers: 'DHE-RSA-AES256-SHA:AES128-SHA',
        securityLevel: 0,
        dh: 'own-2048',
        groups: ['P-384'],
        order: 'server',
      },
      [
        { door: 'imap', starttls: 'imap', offers: TLS1, sees: 'TLSv1 DHE-RSA-AES256-SHA DH-2048' },
        { door: 'smtp', starttls: 'smtp', offers: '-tls1_3', sees: 'TLSv1.3 TLS_AES_256_GCM_SHA384 secp384r1' },
        { door: 'tls', offers: TLS12, sees: 'an older version' },
      ],
    )
})

describe('what only some stacks still speak', { concurrency: 2 }, () => {
  test('JSSE answers SSLv3, hellos in SSLv2 format and EXPORT suites', { skip: needPeer('jsse') }, async (t) => {
    const { doors } = await startPeer('jsse', { versions: ['SSLv2Hello', 'SSLv3', 'TLSv1'], ciphers: 'all' }, t)
    assert.equal(await answerTo(clientHello(0x0300, [0x002f]), doors.tls), '0300 002f')
    assert.equal(await answerTo(clientHello(0x0300, [0x0003]), doors.tls), '0300 0003', 'TLS_RSA_EXPORT_WITH_RC4_40_MD5')
    assert.equal(await answerTo(sslv2FormatHello(0x0301, [0x002f, 0x0005]), doors.tls), '0301 002f')
    assert.equal(await answerTo(sslv2FormatHello(0x0300, [0x0005]), doors.tls), '0300 0005')
  })

  test('JSSE as it comes refuses all three', { skip: needPeer('jsse') }, async (t) => {
    const { doors } = await startPeer('jsse', { strict: true }, t)
    assert.match(await answerTo(clientHello(0x0300, [0x002f]), doors.tls), /^alert (?:40|70)$/)
    assert.match(await answerTo(clientHello(0x0303, [0x0003]), doors.tls), /^alert 40$/)
    assert.match(await answerTo(sslv2FormatHello(0x0303, [0x002f]), doors.tls), /^(?:alert|closed)/)
  })

  test('Tomcat answers hellos in SSLv2 format and SSLv3 when its settings say so', { skip: needPeer('tomcat') }, async (t) => {
    const settings = {
      versions: ['SSLv2Hello', 'SSLv3', 'TLSv1'],
      ciphers: 'ALL:COMPLEMENTOFALL',
      admin: { versions: ['TLSv1.2'] },
    } as const
    const { doors } = await startPeer('tomcat', settings, t)
    assert.equal(await answerTo(sslv2FormatHello(0x0300, [0x002f]), doors.https), '0300 002f')
    assert.equal(await answerTo(clientHello(0x0300, [0x0004]), doors.https), '0300 0004', 'TLS_RSA_WITH_RC4_128_MD5')
    assert.match(await answerTo(sslv2FormatHello(0x0303, [0x002f]), doors.admin), /^(?:alert|closed)/)
  })

  test('NSS speaks SSLv3 and RC4', { skip: needPeer('nss') }, async (t) => {
    const { doors } = await startPeer('nss', { versions: ['ssl3', 'tls1.1'], suites: [0x0005, 0x000a] }, t)
    assert.equal(await answerTo(clientHello(0x0300, [0x0005]), doors.tls), '0300 0005')
    assert.equal(await answerTo(clientHello(0x0303, [0x000a]), doors.tls), '0302 000a')
  })

  test('Node 24 chooses hybrid ML-KEM groups, Node 20 knows none', { skip: needPeer('node24') || needPeer('node20') }, async (t) => {
    const newer = await startPeer('node24', { groups: ['X25519MLKEM768', 'X25519'] }, t)
    const older = await startPeer('node20', {}, t)
    const hello = helloWithoutKeys([0x1301], [0x11ec, 0x0017])
    assert.equal(await answerTo(hello, newer.doors.tls), '0303 1301 group 11ec')
    assert.equal(await answerTo(hello, older.doors.tls), '0303 1301 group 0017')
  })

  test('Node 8 still has RC4 and 3DES', { skip: needPeer('node8') }, async (t) => {
    const { doors } = await startPeer('node8', { ciphers: 'RC4-SHA:DES-CBC3-SHA' }, t)
    assert.equal(await answerTo(clientHello(0x0303, [0x0005]), doors.tls), '0303 0005')
    assert.equal(await answerTo(clientHello(0x0301, [0x000a]), doors.tls), '0301 000a')
  })

  test('wolfSSL does not read more than 150 suites', { skip: needPeer('lighttpdWolfssl') }, async (t) => {
    const { doors } = await startPeer('lighttpdWolfssl', {}, t)
    const unknown = Array.from({ length: 149 }, (_, index) => 0xd100 + index)
    assert.equal(await answerTo(clientHello(0x0303, [0xc030, ...unknown], GROUPS), doors.https), '0303 c030')
    assert.equal(await answerTo(clientHello(0x0303, [0xc030, ...unknown, 0xd200], GROUPS), doors.https), 'alert 50')
  })

  test('OpenSMTPD names a suite and then cannot sign', { skip: needPeer('opensmtpd') }, async (t) => {
    const { doors } = await startPeer('opensmtpd', {}, t)
    assert.equal(await answerTo(clientHello(0x0303, [0xc030], GROUPS), doors.smtps), '0303 c030')
    assert.equal(await meet(doors.smtps, { offers: '-tls1_2' }), 'refused')
  })
})

/** supported_groups secp256r1, signature_algorithms rsa_pkcs1_sha256 and rsa_pss_rsae_sha256. */
const GROUPS = [
  [10, Buffer.from('00020017', 'hex')],
  [13, Buffer.from('000404010804', 'hex')],
] as const

describe('certificates', { concurrency: 2 }, () => {
  test('every leaf is what its name says', async () => {
    const { leaf, root } = await certificates()
    const verdict = (name: LeafName): string => {
      const { chain, certificate } = leaf(name)
      const switches = [
        'verify',
        '-CAfile',
        root,
        '-no-CApath',
        '-no-CAstore',
        '-auth_level',
        '2',
        '-verify_hostname',
        SERVER_NAME,
        '-untrusted',
        chain,
      ]
      const { stdout, stderr } = spawnSync('openssl', [...switches, certificate], { encoding: 'utf8' })
      return /error \d+ at \d depth lookup: (.*)/.exec(stderr)?.[1] ?? stdout.trim().slice(-2)
    }
    assert.deepEqual(Object.fromEntries(leafNames.map((name) => [name, verdict(name)])), {
      rsa: 'OK',
      'rsa-1024': 'EE certificate key too weak',
      'rsa-3072': 'OK',
      ecdsa: 'OK',
      'ecdsa-p384': 'OK',
      ed25519: 'OK',
      dsa: 'EE certificate key too weak',
      expired: 'certificate has expired',
      'not-yet': 'certificate is not yet valid',
      'wrong-name': 'hostname mismatch',
      'must-staple': 'OK',
      sha1: 'CA signature digest algorithm too weak',
      'self-signed': 'self-signed certificate',
      client: 'hostname mismatch',
    })
  })

  const served: readonly (readonly [shape: ChainShape, subjects: readonly string[]])[] = [
    ['full', [SERVER_NAME, 'Postern Test rsa-intermediate']],
    ['leaf-alone', [SERVER_NAME]],
    ['with-root', [SERVER_NAME, 'Postern Test rsa-intermediate', 'Postern Test Root']],
    ['reversed', [SERVER_NAME, 'Postern Test Root', 'Postern Test rsa-intermediate']],
  ]
  for (const [chain, subjects] of served)
    test(`a chain is sent ${chain}`, { skip: needPeer('nginx') || needPeer('openssl') }, async (t) => {
      const peers = [
        await startPeer('nginx', { chain }, t),
        await startPeer('openssl', { chain }, t),
        await startPeer('node24', { chain }, t),
      ]
      for (const { doors } of peers) {
        const output = await connectWith(Object.values(doors)[0] ?? 0, ['-showcerts'])
        assert.deepEqual(
          [...output.matchAll(/^ *\d s:CN = (.*)$/gm)].map(([, subject]) => subject),
          subjects,
        )
      }
    })

  for (const [name, starttls] of [
    ['nginx', 'https'],
    ['haproxy', 'https'],
    ['openssl', 'tls'],
    ['gnutls', 'tls'],
    ['node24', 'tls'],
    ['exim', 'smtps'],
  ] as const)
    test(`${name} staples when its settings say so`, { skip: needPeer(name) }, async (t) => {
      const [stapling, silent] = [await startPeer(name, { staple: true }, t), await startPeer(name, {}, t)]
      const doors = (peer: { readonly doors: Readonly<Record<string, number>> }): number => peer.doors[starttls] ?? 0
      assert.match(await connectWith(doors(stapling), ['-status']), /OCSP Response Status: successful[^]*Cert Status: good/)
      assert.match(await connectWith(doors(silent), ['-status']), /OCSP response: no response sent/)
    })
})

async function connectWith(port: number, switches: readonly string[]): Promise<string> {
  return sClient(['-connect', `127.0.0.1:${port}`, ...switches])
}

describe('Postfix', () => {
  test('answers 421 to the connection after the last that its rate allows', { skip: needPeer('postfix') }, async (t) => {
    const { doors } = await startPeer('postfix', { connectionsPerMinute: 2 }, t)
    const greetings = []
    for (let count = 0; count < 3; count++) greetings.push((await firstLine(doors.smtp)).slice(0, 4))
    assert.deepEqual(greetings, ['220 ', '220 ', '421 '])
  })

  test('answers 421 to one connection more than it allows at once', { skip: needPeer('postfix') }, async (t) => {
    const { doors } = await startPeer('postfix', { connectionsAtOnce: 1 }, t)
    const first = connect(doors.smtp, '127.0.0.1')
    t.after(() => first.destroy())
    await once(first, 'data')
    assert.match(await firstLine(doors.smtp), /^421 /)
  })

  test('behind postscreen begins its greeting, and ends it later', { skip: needPeer('postfix') }, async (t) => {
    const { doors } = await startPeer('postfix', { greetWaitSeconds: 1 }, t)
    const lines = createInterface({ input: connect(doors.postscreen, '127.0.0.1') })[Symbol.asyncIterator]()
    const start = performance.now()
    assert.equal((await lines.next()).value, '220-mail.example.test ESMTP please wait')
    assert.match((await lines.next()).value ?? '', /^220 mail.example.test/)
    assert.ok(performance.now() - start > 900)
    await lines.return?.()
  })
})

async function firstLine(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return bytes.toString('latin1')
}

describe('startPeer()', () => {
  test('tells a server that does not start by its own words', { skip: needPeer('openssl') }, async () => {
    await assert.rejects(
      startPeer('openssl', { ciphers: 'NONSENSE' }),
      /Cannot start openssl: it does not listen on \d+[^]*no cipher match[^]*ended by itself with status 1/,
    )
  })

  test('refuses settings that the program cannot take', { skip: needPeer('haproxy') }, async () => {
    await assert.rejects(
      startPeer('haproxy', { protocols: ['TLSv1', 'TLSv1.2'] }),
      /TLSv1 TLSv1.2: this program takes a range without holes/,
    )
  })

  test('keeps the log after stop(), removes the folder, and stops twice without harm', { skip: needPeer('openssl') }, async () => {
    const peer = await startPeer('openssl', {})
    await Promise.all([peer.stop(), peer.stop()])
    assert.match(peer.log(), /ACCEPT/)
    await assert.rejects(firstLine(peer.doors.tls), { code: 'ECONNREFUSED' })
  })

  test('leaves neither server nor folder when its process is killed', { skip: needPeer('postfix') }, async () => {
    const program = `import { startPeer } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
      const { doors } = await startPeer('postfix', {})
      console.log(doors.smtp)
      setInterval(() => {}, 1000)`
    const temporary = mkdtempSync(join(tmpdir(), 'postern-killed-'))
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], { env: { ...process.env, TMPDIR: temporary } })
    chmodSync(temporary, 0o755)
    const [port] = (await once(child.stdout, 'data')) as [Buffer]
    assert.match(await firstLine(Number(port.toString())), /^220 /)
    assert.ok(listeners('/proc/net/tcp').has(Number(port.toString())))
    assert.equal(readdirSync(temporary).length, 1)
    child.kill('SIGKILL')
    for (let tries = 0; readdirSync(temporary).length > 0 && tries < 100; tries++) await delay(50)
    assert.deepEqual(readdirSync(temporary), [])
    // The last of its processes are killed behind the folder.
    const listens = (): boolean => listeners('/proc/net/tcp').has(Number(port.toString()))
    for (let tries = 0; listens() && tries < 100; tries++) await delay(50)
    assert.ok(!listens())
    rmSync(temporary, { recursive: true })
  })

  test('every file in servers/ has its line in list.ts', async () => {
    const folder = new URL('./servers/', import.meta.url)
    const listed = new Set<unknown>(Object.values(list))
    for (const file of readdirSync(folder)) {
      const exported = Object.values((await import(new URL(file, folder).href)) as Record<string, unknown>)
      for (const server of exported) assert.ok(listed.has(server), `${file} exports a server that list.ts does not name`)
    }
    assert.equal(new Set(peerNames).size, listed.size)
  })
})

describe('needPeer()', () => {
  test('skips nothing under CI, where a missing server fails its test', () => {
    const before = process.env['CI']
    process.env['CI'] = 'true'
    try {
      assert.deepEqual(
        peerNames.map((name) => needPeer(name)),
        peerNames.map(() => false),
      )
    } finally {
      if (before === undefined) delete process.env['CI']
      else process.env['CI'] = before
    }
  })
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { PosternError } from '../../errors.ts'
import { printGateBesideSchema, printGateSchema } from './config-schema.ts'
import { stageAt } from './config.ts'
import { networkOf, placeOf, placeText } from './places.ts'
import { readGateBeside, readGateConfig } from './read-config.ts'

const NOW = new Date('2026-11-22')
const folder = mkdtempSync(join(tmpdir(), 'postern-gate-'))
after(() => rmSync(folder, { recursive: true }))
const openssl = (...words: readonly string[]): void => {
  execFileSync('openssl', words, { cwd: folder, env: { ...process.env, OPENSSL_CONF: '/dev/null' }, stdio: 'ignore' })
}
openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', 'mail.key')
writeFileSync(join(folder, 'req.cnf'), '[req]\ndistinguished_name=n\n[n]\n')
openssl('req', '-x509', '-config', 'req.cnf', '-key', 'mail.key', '-subj', '/CN=mail.example', '-days', '9', '-out', 'mail.pem')
chmodSync(join(folder, 'mail.key'), 0o600)
openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', 'other.key')
openssl('req', '-x509', '-config', 'req.cnf', '-key', 'other.key', '-subj', '/CN=other.example', '-days', '9', '-out', 'other.pem')
openssl('pkey', '-in', 'mail.key', '-aes128', '-passout', 'pass:secret', '-out', 'locked.key')
openssl('x509', '-in', 'mail.pem', '-outform', 'DER', '-out', 'mail.der')
const text = (file: string): string => readFileSync(join(folder, file), 'utf8')
writeFileSync(join(folder, 'reversed.pem'), text('other.pem') + text('mail.pem'))
writeFileSync(join(folder, 'damaged.pem'), text('mail.pem').replace(/\n..../, '\nAAAA'))
writeFileSync(join(folder, 'damaged.key'), text('mail.key').replace(/\n..../, '\nAAAA'), { mode: 0o600 })
chmodSync(join(folder, 'other.key'), 0o640)
/** One that is not root's. */
const OWN_GROUP = process.getgid?.() === 0 ? 4242 : (process.getgid?.() ?? 0)
chownSync(join(folder, 'other.key'), process.getuid?.() ?? 0, OWN_GROUP)
symlinkSync('open.key', join(folder, 'linked.key'))
writeFileSync(join(folder, 'written.key'), text('mail.key'))
chmodSync(join(folder, 'written.key'), 0o660)
writeFileSync(join(folder, 'lax.yaml'), 'base: mozilla-old\n')
writeFileSync(join(folder, 'open.key'), 'secret')
chmodSync(join(folder, 'open.key'), 0o644)

const read = (text: string): ReturnType<typeof readGateConfig> => {
  writeFileSync(join(folder, 'postern.yaml'), text)
  return readGateConfig(join(folder, 'postern.yaml'), NOW)
}
const IDENTITY = 'identities:\n  mail: [{ certificate: mail.pem, key: mail.key }]\n'
const service = (...words: readonly string[]): string =>
  `services:\n  mx:\n${[
    'listen: :25',
    'dialect: smtp',
    'tls: starttls',
    'policy: mozilla-intermediate',
    'backend: 127.0.0.1:2525',
    ...words,
  ]
    .map((word) => `    ${word}\n`)
    .join('')}${IDENTITY}`

describe('readGateConfig()', () => {
  const silent: readonly (readonly [why: string, dialect: string, written: string, idle: number, beforeLogin: number])[] = [
    ['RFC 9051 §5.4: half an hour, and clients say something every 29 minutes', 'imap', '', 1_860_000, 180_000],
    ['RFC 5804 §1.2: half an hour', 'sieve', '', 1_860_000, 180_000],
    ['RFC 5321 §4.5.3.2.7: five minutes', 'smtp', '', 600_000, 600_000],
    ['RFC 1939 §3: ten minutes', 'pop3', '', 600_000, 600_000],
    ['what is written counts', 'imap', 'timeouts: { idle: 60 }\n', 60_000, 60_000],
  ]
  for (const [why, dialect, written, idle, beforeLogin] of silent)
    test(`${dialect} may be silent so long: ${why}`, async () => {
      const { services } = await read(`${written}${service().replace('smtp', dialect)}`)
      assert.deepEqual([services[0]?.timeouts.idle, services[0]?.timeouts.idleBeforeLogin], [idle, beforeLogin])
    })

  test('reads where the clients of FTP come for data', async () => {
    for (const [words, data] of [
      [[], { needsResumption: false }],
      [
        ['passive: { address: 203.0.113.10, ports: 50000-50100 }', 'requireSessionReuse: true'],
        { announce: '203.0.113.10', ports: { first: 50000, last: 50100 }, needsResumption: true },
      ],
    ] as const) {
      const { services } = await read(service(...words).replace('smtp', 'ftp'))
      assert.deepEqual(services[0]?.data, data)
    }
  })

  test('reads services with all that they name', async () => {
    const { services } = await read(
      service(
        'stage: [{ stage: observe }, { from: 2027-01-01, stage: refuse }]',
        'exceptions: [{ networks: [10.1.0.0/16], policy: lax.yaml }]',
      ),
    )
    const [mx] = services
    assert.ok(mx)
    assert.deepEqual(
      [mx.name, mx.listen, mx.tls, mx.backends[0]?.place],
      ['mx', { host: '', port: 25 }, 'starttls', { host: '127.0.0.1', port: 2525 }],
    )
    assert.deepEqual(
      mx.rules.map(({ policy, networks }) => [policy.name, networks?.[0]?.prefix]),
      [
        ['lax', 16],
        ['mozilla-intermediate', undefined],
      ],
    )
    assert.match(mx.identities[0]?.pairs[0]?.key ?? '', /PRIVATE KEY/)
    assert.deepEqual([stageAt(mx.rules[1]!.stages, NOW), stageAt(mx.rules[1]!.stages, new Date('2027-01-01'))], ['observe', 'refuse'])
  })

  test('takes a key that a group may read that is named for it', async () => {
    const { services } = await read(service().replace('mail.pem, key: mail.key', `other.pem, key: other.key, keyGroup: ${OWN_GROUP}`))
    assert.equal(services[0]?.identities[0]?.pairs[0]?.key, text('other.key'))
  })

  const mistakes: readonly (readonly [why: string, text: string, message: RegExp, remedy: RegExp])[] = [
    [
      'ports for data where there are none',
      service('passive: { ports: 50000-50100 }'),
      /^Cannot read gate configuration \S+:8:14: smtp has no data connections/,
      /dialect: ftp/,
    ],
    [
      'sessions for data where there are none',
      service('requireSessionReuse: true'),
      /^Cannot read gate configuration \S+:8:\d+: smtp has no data connections/,
      /dialect: ftp/,
    ],
    [
      'a range of ports that runs backwards',
      service('passive: { ports: 50100-50000 }').replace('smtp', 'ftp'),
      /"50100-50000" is no range of ports above 1023/,
      /docs\/gate\.md/,
    ],
    [
      'an address for data that PASV cannot say',
      service('passive: { address: "2001:db8::1" }').replace('smtp', 'ftp'),
      /"2001:db8::1" is no IPv4 address/,
      /docs\/gate\.md/,
    ],
    [
      'a link that is nowhere',
      service().replace('listen: :25', 'listen: { link: edge }'),
      /3:\d+: there is no link "edge"/,
      /links: \{ gates: \{ edge: edge\.link \} \}/,
    ],
    [
      'an inside where none can come',
      service().replace(/backend: .*/, 'backend: { link: office }'),
      /:\d+:\d+: no inside can open a link to this gate/,
      /links: \{ listen: ":7443" \}/,
    ],
    [
      'a server at two places',
      service().replace(/backend: .*/, 'backend: { link: office, address: "127.0.0.1:25" }'),
      /link is for a server behind a link/,
      /Leave out address/,
    ],
    ['a server nowhere', service().replace(/backend: .*/, 'backend: { proxy: v2 }'), /it has neither an address nor a link/, /link: NAME/],
    [
      'a name of an inside that is none',
      service().replace(/backend: .*/, 'backend: { link: ../office }'),
      /an inside is called by small letters/,
      /docs\/gate\.md/,
    ],
    [
      'FTP, which has more than one connection',
      `${service()
        .replace('smtp', 'ftp')
        .replace(/backend: .*/, 'backend: { link: office }')}links: { listen: ":7443" }\n`,
      /FTP has connections beside the first/,
      /reach the server at an address/,
    ],
    [
      'proxies in front of a link',
      `${service('acceptProxy: [10.0.0.5]').replace('listen: :25', 'listen: { link: edge }')}links: { gates: { edge: edge.link } }\n`,
      /it is the gate that says whose a connection is/,
      /Leave it out/,
    ],
    [
      'a folder for insides that cannot come',
      `${service()}links: { folder: links }\n`,
      /folder is for a gate to which insides come/,
      /listen: :7443/,
    ],
    [
      'a word that is none',
      service('stge: observe'),
      /postern\.yaml:8:5: there is no word "stge" here\n {2} {4}stge: observe\n {2} {4}\^$/,
      /Did you mean stage\?/,
    ],
    ['no port', service().replace(':25\n', ' mail\n'), /3:14: "mail" is no address with a port/, /docs\/gate\.md/],
    ['a stage that is none', service('stage: explian'), /8:12: .*stage/, /^Did you mean explain\?$/],
    [
      'a policy that is nowhere',
      service().replace('mozilla-intermediate', 'mozila.yaml'),
      /6:13: "mozila\.yaml" is neither a rulebook nor a file that can be read/,
      /mozilla-modern/,
    ],
    ['an identity that is nowhere', service('identities: [mial]'), /8:18: there is no identity "mial"/, /Use one of mail\./],
    [
      'a key that everybody can read',
      service().replace('mail.key', 'open.key'),
      /others can read or change the private key in open\.key/,
      /chmod 600 open\.key/,
    ],
    [
      'a link to such a key',
      service().replace('mail.key', 'linked.key'),
      /others can read or change the private key in linked\.key/,
      /chmod 600/,
    ],
    [
      'a key that another group can read',
      service().replace('mail.pem, key: mail.key', 'other.pem, key: other.key'),
      /9:\d+: the group \S+ can read the private key in other\.key/,
      /chmod 600 other\.key.*keyGroup: /,
    ],
    [
      'a group that is not there',
      service().replace('key: mail.key', 'key: mail.key, keyGroup: nobody-has-it'),
      /9:\d+: \/etc\/group has no group "nobody-has-it"/,
      /number/,
    ],
    ['a key that its group can write', service().replace('mail.key', 'written.key'), /others can read or change/, /chmod 600/],
    [
      'a key behind a passphrase',
      service().replace('mail.key', 'locked.key'),
      /the private key in locked\.key is encrypted/,
      /openssl pkey/,
    ],
    [
      'a key of another certificate',
      service().replace('key: mail.key', `key: other.key, keyGroup: ${OWN_GROUP}`),
      /the key in other\.key is not for the certificate in mail\.pem/,
      /openssl x509/,
    ],
    [
      'a chain that begins at the wrong end',
      service().replace('mail.pem', 'reversed.pem'),
      /the certificates in reversed\.pem stand in the wrong order: the key is for number 2/,
      /own certificate first/,
    ],
    ['half a certificate', service().replace('mail.pem', 'damaged.pem'), /certificate 1 in damaged\.pem is damaged/, /anew/],
    ['half a key', service().replace('mail.key', 'damaged.key'), /the private key in damaged\.key is damaged/, /openssl pkey/],
    ['a certificate in DER', service().replace('mail.pem', 'mail.der'), /mail\.der has no certificate in PEM/, /-inform DER/],
    [
      'a certificate that is none',
      service().replace('certificate: mail.pem', 'certificate: lax.yaml'),
      /lax\.yaml has no certificate in PEM/,
      /BEGIN CERTIFICATE/,
    ],
    ['a key that is not there', service().replace('mail.key', 'mial.key'), /mial\.key cannot be read/, /Check its name/],
    ['no certificate at all', service().replace(IDENTITY, ''), /this service has no certificate/, /identities/],
    ['a network that is none', service('exceptions: [{ networks: [10.1.0.0/33] }]'), /"10\.1\.0\.0\/33" is no network/, /docs\/gate\.md/],
    [
      'a pin that is none',
      service().replace('127.0.0.1:2525', '{ address: :25, tls: starttls, pins: [abc] }'),
      /7:52: "abc" is no SHA-256 in hex or base64/,
      /docs\/gate\.md/,
    ],
    [
      'a check of certificates where there are none',
      service().replace('127.0.0.1:2525', '{ address: :25, ca: mail.pem }'),
      /7:34: ca is about TLS, and there is none with this server/,
      /tls: implicit or tls: starttls/,
    ],
    [
      'pins that would do away with an authority',
      service().replace('127.0.0.1:2525', `{ address: :25, tls: starttls, ca: mail.pem, pins: [${'ab'.repeat(32)}] }`),
      /with pins the key alone counts/,
      /Leave out ca, or pins/,
    ],
    [
      'STARTTLS where nobody knows how it is said',
      service().replace('smtp', 'tls').replace('starttls', 'implicit').replace('127.0.0.1:2525', '{ address: :25, tls: starttls }'),
      /7:35: the dialect tls has no way to ask for TLS/,
      /Use implicit/,
    ],
    [
      'XCLIENT where there is none',
      service().replace('smtp', 'imap').replace('127.0.0.1:2525', '[{ address: :25, xclient: true }]'),
      /7:40: the dialect imap has no XCLIENT/,
      /proxy: v2/,
    ],
    [
      'names by XCLIENT where there is none',
      service().replace('smtp', 'imap').replace('127.0.0.1:2525', '[{ address: :25, xclient: names }]'),
      /7:40: the dialect imap has no XCLIENT/,
      /proxy: v2/,
    ],
    ['a word for XCLIENT that is none', service().replace('127.0.0.1:2525', '{ address: :25, xclient: name }'), /7:\d+: .*xclient/, /.*/],
    ['protocols within TLS that the gate reads itself', service('alpn: [h2]'), /8:11: what is spoken within TLS/, /Leave alpn out/],
    ['health checks without a pause', `${service()}health: { interval: 0 }\n`, /interval/, /.*/],
    [
      'two on one port',
      `${service().replace(IDENTITY, '')}  other: { listen: ":25", dialect: imap, tls: starttls, policy: pci-dss, backend: "127.0.0.1:143" }\n${IDENTITY}`,
      /mx listens on :25 too/,
      /place of its own/,
    ],
    [
      'an authority for clients that is none',
      service('clientCertificates: { ca: lax.yaml, mode: require }'),
      /8:31: lax\.yaml has no certificate in PEM/,
      /BEGIN CERTIFICATE/,
    ],
    [
      'a word for STARTTLS where there is none',
      service('plainAfterRefusal: refuse').replace('tls: starttls', 'tls: implicit'),
      /8:24: with tls: implicit nobody chooses between plain text and TLS/,
      /Leave it out/,
    ],
    [
      'TLS of the server in TLS of the gate',
      service()
        .replace('tls: starttls', 'tls: passthrough')
        .replace('backend: 127.0.0.1:2525', 'backend: { address: "127.0.0.1:465", tls: implicit }'),
      /5:10: TLS that is passed on cannot go to the server behind in TLS of the gate/,
      /Leave tls out/,
    ],
    [
      'TLS that is asked for, passed on in what cannot ask for it once more',
      service().replace('tls: starttls', 'tls: starttls-passthrough').replace('dialect: smtp', 'dialect: xmpp'),
      /5:10: in xmpp TLS that is asked for cannot be passed on/,
      /Use passthrough/,
    ],
    [
      'XCLIENT before TLS that is the server’s',
      service()
        .replace('tls: starttls', 'tls: starttls-passthrough')
        .replace('backend: 127.0.0.1:2525', 'backend: { address: "127.0.0.1:25", xclient: true }'),
      /5:10: XCLIENT would have to be said within TLS/,
      /proxy: v2/,
    ],
    [
      'TLS that is passed on to whoever is on the internet',
      service().replace('tls: starttls', 'tls: passthrough').replace('backend: 127.0.0.1:2525', 'outlet: {}'),
      /5:10: TLS that is passed on is for a server behind/,
      /Use none/,
    ],
    [
      'logins before the TLS of XMPP',
      service('hideLogin: false').replace('dialect: smtp', 'dialect: xmpp'),
      /8:16: in xmpp nothing goes on before TLS/,
      /tls: none/,
    ],
    [
      'logins of XMPP that would not be kept back',
      service().replace('dialect: smtp', 'dialect: xmpp').replace('tls: starttls', 'tls: none'),
      /5:10: in xmpp a login cannot be kept back where there is no TLS/,
      /hideLogin: false/,
    ],
    ['nothing to do', 'services: {}', /1:11: there is no service/, /docs\/gate\.md/],
    ['fields in what has none', service('headers: { X-TLS: tls-version }'), /8:14: the dialect smtp has no fields/, /use http/],
    [
      'a fact that nobody knows',
      service('headers: { X-TLS: version }').replace('dialect: smtp', 'dialect: http'),
      /8:23: /,
      /Use one of client-address/,
    ],
    [
      'a name before there is one',
      service('routes: [{ names: [a.example], backend: "127.0.0.1:26" }]'),
      /8:13: the server behind is reached before the client has asked for a name/,
      /passthrough/,
    ],
    [
      'STARTTLS in what has no words for it',
      service().replace('dialect: smtp', 'dialect: tls'),
      /the dialect tls has no way to ask for TLS/,
      /implicit/,
    ],
    [
      'metrics for everybody',
      `metrics: ":9464"\n${service()}`,
      /postern\.yaml:1:10: :9464 can be reached from other machines\n/,
      /Write 127\.0\.0\.1:9464, or metrics: \{ listen: ":9464", beyondLoopback: true \}/,
    ],
    [
      'metrics for others by address',
      `metrics: { listen: "192.0.2.1:9464" }\n${service()}`,
      /1:20: 192\.0\.2\.1:9464 can be reached/,
      /beyondLoopback/,
    ],
    ['a log that is none', `log: some\n${service()}`, /1:6: /, /Did you mean none\?/],
    [
      'a word of metrics that is none',
      `metrics: { listen: ":9464", beyond: true }\n${service()}`,
      /there is no word "beyond" here|1:10/,
      /./,
    ],
    [
      'a word by another name',
      service().replace('listen:', 'lisen:'),
      /postern\.yaml:3:5: there is no word "lisen" here\n.*\n {6}\^$/,
      /^Did you mean listen\?$/,
    ],
    [
      'one of a server behind',
      service().replace('127.0.0.1:2525', '{ adress: ":26" }'),
      /7:16: there is no word "adress" here/,
      /Did you mean address\?/,
    ],
    [
      'one of the second of them',
      service().replace('127.0.0.1:2525', '[":26", { address: ":27", proxi: v2 }]'),
      /"proxi"/,
      /Did you mean proxy\?/,
    ],
    ['one of a stage', service('stage: [{ form: 2027-01-01, stage: refuse }]'), /8:15: there is no word "form"/, /Did you mean from\?/],
    [
      'one of an exception',
      service('exceptions: [{ network: [10.0.0.0/8] }]'),
      /8:20: there is no word "network"/,
      /Did you mean networks\?/,
    ],
    ['one of routes', service('routes: [{ name: [a.example], backend: ":26" }]'), /8:16: there is no word "name"/, /Did you mean names\?/],
    ['one of staples', service().replace('key: mail.key', 'ocsp: { stable: a }'), /there is no word "stable"/, /Did you mean staple\?/],
    ['one of clients', service('clientCertificates: { mod: require }'), /8:27: there is no word "mod"/, /Did you mean mode\?/],
    [
      'one of metrics',
      `metrics: { listen: ":9464", beyondLopback: true }\n${service()}`,
      /1:29: there is no word "beyondLopback"/,
      /beyondLoopback\?/,
    ],
    ['one of the file', `limit: { line: 512 }\n${service()}`, /1:1: there is no word "limit"/, /Did you mean limits\?/],
    [
      'a word that is missing',
      service().replace('    policy: mozilla-intermediate\n', ''),
      /"services\.mx\.policy" is missing\n/,
      /Add it\. There may be listen, dialect/,
    ],
    [
      'names that JavaScript has lost',
      service().replace('  mx:', '  __proto__:'),
      /2:3: nothing can be called "__proto__" here\n/,
      /another name/,
    ],
    [
      'and those that it has already',
      service().replace('  mx:', '  constructor:'),
      /2:3: nothing can be called "constructor"/,
      /another name/,
    ],
    [
      'a server behind that is the gate',
      service().replace('127.0.0.1:2525', '127.0.0.1:25'),
      /7:14: mx listens on :25 itself, and 127\.0\.0\.1:25 leads back to it\n/,
      /the server behind/,
    ],
    [
      'the gate by the name of the machine',
      service().replace(':25\n', '127.0.0.1:25\n').replace('127.0.0.1:2525', '[":1", "localhost:25"]'),
      /7:\d+: mx listens on 127\.0\.0\.1:25 itself/,
      /./,
    ],
    [
      'two services that lead to each other',
      `${service().replace(IDENTITY, '')}  other: { listen: "127.0.0.1:2525", dialect: smtp, tls: none, policy: pci-dss, backend: "[::1]:25" }\n${IDENTITY}`,
      /7:14: mx listens on :25 itself, and 127\.0\.0\.1:2525 leads back to it through other/,
      /./,
    ],
    [
      'three in a ring, by way of one route',
      `${service().replace(IDENTITY, '')}  second: { listen: "127.0.0.1:2525", dialect: tls, tls: passthrough, policy: pci-dss, backend: "192.0.2.1:443", routes: [{ names: [a.example], backend: "127.0.0.1:2526" }] }\n  third: { listen: "127.0.0.1:2526", dialect: smtp, tls: none, policy: pci-dss, backend: ["192.0.2.1:25", "localhost:25"] }\n${IDENTITY}`,
      /7:14: mx listens on :25 itself, and 127\.0\.0\.1:2525 leads back to it through second, third\n/,
      /the server behind/,
    ],
    ['no process at all', `workers: 0\n${service()}`, /postern\.yaml:1:10: "workers": it has to be more than 0\n/, /docs\/gate\.md/],
    ...[
      'Content-Length',
      'transfer-encoding',
      'Host',
      'Connection',
      'TE',
      'Trailer',
      'Upgrade',
      'Expect',
      'X-Forwarded-For',
      'Forwarded',
    ].map(
      (name) =>
        [
          `a field that is not free: ${name}`,
          service(`headers: { ${name}: tls-version }`).replace('dialect: smtp', 'dialect: http').replace('tls: starttls', 'tls: implicit'),
          new RegExp(`8:\\d+: ${name} is a field that requests have of their own`),
          /X-TLS-Version/,
        ] as const,
    ),
    ...['0.0.0.0:25', '[::ffff:127.0.0.1]:25', ':25'].map(
      (address) =>
        [
          `the gate on its loopback address as ${address}`,
          service().replace(':25\n', '127.0.0.1:25\n').replace('127.0.0.1:2525', JSON.stringify(address)),
          /7:14: mx listens on 127\.0\.0\.1:25 itself/,
          /the server behind/,
        ] as const,
    ),
    [
      'the gate by a mapped address',
      service().replace('127.0.0.1:2525', '"[::ffff:7f00:1]:25"'),
      /7:14: mx listens on :25 itself/,
      /the server behind/,
    ],
    [
      'every address, and one of them',
      `${service().replace(IDENTITY, '')}  other: { listen: "127.0.0.1:25", dialect: imap, tls: starttls, policy: pci-dss, backend: "127.0.0.1:143" }\n${IDENTITY}`,
      /8:20: mx listens on :25, and 127\.0\.0\.1:25 cannot be had beside it/,
      /place of its own/,
    ],
    ['metrics on the port of a service', `metrics: "127.0.0.1:25"\n${service()}`, /1:10: mx listens on :25, and 127/, /place of its own/],
    [
      'links on the port of a service',
      `links: { listen: "0.0.0.0:25" }\n${service()}`,
      /1:18: mx listens on :25, and 0/,
      /place of its own/,
    ],
    ['a day that is none', service('stage: [{ from: 2027-02-30, stage: refuse }]'), /8:21: there is no such day/, /docs\/gate\.md/],
    [
      'an exception without effect',
      service('exceptions: [{ networks: [10.0.0.0/8] }]'),
      /8:18: nothing differs for these networks/,
      /Add policy, stage/,
    ],
    [
      'a place that is a number',
      service().replace('listen: :25', 'listen: 2712'),
      /3:13: .*a place is written as "0\.0\.0\.0:25"/,
      /docs\/gate/,
    ],
    [
      'a field with a name that HTTP does not have',
      service('headers: { 1x: tls-version }').replace('dialect: smtp', 'dialect: http'),
      /a field is named with letters, digits and hyphens\n/,
      /docs\/gate/,
    ],
    [
      'streams of nobody',
      `streams: nodes\n${service()}`,
      /:1:10: "nodes" is not allowed for "streams"\n {2}streams: nodes\n {11}\^$/,
      /^Did you mean node\?$/,
    ],
    ['half a process', `workers: 1.5\n${service()}`, /1:10: "workers": what stands here is not a whole number\n/, /docs\/gate/],
    ['no server at all', service().replace(/backend: .*/, 'backend: []'), /7:14: .*the list is empty/, /docs\/gate/],
    ['the one word that there is', service().replace('127.0.0.1:2525', '{ address: ":26", proxy: version1 }'), /7:\d+: /, /^Use v2\.$/],
    [
      'what stands far to the right',
      service().replace('127.0.0.1:2525', `{ address: ":26", ${' '.repeat(240)}proxi: v2 }`),
      /\n {2}….* proxi: v2 \}\n {102}\^$/,
      /proxy/,
    ],
  ]
  for (const [why, text, message, remedy] of mistakes) {
    test(`says where it is wrong: ${why}`, async () => {
      await assert.rejects(read(text), (error) => {
        assert.ok(error instanceof PosternError)
        assert.deepEqual([error.fault, error.code], ['input', 'GATE_CONFIG'])
        assert.match(error.message, message)
        assert.match(error.remedy ?? '', remedy)
        return true
      })
    })
  }
})

test('readGateBeside() names words that are not known, and the nearest that is', async () => {
  const given = { title: 'mailserver.cfg', services: [], tlsOf: () => assert.fail('nobody comes so far') }
  const rows: readonly (readonly [text: string, message: RegExp, remedy: RegExp])[] = [
    ['services: { smtp: { bakend: ":25" } }', /:1:21: there is no word "bakend" here\n/, /^Did you mean backend\?$/],
    ['bakend: ":25"', /:1:1: there is no word "bakend" here\n/, /^Did you mean backend\?$/],
  ]
  for (const [text, message, remedy] of rows) {
    writeFileSync(join(folder, 'beside.yaml'), `${text}\n`)
    await assert.rejects(readGateBeside(join(folder, 'beside.yaml'), NOW, given), { code: 'GATE_CONFIG', message, remedy })
  }
})

test('readGateConfig() takes one service in front of another, and another port of the same machine', async () => {
  const inner = '  inner: { listen: "127.0.0.1:2525", dialect: smtp, tls: none, policy: pci-dss, backend: "127.0.0.1:26" }\n'
  const { services } = await read(`${service().replace(IDENTITY, '')}${inner}${IDENTITY}`)
  assert.deepEqual(
    services.map(({ name }) => name),
    ['mx', 'inner'],
  )
})

test('readGateConfig() tells where metrics, log and admin socket are, and what connections go by', async () => {
  const rows: readonly (readonly [words: string, expected: readonly unknown[]])[] = [
    ['', [undefined, undefined, 'all', 'handles']],
    ['metrics: "[::1]:9464"\nadmin: false\nlog: none\nstreams: node\n', [{ host: '::1', port: 9464 }, false, 'none', 'node']],
    [
      'metrics: { listen: ":9464", beyondLoopback: true }\nadmin: run/gate.sock\n',
      [{ host: '', port: 9464 }, join(folder, 'run/gate.sock'), 'all', 'handles'],
    ],
  ]
  for (const [words, expected] of rows) {
    const { metrics, admin, services } = await read(`${words}${service()}`)
    assert.deepEqual([metrics, admin, services[0]?.log, services[0]?.streams], expected)
  }
})

describe('readGateConfig() says why it cannot read a file', () => {
  const rows: readonly (readonly [why: string, file: string, message: RegExp])[] = [
    ['that is not there', join(folder, 'none.yaml'), /^Cannot read gate configuration \S+none\.yaml: there is no such file$/],
    ['below one that is no folder', join(folder, 'mail.pem', 'none.yaml'), /: there is no such file$/],
    ['that is a folder', folder, /: it is a folder$/],
  ]
  for (const [why, file, message] of rows) {
    test(why, () => assert.rejects(readGateConfig(file, NOW), { code: 'GATE_CONFIG', message }))
  }
  test('that is forbidden', { skip: process.getuid?.() === 0 ? 'root may read everything' : false }, async () => {
    const file = join(folder, 'forbidden.yaml')
    writeFileSync(file, service(), { mode: 0 })
    await assert.rejects(readGateConfig(file, NOW), { code: 'GATE_CONFIG', message: /: this user may not read it$/ })
  })
})

test('schemas/gate.schema.json and its sibling are made of the schemas (npm run generate)', () => {
  assert.equal(readFileSync(new URL('../../../schemas/gate.schema.json', import.meta.url), 'utf8'), printGateSchema())
  assert.equal(readFileSync(new URL('../../../schemas/gate-beside.schema.json', import.meta.url), 'utf8'), printGateBesideSchema())
})

describe('places and networks', () => {
  test('are read as they are written', () => {
    assert.deepEqual(
      ['[::1]:465', ':25', 'mail.example:993', '0.0.0.0:0'].map((text) => placeText(placeOf(text)!)),
      ['[::1]:465', ':25', 'mail.example:993', '0.0.0.0:0'],
    )
    for (const text of ['25', '::1:25', '[127.0.0.1]:25', 'a:65536', 'a b:1', ':x', '']) assert.equal(placeOf(text), undefined, text)
    assert.deepEqual(networkOf('2001:db8::/32'), { address: '2001:db8::', prefix: 32, family: 'ipv6' })
    assert.deepEqual(networkOf('192.0.2.7')?.prefix, 32)
    for (const text of ['10.0.0.0/33', 'x/8', '10.0.0.0/', '1.2.3.4/8/9', '::/129']) assert.equal(networkOf(text), undefined, text)
  })
})

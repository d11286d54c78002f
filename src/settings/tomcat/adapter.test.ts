import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { policyOf, rulebookByName, type Policy } from '../../policy/index.ts'
import type { Adapter, Edits, Reading, ReadOptions } from '../adapter.ts'
import { fileOf, withEdits, type SettingsFile } from '../settings-file.ts'
import type { Leg } from '../words.ts'
import { mailExpressAdapter, tomcatAdapter } from './adapter.ts'

const fixture = (name: string): SettingsFile => fileOf('conf/server.xml', readFileSync(new URL(`testdata/${name}`, import.meta.url)))

/** A server with these Connectors. */
function server(...connectors: readonly string[]): SettingsFile {
  return fileOf('server.xml', Buffer.from(`<Server>\n <Service>\n  ${connectors.join('\n  ')}\n </Service>\n</Server>\n`))
}

const native = (attributes: string): SettingsFile =>
  server(`<Connector port="8443" SSLEnabled="true" SSLCertificateFile="a.crt" ${attributes}/>`)
const java = (attributes: string): SettingsFile =>
  server(`<Connector port="8443" protocol="org.apache.coyote.http11.Http11NioProtocol" SSLEnabled="true" ${attributes}/>`)
const host = (attributes: string, outside = ''): SettingsFile =>
  server(`<Connector port="8443" SSLEnabled="true"${outside}><SSLHostConfig ${attributes}><Certificate/></SSLHostConfig></Connector>`)

function only(file: SettingsFile, options: ReadOptions, adapter: Adapter = tomcatAdapter): { leg: Leg; reading: Reading; ids: string[] } {
  const reading = adapter.read(file, options)
  const [leg] = reading.legs
  assert.ok(leg)
  return { leg, reading, ids: reading.findings.map(({ id }) => id).filter((id) => id !== 'settings-version') }
}

const rulebook = (name: string): Policy => {
  const found = rulebookByName(name)
  assert.ok(found)
  return policyOf(found, { now: new Date('2026-11-22') })
}
/** As the page of Mail Express has it: TLS 1.0 alone, with all that a server of its age has. */
const TLS10: Policy = { ...rulebook('mozilla-old'), protocols: { allowed: ['TLSv1'], required: ['TLSv1'] } }

function write(
  file: SettingsFile,
  options: ReadOptions,
  policy: Policy,
  adapter: Adapter = tomcatAdapter,
): { edits: Edits; after: SettingsFile; again: Reading } {
  const reading = adapter.read(file, options)
  const edits = adapter.write(
    reading,
    reading.legs.map(({ door, role }) => ({ door, role, policy })),
    options,
  )
  const after = withEdits(
    file,
    edits.changes.flatMap((change) => change.edits),
  )
  return { edits, after, again: adapter.read(after, options) }
}

const EVERYTHING = ['SSLv2', 'SSLv3', 'TLSv1']

describe('tomcat, properties in place of values', () => {
  const file = server(
    '<Connector port="8443" SSLEnabled="${tls.on}"><SSLHostConfig protocols="${tls.protocols}" ciphers="${tls.ciphers:-HIGH}" honorCipherOrder="${x}"><Certificate/></SSLHostConfig></Connector>',
  )

  test('nobody is told that such a Connector has no TLS, or what TLS it has', () => {
    const { leg, reading } = only(file, { version: '10.1.60' })
    assert.deepEqual([leg.words.protocols.value, leg.words.suites.value, leg.words.order.value], ['unknown', 'unknown', 'unknown'])
    const subjects = reading.findings.filter(({ id }) => id === 'settings-undecided').flatMap((one) => one.subjects)
    assert.deepEqual(subjects, ['SSLEnabled', 'protocols', 'ciphers', 'honorCipherOrder'])
    assert.deepEqual(
      reading.findings.map(({ id }) => id).filter((id) => id !== 'settings-undecided'),
      [],
    )
  })

  test('a plan puts values in their place', () => {
    const { leg } = only(write(file, { version: '10.1.60' }, rulebook('mozilla-intermediate')).after, { version: '10.1.60' })
    assert.deepEqual(leg.words.protocols.value, ['TLSv1.2', 'TLSv1.3'])
    assert.notEqual(leg.words.suites.value, 'unknown')
  })
})

describe('tomcat, SSLProtocol of the native library', () => {
  const rows: readonly (readonly [why: string, value: string | undefined, version: string, expected: unknown, ids?: readonly string[]])[] =
    [
      ['absent is all', undefined, '6.0.35', EVERYTHING],
      ['all', 'all', '6.0.35', EVERYTHING],
      ['in any case', 'tlsV1', '6.0.35', ['TLSv1']],
      ['both old ones', 'SSLv2+SSLv3', '6.0.35', ['SSLv2', 'SSLv3']],
      ['a newer one turns everything on', 'TLSv1.2', '6.0.53', EVERYTHING, ['settings-fails-open']],
      ['and so does a sum', 'TLSv1+TLSv1.1', '7.0.12', EVERYTHING, ['settings-fails-open']],
      ['a stray blank too', 'TLSv1 ', '7.0.12', EVERYTHING, ['settings-fails-open']],
      ['from 7.0.13 on it stops the start', 'TLSv1.2', '7.0.13', 'unknown', ['settings-stops-start']],
      ['from 7.0.57 on it is a list', 'TLSv1.1 + tlsv1.2', '7.0.57', ['TLSv1.1', 'TLSv1.2']],
      ['without commas', 'TLSv1.1,TLSv1.2', '7.0.109', 'unknown', ['settings-stops-start']],
      ['with minus', 'all-TLSv1', '7.0.109', ['TLSv1.1', 'TLSv1.2']],
      ['TLS 1.3 at the end of 7.0 only', 'TLSv1.3', '7.0.91', 'unknown', ['settings-stops-start']],
      ['and then', '+TLSv1.2+TLSv1.3', '7.0.92', ['TLSv1.2', 'TLSv1.3']],
    ]
  for (const [why, value, version, expected, expectedIds = []] of rows) {
    test(`${why}: ${value ?? 'absent'} in ${version}`, () => {
      const { leg, ids } = only(native(value === undefined ? '' : `SSLProtocol="${value}"`), { version })
      assert.deepEqual(leg.words.protocols.value, expected)
      assert.deepEqual(ids, expectedIds)
    })
  }

  test('of what all turns on, TLS 1.1 and 1.2 depend on the library', () => {
    const { posture } = only(native('SSLProtocol="all"'), { version: '6' }).leg
    assert.equal(posture.protocols['TLSv1.2'].offered, 'unknown')
    assert.equal(posture.protocols['TLSv1.3'].offered, false)
    assert.equal(posture.protocols.SSLv2.offered, true)
  })

  test('hellos in SSL 2.0 format come with more than one version', () => {
    assert.equal(only(native('SSLProtocol="all"'), { version: '6' }).leg.words.sslv2Hello.value, true)
    assert.equal(only(native('SSLProtocol="TLSv1"'), { version: '6' }).leg.words.sslv2Hello.value, false)
  })

  test('the list of suites is everything where 6 has none, and who chooses can be said since 7.0.30', () => {
    const suites = only(native(''), { version: '6' }).leg.words.suites.value
    assert.ok(suites !== 'unknown' && suites.some((suite) => suite.includes('_anon_')))
    assert.equal(only(native('SSLHonorCipherOrder="true"'), { version: '7.0.30' }).leg.words.order.value, 'server')
    const older = only(native('SSLHonorCipherOrder="true"'), { version: '7.0.29' })
    assert.equal(older.leg.words.order.value, 'client')
    assert.deepEqual(older.ids, ['settings-ignored'])
  })
})

describe('tomcat, lists for Java', () => {
  const rows: readonly (readonly [
    why: string,
    attributes: string,
    version: string,
    expected: unknown,
    hello: unknown,
    ids?: readonly string[],
  ])[] = [
    ['absent is what Java has', '', '7.0.50', 'unknown', 'unknown'],
    ['commas', 'sslEnabledProtocols="TLSv1, TLSv1.1,TLSv1.2"', '7.0.50', ['TLSv1', 'TLSv1.1', 'TLSv1.2'], false],
    ['the old name in 6', 'sslProtocols="SSLv2Hello,SSLv3,TLSv1"', '6.0.35', ['SSLv3', 'TLSv1'], true],
    ['a stray blank does no harm', 'sslProtocols=" SSLv2Hello,SSLv3,TLSv1"', '6.0.35', ['SSLv3', 'TLSv1'], true],
    ['a wrong case alone opens everything', 'sslProtocols="TLsv1"', '6.0.35', 'unknown', 'unknown', ['settings-fails-open']],
    ['until 7.0.36', 'sslEnabledProtocols="TLsv1"', '7.0.35', 'unknown', 'unknown', ['settings-fails-open']],
    ['and then turns nothing on', 'sslEnabledProtocols="TLsv1"', '7.0.36', 'unknown', 'unknown', ['settings-stops-start']],
    ['all is no word here', 'sslEnabledProtocols="all"', '8.0.50', 'unknown', 'unknown', ['settings-stops-start']],
    [
      'a wrong case beside a right one is left out',
      'sslEnabledProtocols="TLsv1,TLSv1.2"',
      '8.0.50',
      ['TLSv1.2'],
      false,
      ['settings-unknown-protocol'],
    ],
    ['the old name in 7 counts no more', 'sslProtocols="TLSv1"', '7.0.50', 'unknown', 'unknown', ['settings-ignored']],
    ['nor does that of the native library', 'SSLProtocol="TLSv1"', '7.0.50', 'unknown', 'unknown', ['settings-ignored']],
    ['names count to the letter', 'SslEnabledProtocols="TLSv1.2"', '7.0.50', 'unknown', 'unknown', ['settings-ignored']],
    ['sslProtocol restricts nothing', 'sslProtocol="TLSv1.2"', '7.0.50', 'unknown', 'unknown', ['settings-no-restriction']],
    ['Java before 7 has nothing newer', 'sslProtocols="TLSv1.2"', '6.0.35', ['TLSv1.2'], false, ['settings-java']],
  ]
  for (const [why, attributes, version, expected, hello, expectedIds = []] of rows) {
    test(`${why}: ${attributes} in ${version}`, () => {
      const { leg, ids } = only(java(attributes), { version })
      assert.deepEqual([leg.words.protocols.value, leg.words.sslv2Hello.value], [expected, hello])
      assert.deepEqual(ids, expectedIds)
    })
  }

  test('suites by the names of Java; those of OpenSSL are none here', () => {
    const named = only(java('ciphers="SSL_RSA_WITH_RC4_128_SHA, TLS_RSA_WITH_AES_128_CBC_SHA"'), { version: '7.0.50' })
    assert.deepEqual(named.leg.words.suites.value, ['TLS_RSA_WITH_RC4_128_SHA', 'TLS_RSA_WITH_AES_128_CBC_SHA'])
    const wrong = only(java('ciphers="HIGH:!aNULL"'), { version: '7.0.50' })
    assert.equal(wrong.leg.words.suites.value, 'unknown')
    assert.deepEqual(wrong.ids, ['settings-cipher-list'])
  })
})

describe('tomcat, SSLHostConfig', () => {
  const ALL = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
  const rows: readonly (readonly [why: string, attributes: string, expected: unknown, hello: unknown, ids?: readonly string[]])[] = [
    ['absent is all', '', ALL, true],
    ['all in any case', 'protocols="ALL"', ALL, true],
    ['plus', 'protocols="TLSv1.2+TLSv1.3"', ['TLSv1.2', 'TLSv1.3'], false],
    ['commas', 'protocols="TLSv1.2, TLSv1.3"', ['TLSv1.2', 'TLSv1.3'], false],
    ['minus', 'protocols="all,-TLSv1,-SSLv2Hello"', ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'], false],
    ['minus without a comma', 'protocols="all-TLSv1-TLSv1.1-SSLv2Hello"', ['TLSv1.2', 'TLSv1.3'], false],
    ['a wrong case is left out', 'protocols="TLsv1+TLSv1.2"', ['TLSv1.2'], false, ['settings-unknown-protocol']],
    ['a wrong case alone stops the start', 'protocols="TLsv1"', 'unknown', 'unknown', ['settings-stops-start']],
  ]
  for (const [why, attributes, expected, hello, expectedIds = []] of rows) {
    for (const version of ['8.5.40', '9', '10.1.30', '11']) {
      test(`${why}: ${attributes} in ${version}`, () => {
        const { leg, ids } = only(host(attributes), { version })
        assert.deepEqual([leg.words.protocols.value, leg.words.sslv2Hello.value], [expected, hello])
        assert.deepEqual(ids, expectedIds)
      })
    }
  }

  const counts: readonly (readonly [list: string, count: number])[] = [
    ['HIGH:!aNULL:!eNULL:!EXPORT:!DES:!RC4:!MD5:!kRSA', 42],
    ['HIGH:!aNULL', 48],
    ['ECDHE-RSA-AES128-GCM-SHA256,TLS_RSA_WITH_AES_128_CBC_SHA', 5],
  ]
  for (const [list, count] of counts) {
    test(`${list} means as many suites that Java has as SSLHostConfig.getJsseCipherNames() of 10.1.60 says`, () => {
      const { value } = only(host(`ciphers="${list}"`), { version: '10.1.60' }).leg.words.suites
      assert.equal(value.length, count)
    })
  }

  test('the old attributes are other names for it up to 9, and count no more from 10 on', () => {
    const file = java('keystoreFile="x" sslEnabledProtocols="TLSv1.2"')
    assert.deepEqual(only(file, { version: '9.0.80' }).leg.words.protocols.value, ['TLSv1.2'])
    const ten = only(file, { version: '10.0.1' })
    assert.equal(ten.leg.words.protocols.value, 'unknown')
    assert.deepEqual(ten.ids, ['settings-ignored', 'settings-no-host'])
    assert.match(ten.reading.findings.find(({ id }) => id === 'settings-ignored')?.fact ?? '', /since 10 the old attributes count no more/)
  })

  test('an old attribute beside a host is told', () => {
    assert.deepEqual(only(host('', ' sslEnabledProtocols="TLSv1.2"'), { version: '10.1.1' }).ids, ['settings-ignored'])
  })

  test('ciphers in the language of OpenSSL, by names, and those of TLS 1.3 apart in newer versions', () => {
    const suites = (attributes: string, version: string) => only(host(attributes), { version }).leg.words.suites.value
    const plain = suites('', '9')
    assert.ok(plain !== 'unknown' && plain.includes('TLS_AES_128_GCM_SHA256') && !plain.some((suite) => /^TLS_RSA_|_anon_|RC4/.test(suite)))
    // Fixed ECDH, which no OpenSSL has had for long.
    assert.ok(plain.includes('TLS_ECDH_RSA_WITH_AES_128_CBC_SHA'))
    assert.deepEqual(suites('protocols="TLSv1.2" ciphers="ECDHE-RSA-AES128-GCM-SHA256,TLS_RSA_WITH_AES_128_CBC_SHA"', '9'), [
      'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      'TLS_RSA_WITH_AES_128_CBC_SHA',
    ])
    assert.deepEqual(suites('cipherSuites="TLS_AES_128_GCM_SHA256" ciphers="ECDHE-RSA-AES128-GCM-SHA256"', '11'), [
      'TLS_AES_128_GCM_SHA256',
      'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    ])
    assert.deepEqual(only(host('cipherSuites="TLS_AES_128_GCM_SHA256"'), { version: '10.1.1' }).ids, ['settings-ignored'])
  })
})

describe('tomcat, which Connector and which version', () => {
  const versions: readonly (readonly [why: string, file: SettingsFile, text: string, from: string])[] = [
    ['an attribute of 6', java('sslProtocols="TLSv1"'), 'Tomcat 6', 'file'],
    ['a listener of 6', server('<Listener className="org.apache.catalina.core.JasperListener"/>'), 'Tomcat 6', 'file'],
    [
      'listeners of 7',
      server('<Listener className="a.JasperListener"/><Listener className="a.ThreadLocalLeakPreventionListener"/>'),
      'Tomcat 7',
      'file',
    ],
    ['old attributes', java('keystoreFile="x"'), 'Tomcat 9', 'assumed'],
    ['hosts', host(''), 'Tomcat 11', 'assumed'],
  ]
  for (const [why, file, text, from] of versions) {
    test(`the version by ${why}`, () => {
      assert.deepEqual(tomcatAdapter.read(file, {}).version, { text, from })
    })
  }

  test('refuses versions that are none', () => {
    for (const version of ['new', '5.5']) assert.throws(() => tomcatAdapter.read(host(''), { version }), { code: 'SETTINGS_VERSION' })
    assert.throws(() => mailExpressAdapter.read(fixture('mail-express.xml'), { version: '9' }), { code: 'SETTINGS_VERSION' })
  })

  test('doors by port, address and host, each name once', () => {
    const doors = (file: SettingsFile) => tomcatAdapter.read(file, { version: '9' }).legs.map(({ door }) => door)
    assert.deepEqual(doors(fixture('tomcat.xml')), ['port 8443', 'port 8443, host old.example.com'])
    const twice = '<Connector port="1" SSLEnabled="true" keystoreFile="x"/>'
    assert.deepEqual(doors(server(twice, twice, twice.replace('port', 'address="::1" port'))), ['port 1', 'port 1 (2)', 'port 1 on ::1'])
  })

  test('settings of TLS without TLS are told', () => {
    const reading = tomcatAdapter.read(server('<Connector port="8443" scheme="https" sslEnabledProtocols="TLSv1.2"/>'), { version: '9' })
    assert.deepEqual(reading.legs, [])
    assert.deepEqual(
      reading.findings.map(({ id }) => id),
      ['settings-no-tls'],
    )
  })

  test('what shows neither Java nor the native library is unknown', () => {
    const { leg, ids } = only(server('<Connector port="1" SSLEnabled="true" SSLProtocol="TLSv1" keystoreFile="x"/>'), { version: '6' })
    assert.equal(leg.words.protocols.value, 'unknown')
    assert.ok(ids.includes('settings-two-libraries'))
  })

  test('two names that contradict each other are unknown', () => {
    const { leg, ids } = only(java('sslEnabledProtocols="TLSv1.2" SSLProtocol="TLSv1"'), { version: '9' })
    assert.equal(leg.words.protocols.value, 'unknown')
    assert.ok(ids.includes('settings-given-twice'))
  })
})

describe('mail-express', () => {
  test('both Connectors of the page, and no third', () => {
    const reading = mailExpressAdapter.read(fixture('mail-express.xml'), {})
    assert.deepEqual(
      reading.legs.map(({ door, words }) => [door, words.protocols.value, words.sslv2Hello.value]),
      [
        ['port 8443', ['SSLv2', 'SSLv3', 'TLSv1'], true],
        ['DMZ Gateway', ['SSLv3', 'TLSv1'], true],
      ],
    )
    assert.equal(reading.version.text, 'Mail Express 3, which has Tomcat 6')
    assert.deepEqual(
      reading.findings.map(({ id }) => id),
      [],
    )
  })

  test('the procedure of the page: TLS 1.0 alone at both doors, by two values', () => {
    const file = fixture('mail-express.xml')
    const { edits, after, again } = write(file, {}, TLS10, mailExpressAdapter)
    const protocols = edits.changes.filter(({ setting }) => /rotocol/.test(setting))
    assert.deepEqual(
      protocols.map(({ door, setting, before, after: now }) => [door, setting, before, now]),
      [
        ['port 8443', 'SSLProtocol of Connector', 'all', 'TLSv1'],
        ['DMZ Gateway', 'sslProtocols of Connector', 'SSLv2Hello,SSLv3,TLSv1', 'TLSv1'],
      ],
    )
    for (const { words } of again.legs) assert.deepEqual([words.protocols.value, words.sslv2Hello.value], [['TLSv1'], false])
    assert.ok(after.text.includes('SSLPassword="s3cret &amp; sound"') && after.text.includes('<!-- The HTTPS port.'))
    // The gateway had no list of suites: it gets one in a line of its own, as its other attributes have.
    assert.match(after.text, /sslProtocols="TLSv1"\r\n {15}ciphers="[^"]+" \/>/)
  })

  test('what it cannot say is said, and not written: TLS 1.2 would turn everything on', () => {
    const { edits, after } = write(fixture('mail-express.xml'), {}, rulebook('mozilla-intermediate'), mailExpressAdapter)
    assert.ok(after.text.includes('SSLProtocol="all"'))
    const told = edits.inexpressible.filter(({ door, word }) => door === 'port 8443' && word === 'protocols')
    assert.equal(told.length, 1)
    assert.ok(edits.changes.some(({ door, after: now }) => door === 'DMZ Gateway' && now === 'TLSv1.2'))
  })

  test('SSLProtocol counts at port 8443 as the page says, also beside a keystore of Java', () => {
    const file = server('<Connector port="8443" SSLEnabled="true" keystoreFile="k" SSLProtocol="all"/>')
    assert.deepEqual(only(file, { version: '3' }, mailExpressAdapter).leg.words.protocols.value, ['SSLv2', 'SSLv3', 'TLSv1'])
  })

  test('one door without the other is told', () => {
    const file = fixture('mail-express.xml')
    const half = { ...file, text: file.text.replace('SSLProtocol="all"', 'SSLProtocol="TLSv1"') }
    const [finding] = mailExpressAdapter.read(half, {}).findings
    assert.equal(finding?.id, 'settings-connectors-differ')
    assert.match(finding.fact, /port 8443 speaks TLSv1, and DMZ Gateway SSLv3, TLSv1/)
  })

  test('of 4 nobody knows the release of Tomcat 7, so a list that is wrong is unknown', () => {
    const file = server('<Connector port="8443" scheme="https" sslEnabledProtocols="TLSv1, TLSv1.1, TLSv1.2"/>')
    const { leg, reading } = only({ ...file, path: 'Mail Express/conf/server.xml' }, {}, mailExpressAdapter)
    assert.equal(reading.version.text, 'Mail Express 4, which has Tomcat 7')
    assert.deepEqual(leg.words.protocols.value, ['TLSv1', 'TLSv1.1', 'TLSv1.2'])
    const all = { ...file, text: file.text.replace(/sslEnabledProtocols="[^"]*"/, 'sslEnabledProtocols="all"') }
    assert.match(only(all, {}, mailExpressAdapter).reading.findings[0]?.fact ?? '', /or from 7\.0\.36 on, nothing is/)
  })

  test('what was pasted from the page is refused with a place, and mended', () => {
    const file = fixture('pasted.xml')
    assert.throws(() => mailExpressAdapter.read(file, {}), {
      code: 'SETTINGS_MALFORMED',
      message: /line 14, column 28: the value of SSLProtocol stands in curly quotes/,
    })
    assert.equal(mailExpressAdapter.recognises(file), 1)
    const mendings = mailExpressAdapter.mend?.(file) ?? []
    assert.deepEqual(
      mendings.map(({ what, place }) => `${place.line}: ${what}`),
      [
        '14: The value of SSLProtocol stood in curly quotes; now they are straight.',
        '20: sslProtocols was " SSLv2Hello,SSLv3,TLsv1"; now it is "SSLv2Hello,SSLv3,TLSv1".',
      ],
    )
    const mended = withEdits(
      file,
      mendings.flatMap(({ edits }) => edits),
    )
    assert.equal(mended.text, fixture('mail-express.xml').text.replace('SSLProtocol="all"', 'SSLProtocol="TLSv1"'))
    assert.deepEqual(mailExpressAdapter.mend?.(mended), [])
  })

  test('passwords are never shown', () => {
    const file = fixture('mail-express.xml')
    const shown = mailExpressAdapter.secrets(file).map(({ start, end }) => file.text.slice(start, end))
    assert.deepEqual(shown, ['s3cret &amp; sound', 'changeit'])
    const hosts = fixture('tomcat.xml')
    assert.deepEqual(
      tomcatAdapter.secrets(hosts).map(({ start, end }) => hosts.text.slice(start, end)),
      ['changeit'],
    )
  })
})

describe('tomcat, write()', () => {
  test('a host gets the attributes that it lacks, one that has them new values', () => {
    const { after, again, edits } = write(fixture('tomcat.xml'), { version: '9.0.80' }, rulebook('mozilla-intermediate'))
    assert.match(after.text, /<SSLHostConfig protocols="TLSv1\.2\+TLSv1\.3" ciphers="[^"]+">/)
    assert.match(after.text, /hostName="old\.example\.com" protocols="TLSv1\.2\+TLSv1\.3" ciphers="[^"]+" honorCipherOrder="true"/)
    for (const { words } of again.legs) assert.deepEqual(words.protocols.value, ['TLSv1.2', 'TLSv1.3'])
    assert.ok(edits.inexpressible.some(({ word, why }) => word === 'groups' && /curves/.test(why)))
  })

  test('an old attribute is changed in the grammar that it has', () => {
    const policy = { ...rulebook('mozilla-old'), protocols: { allowed: ['TLSv1.1', 'TLSv1.2'], required: [] } } as const
    const value = (file: SettingsFile, version: string): string | undefined =>
      /(?:SSLProtocol|sslEnabledProtocols)="([^"]*)"/.exec(write(file, { version }, policy).after.text)?.[1]
    assert.equal(value(java('keystoreFile="x" sslEnabledProtocols="TLSv1,TLSv1.1,TLSv1.2"'), '9'), 'TLSv1.1,TLSv1.2')
    assert.equal(value(native('SSLProtocol="all"'), '9'), 'TLSv1.1+TLSv1.2')
    assert.equal(value(native('SSLProtocol="all"'), '7.0.60'), 'TLSv1.1+TLSv1.2')
    assert.equal(value(java('keystoreFile="x"'), '7.0.60'), 'TLSv1.1,TLSv1.2')
  })

  test('from 10 on a Connector without a host cannot be told anything', () => {
    const { edits } = write(java('keystoreFile="x"'), { version: '10.1.5' }, rulebook('mozilla-intermediate'))
    assert.deepEqual(edits.changes, [])
    assert.ok(edits.inexpressible.some(({ word }) => word === 'protocols'))
  })

  test('in newer versions the suites of TLS 1.3 have an attribute', () => {
    const policy: Policy = {
      ...rulebook('mozilla-intermediate'),
      suites: ['TLS_AES_256_GCM_SHA384', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'],
    }
    assert.match(write(host(''), { version: '11' }, policy).after.text, / cipherSuites="TLS_AES_256_GCM_SHA384"/)
    const { after } = write(host(''), { version: '10.1.30' }, policy)
    assert.match(after.text, / ciphers="TLS_AES_256_GCM_SHA384:ECDHE-RSA-AES256-GCM-SHA384"/)
  })
})

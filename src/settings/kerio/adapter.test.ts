import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { policyOf, rulebookByName, type Policy } from '../../policy/index.ts'
import type { Edits, Reading, ReadOptions } from '../adapter.ts'
import { fileOf, withEdits, type SettingsFile } from '../settings-file.ts'
import type { Leg, Role } from '../words.ts'
import { kerioAdapter } from './adapter.ts'

const fixture = (name: string): SettingsFile => fileOf('mailserver.cfg', readFileSync(new URL(`testdata/${name}`, import.meta.url)))

/** A file with these variables in the two tables; `Security` alone where the second is left out. */
function config(security: Readonly<Record<string, string>>, smtp: Readonly<Record<string, string>> = security): SettingsFile {
  const table = (name: string, variables: Readonly<Record<string, string>>): string =>
    `\t<table name="${name}">\r\n${Object.entries(variables)
      .map(([key, value]) => `\t\t<variable name="${key}">${value}</variable>\r\n`)
      .join('')}\t</table>\r\n`
  return fileOf('mailserver.cfg', Buffer.from(`<config>\r\n${table('Security', security)}${table('SmtpSecurity', smtp)}</config>\r\n`))
}

function legOf(reading: Reading, door: 'SMTP' | 'everything but SMTP', role: Role = 'server'): Leg {
  const leg = reading.legs.find((one) => one.door === door && one.role === role)
  assert.ok(leg)
  return leg
}

function policy(name: string): Policy {
  const rulebook = rulebookByName(name)
  assert.ok(rulebook)
  return policyOf(rulebook, { now: new Date('2026-11-22') })
}

function write(
  file: SettingsFile,
  options: ReadOptions,
  wish: Policy = INTERMEDIATE,
): { edits: Edits; after: SettingsFile; again: Reading } {
  const reading = kerioAdapter.read(file, options)
  const wanted = reading.legs.map(({ door, role }) => ({ door, role, policy: wish }))
  const edits = kerioAdapter.write(reading, wanted, options)
  const after = withEdits(
    file,
    edits.changes.flatMap((change) => change.edits),
  )
  return { edits, after, again: kerioAdapter.read(after, options) }
}

/** Its DHE groups have 2048 bits at least. */
const INTERMEDIATE: Policy = { ...policy('mozilla-intermediate-5.7'), dh: { minBits: 2048 } }

const ids = ({ findings }: Reading): readonly string[] => [...new Set(findings.map(({ id }) => id))]

describe('kerio-connect, protocols', () => {
  const rows: readonly (readonly [why: string, value: string | undefined, version: string, expected: unknown, id?: string])[] = [
    ['absent means the default', undefined, '9.2.7', ['TLSv1', 'TLSv1.1', 'TLSv1.2']],
    ['empty means the default', '', '9.2.7', ['TLSv1', 'TLSv1.1', 'TLSv1.2']],
    ['the default stays the same with TLS 1.3', '', '10.0.9', ['TLSv1', 'TLSv1.1', 'TLSv1.2']],
    ['the defaults before 9.0.0 are written nowhere', '', '8.5.0', 'unknown'],
    ['in any order', 'TLSv1.2,TLSv1', '9.2.7', ['TLSv1', 'TLSv1.2']],
    ['TLS 1.3 from 9.3.0 on', 'TLSv1.2,TLSv1.3', '9.3.0', ['TLSv1.2', 'TLSv1.3']],
    ['TLS 1.3 not before', 'TLSv1.2,TLSv1.3', '9.2.13', ['TLSv1.2'], 'settings-version-lacks'],
    ['nothing but what it has not', 'TLSv1.3', '9.2.13', 'unknown', 'settings-version-lacks'],
    ['the example of the page', 'SSLv3,TLSv1,TLSv1.1,TLSv1.2', '9.4.0', ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2'], 'settings-sslv3'],
    ['a wrong case means nobody knows what', 'TLsv1,TLSv1.2', '9.4.0', 'unknown', 'settings-unknown-protocol'],
    ['stray blanks mean nobody knows what', 'TLSv1.1, TLSv1.2', '9.4.0', 'unknown', 'settings-unknown-protocol'],
    ['SSL 2.0 is no choice there', 'SSLv2,TLSv1.2', '9.4.0', 'unknown', 'settings-unknown-protocol'],
  ]
  for (const [why, value, version, expected, id] of rows) {
    test(`${why}: ${value ?? 'absent'} in ${version}`, () => {
      const reading = kerioAdapter.read(config(value === undefined ? {} : { ServerTlsProtocols: value }), { version })
      for (const door of ['SMTP', 'everything but SMTP'] as const) {
        const { words, posture } = legOf(reading, door)
        assert.deepEqual(words.protocols.value, expected)
        assert.equal(words.protocols.origin.kind, value === undefined || value === '' ? 'default' : 'file')
        for (const one of ['TLSv1', 'TLSv1.2'] as const)
          assert.equal(posture.protocols[one].offered, Array.isArray(expected) ? expected.includes(one) : 'unknown')
      }
      assert.deepEqual(
        ids(reading).filter((one) => /protocol|lacks|sslv3/.test(one)),
        id === undefined ? [] : [id],
      )
    })
  }

  test('an OpenSSL 3 that is known to be there speaks nothing older than TLS 1.2, but at level 0', () => {
    const told = (list: string) =>
      legOf(kerioAdapter.read(config({ ServerTlsCiphers: list }), { version: '10.0.9', openssl: '3.0' }), 'SMTP').words.protocols.value
    assert.deepEqual(told('HIGH:!aNULL'), ['TLSv1.2'])
    assert.deepEqual(told('HIGH:!aNULL:@SECLEVEL=0'), ['TLSv1', 'TLSv1.1', 'TLSv1.2'])
  })

  test('clients have their own', () => {
    const reading = kerioAdapter.read(config({ ServerTlsProtocols: 'TLSv1.2', ClientTlsProtocols: 'TLSv1.1' }), { version: '9.2.7' })
    assert.deepEqual(legOf(reading, 'SMTP', 'client').words.protocols.value, ['TLSv1.1'])
    assert.deepEqual(legOf(reading, 'SMTP').words.protocols.value, ['TLSv1.2'])
  })
})

describe('kerio-connect, cipher lists', () => {
  const count = (file: SettingsFile, options: ReadOptions, role: Role = 'server', match = /./): unknown => {
    const { value } = legOf(kerioAdapter.read(file, options), 'everything but SMTP', role).words.suites
    return value === 'unknown' ? value : value.filter((suite) => match.test(suite)).length
  }

  test('the default of 9.2 has suites without any certificate', () => {
    assert.ok(Number(count(config({}), { version: '9.2.7' }, 'server', /_anon_/)) > 0)
  })

  test('the default with each OpenSSL', () => {
    assert.equal(count(config({}), { version: '10.0.9', openssl: '1.1.1' }), 71)
    assert.equal(count(config({}), { version: '10.0.9', openssl: '3.0' }), 71)
    assert.equal(count(config({}), { version: '10.0.9', openssl: '3.5' }), 65)
  })

  test('where nobody knows which OpenSSL it is, what any of them would use counts, and that is said', () => {
    assert.equal(count(config({}), { version: '10.0.9' }), 71)
    assert.ok(ids(kerioAdapter.read(config({}), { version: '10.0.9' })).includes('settings-engine'))
    const plain = config({ ServerTlsCiphers: 'ECDHE-RSA-AES128-GCM-SHA256' })
    assert.ok(!ids(kerioAdapter.read(plain, { version: '9.2.7' })).includes('settings-engine'))
  })

  test('the default of clients is printed nowhere', () => {
    assert.equal(count(config({}), { version: '9.4.0' }, 'client'), 'unknown')
    assert.equal(count(config({ ClientTlsCiphers: 'AES128-SHA' }), { version: '9.4.0' }, 'client'), 1)
  })

  test('TLS 1.3 has its suites beside the list', () => {
    assert.equal(count(config({ ServerTlsProtocols: 'TLSv1.3', ServerTlsCiphers: 'AES128-SHA' }), { version: '9.4.0' }), 4)
  })

  const odd: readonly (readonly [why: string, list: string, fact: RegExp])[] = [
    ['the IANA name that the page calls equal', 'HIGH:!TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384', /does not know the IANA name/],
    ['the terms of the worked example that match nothing', 'AESGCM:HIGH:+DES-CBC3-SHA', /matches nothing/],
    ['a wrong case', 'high', /does not take .*selects no cipher/],
    ['text that goes unread', 'NOSUCH!aNULL:HIGH', /goes unread/],
  ]
  for (const [why, list, fact] of odd) {
    test(`finds ${why}`, () => {
      const { findings } = kerioAdapter.read(config({ ServerTlsCiphers: list }), { version: '9.4.0' })
      const found = findings.find((one) => one.id === 'settings-cipher-list' && fact.test(one.fact))
      assert.ok(found?.remedy)
      assert.equal(found.place?.line, 3)
    })
  }

  test('a list that no OpenSSL takes leaves unknown what is in force', () => {
    assert.equal(count(config({ ServerTlsCiphers: 'HIGH:\\o/' }), { version: '9.4.0' }), 'unknown')
  })
})

describe('kerio-connect, DHE', () => {
  const dh = (file: SettingsFile, options: ReadOptions): readonly unknown[] => {
    const reading = kerioAdapter.read(file, options)
    return [legOf(reading, 'everything but SMTP').words.dh.value, legOf(reading, 'SMTP').words.dh.value]
  }
  const rows: readonly (readonly [why: string, variables: Record<string, string>, options: ReadOptions, expected: readonly unknown[]])[] = [
    ['automatic: 2048, and 1024 for SMTP', {}, { version: '9.2.7' }, [2048, 1024]],
    ['DisableEphemeralDH 1 turns it off in 9.0.1', { DisableEphemeralDH: '1' }, { version: '9.0.1' }, [null, null]],
    ['DisableEphemeralDH 0 turns it on in 9.0.0', { DisableEphemeralDH: '0' }, { version: '9.0.0' }, [2048, 1024]],
    ['its default in 9.0.0 is written nowhere', {}, { version: '9.0.0' }, ['unknown', 'unknown']],
    ['nothing reads it from 9.0.2 on', { DisableEphemeralDH: '1' }, { version: '9.0.2' }, [2048, 1024]],
    ['a variable that sounds like it', { MyEphemeralSwitch: '0' }, { version: '9.4.0' }, [null, null]],
    ['one that sounds reversed is left alone', { DisableDhe: '1' }, { version: '9.4.0' }, [2048, 1024]],
    ['one that the owner names', { Foo: '0' }, { version: '9.4.0', names: { dhe: 'Foo' } }, [null, null]],
    ['a size that the owner names', { Bar: '4096' }, { version: '9.4.0', names: { 'dhe-size': 'Bar' } }, [4096, 4096]],
    ['a size that is none', { Bar: '3000' }, { version: '9.4.0', names: { 'dhe-size': 'Bar' } }, ['unknown', 'unknown']],
    ['two that sound alike are none', { MyDheA: '0', MyDheB: '0' }, { version: '9.4.0' }, ['unknown', 'unknown']],
  ]
  for (const [why, variables, options, expected] of rows) {
    test(why, () => {
      assert.deepEqual(dh(config(variables), options), expected)
    })
  }

  test('where DHE or ECDHE is off, their suites are gone', () => {
    const options = { version: '9.2.7', names: { dhe: 'A', ecdhe: 'B' } }
    const { suites } = legOf(kerioAdapter.read(config({ A: '0', B: '0' }), options), 'SMTP').words
    assert.ok(suites.value !== 'unknown' && suites.value.length > 5)
    assert.deepEqual(
      suites.value.filter(
        (suite) => /_(?:EC)?DHE?_(?:RSA|DSS|ECDSA|anon)/.test(suite) && /DHE|anon/.test(suite) && !/DH_anon|ECDH_anon/.test(suite),
      ),
      [],
    )
  })

  const said: readonly (readonly [why: string, variables: Record<string, string>, version: string, id: string, fact: RegExp])[] = [
    ['its reversed sense', { DisableEphemeralDH: '1' }, '9.0.1', 'settings-reversed', /turns DHE off/],
    ['that nothing reads it any more', { DisableEphemeralDH: '1' }, '9.4.0', 'settings-retired', /only 9\.0\.0 and 9\.0\.1 read it/],
    ['that a name is only assumed', { UseDhe: '1' }, '9.4.0', 'settings-assumed-name', /UseDhe is taken for .* by its sound/],
    ['that two names sound alike', { UseDhe: '1', DheOn: '1' }, '9.4.0', 'settings-assumed-name', /More than one/],
    ['a switch that is neither 0 nor 1', { UseDhe: 'yes' }, '9.4.0', 'settings-value', /"yes"/],
  ]
  for (const [why, variables, version, id, fact] of said) {
    test(`says ${why}`, () => {
      const found = kerioAdapter.read(config(variables), { version }).findings.find((one) => one.id === id)
      assert.match(found?.fact ?? '', fact)
      assert.ok(found?.remedy)
    })
  }
})

describe('kerio-connect, the other variables', () => {
  test('who chooses the suite, and the workaround for CVE-2011-3389 with its sense', () => {
    const read = (variables: Record<string, string>) =>
      legOf(kerioAdapter.read(config(variables), { version: '9.2.7', names: { order: 'O', beast: 'B' } }), 'SMTP')
    assert.equal(read({}).words.order.value, 'server')
    assert.equal(read({ O: '0' }).words.order.value, 'client')
    assert.equal(read({}).posture.features.recordSplitting, false)
    assert.equal(read({ B: '0' }).posture.features.recordSplitting, true)
    assert.equal(read({ ServerTlsProtocols: 'TLSv1.2' }).posture.features.recordSplitting, 'not-applicable')
  })

  test('drift between the tables is told for each variable, empty and absent being the same', () => {
    const file = config({ ServerTlsProtocols: 'TLSv1.2', ServerTlsCiphers: '' }, { ServerTlsProtocols: 'TLSv1.1,TLSv1.2' })
    const drift = kerioAdapter.read(file, { version: '9.4.0' }).findings.filter(({ id }) => id === 'settings-drift')
    assert.deepEqual(
      drift.map(({ fact }) => fact),
      ['ServerTlsProtocols differs: Security has "TLSv1.2", SmtpSecurity has "TLSv1.1,TLSv1.2".'],
    )
  })

  test('a variable that stands twice with different values is unknown', () => {
    const text = config({ ServerTlsProtocols: 'TLSv1.2' }).text.replace(
      '\t</table>',
      '<variable name="ServerTlsProtocols">TLSv1</variable></table>',
    )
    const reading = kerioAdapter.read({ path: 'x', text }, { version: '9.4.0' })
    assert.equal(legOf(reading, 'everything but SMTP').words.protocols.value, 'unknown')
    assert.ok(ids(reading).includes('settings-given-twice'))
  })

  const wrong: readonly (readonly [why: string, options: ReadOptions, code: string])[] = [
    ['a version that is none', { version: 'newest' }, 'SETTINGS_VERSION'],
    ['a purpose that there is not', { names: { dh: 'X' } }, 'SETTINGS_NAME'],
    ['a name with a meaning of its own', { names: { dhe: 'DisableEphemeralDH' } }, 'SETTINGS_NAME'],
    ['a name that cannot be one', { names: { dhe: '"><x' } }, 'SETTINGS_NAME'],
  ]
  for (const [why, options, code] of wrong) {
    test(`refuses ${why}`, () => {
      assert.throws(() => kerioAdapter.read(config({}), options), { code, fault: 'input' })
    })
  }
})

describe('kerio-connect, write()', () => {
  test('adds what is missing beside its neighbours, and changes what is there, in both tables alike', () => {
    const { edits, after } = write(config({ Other: 'x', ServerTlsProtocols: '' }), { version: '9.4.0', openssl: '1.1.1' })
    assert.match(
      after.text,
      /^\t\t<variable name="Other">x<\/variable>\r\n\t\t<variable name="ServerTlsProtocols">TLSv1\.2<\/variable>\r\n\t\t<variable name="ServerTlsCiphers">/m,
    )
    const values = (name: string): readonly string[] =>
      [...after.text.matchAll(new RegExp(`"${name}">([^<]*)<`, 'g'))].map(([, value = '']) => value)
    for (const name of ['ServerTlsProtocols', 'ServerTlsCiphers', 'ClientTlsProtocols']) {
      assert.equal(values(name).length, 2)
      assert.equal(new Set(values(name)).size, 1, name)
    }
    assert.ok(edits.changes.every(({ setting }) => / in (?:Smtp)?Security$/.test(setting)))
  })

  test('leaves DHE out where its size cannot be set, and says why', () => {
    const { edits, again } = write(config({}), { version: '9.4.0', openssl: '1.1.1' })
    for (const door of ['SMTP', 'everything but SMTP'] as const) {
      const { suites } = legOf(again, door).words
      assert.ok(suites.value !== 'unknown' && suites.value.length > 0 && !suites.value.some((suite) => suite.includes('_DHE_')))
    }
    const told = edits.inexpressible.find(({ word, door, role }) => word === 'dh' && door === 'SMTP' && role === 'server')
    assert.match(told?.why ?? '', /no published name.*--name dhe-size=NAME; ServerTlsCiphers leaves the suites of DHE out/)
  })

  test('adds a variable whose name is settled, and none whose name is only assumed', () => {
    const settled = write(config({}), { version: '9.4.0', openssl: '1.1.1', names: { 'dhe-size': 'Size' } })
    assert.equal(settled.after.text.match(/<variable name="Size">2048<\/variable>/g)?.length, 2)
    const assumed = write(config({ MyDheSize: '0' }, {}), { version: '9.4.0', openssl: '1.1.1' })
    assert.equal(assumed.after.text.match(/MyDheSize/g)?.length, 1)
  })

  test('keeps comments, CDATA and entities of all else, and fills empty tables', () => {
    const text =
      '<config a="&lt;"><!-- &c --><table name="Security"/><table name="SmtpSecurity"><!-- x --></table><x><![CDATA[<&]]></x></config>'
    const { after } = write({ path: 'mailserver.cfg', text }, { version: '9.4.0' })
    assert.match(
      after.text,
      /^<config a="&lt;"><!-- &c --><table name="Security"><variable name="ServerTlsProtocols">TLSv1\.2<\/variable>.*<\/table>/,
    )
    assert.match(after.text, /<table name="SmtpSecurity">.*<!-- x --><\/table><x><!\[CDATA\[<&\]\]><\/x><\/config>$/)
  })

  test('says that a table is missing instead of inventing it', () => {
    const { edits, after } = write({ path: 'mailserver.cfg', text: '<config/>' }, { version: '9.4.0' })
    assert.equal(after.text, '<config/>')
    assert.match(edits.inexpressible.map(({ why }) => why).join(), /no table SmtpSecurity/)
  })

  test('says that a version has no TLS 1.3', () => {
    const { edits } = write(config({}), { version: '9.2.7' }, policy('mozilla-modern'))
    assert.match(edits.inexpressible.map(({ why }) => why).join(), /TLSv1\.3/)
  })
})

describe('kerio-connect, files', () => {
  test('the file of a fresh installation', () => {
    const file = fixture('mailserver.cfg')
    assert.equal(kerioAdapter.recognises(file), 1)
    const { after, again } = write(file, { version: '9.4.0' })
    assert.deepEqual(legOf(again, 'SMTP').words.protocols.value, ['TLSv1.2'])
    assert.match(after.text, /Miller &amp; Sons &lt;Z\xc3\xbcrich&gt;/)
  })

  test('passwords are never shown', () => {
    const file = fixture('mailserver.cfg')
    assert.deepEqual(
      kerioAdapter.secrets(file).map(({ start, end, line }) => [line, file.text.slice(start, end)]),
      [[7, 'D3S:9f86d081884c7d659a2feaa0c55ad015']],
    )
  })

  test('cipher lists are no passwords, whatever words they have', () => {
    const list = 'AES:SHA256:+EDH-RSA-DES-CBC3-SHA:!aNULL:DES:MD5:ECDHE-RSA-AES256-GCM-SHA384'
    const text = `<config><table name="Security"><variable name="ServerTlsCiphers">${list}</variable></table></config>`
    assert.deepEqual(kerioAdapter.secrets({ path: 'mailserver.cfg', text }), [])
    const hashed = text.replace(list, 'SHA:9f86d081884c7d659a2feaa0c55ad015')
    assert.equal(kerioAdapter.secrets({ path: 'mailserver.cfg', text: hashed }).length, 1)
  })

  test('what was pasted from the page is refused with a place and mended', () => {
    const file = fixture('pasted.cfg')
    assert.ok(kerioAdapter.recognises(file) > 0)
    assert.throws(() => kerioAdapter.read(file, {}), {
      code: 'SETTINGS_MALFORMED',
      message: /line 23, column 5: a blank is missing in <variablename=/,
    })
    const mendings = kerioAdapter.mend?.(file) ?? []
    assert.deepEqual(
      mendings.map(({ what, place }) => `${place.line}: ${what}`),
      [
        '23: A blank was missing in <variablename=; now it is <variable name=.',
        '29: The value of name stood in curly quotes; now they are straight.',
        '29: ServerTlsProtocols was "TLsv1, TLSv1.1 ,TLSv1.2"; now it is "TLSv1,TLSv1.1,TLSv1.2".',
      ],
    )
    const mended = withEdits(
      file,
      mendings.flatMap(({ edits }) => edits),
    )
    assert.deepEqual(kerioAdapter.mend?.(mended), [])
    const reading = kerioAdapter.read(mended, { version: '9.4.0' })
    assert.deepEqual(legOf(reading, 'SMTP').words.protocols.value, ['TLSv1', 'TLSv1.1', 'TLSv1.2'])
    assert.ok(ids(reading).includes('settings-drift') && ids(reading).includes('settings-sslv3'))
  })

  test('nothing is mended in a file that is right, in comments or in other text', () => {
    assert.deepEqual(kerioAdapter.mend?.(fixture('mailserver.cfg')), [])
    const text = '<c><!-- <variablename="ServerTlsProtocols">TLsv1< a=”b” --><v>a = ”b” </v><w x="say ”no”"/></c>'
    assert.deepEqual(kerioAdapter.mend?.(fileOf('mailserver.cfg', Buffer.from(text))), [])
  })

  test('other products are not taken for this one', () => {
    assert.equal(kerioAdapter.recognises({ path: 'main.cf', text: 'a = b' }), 0)
    assert.equal(kerioAdapter.recognises({ path: 'server.xml', text: '<Server/>' }), 0)
  })
})

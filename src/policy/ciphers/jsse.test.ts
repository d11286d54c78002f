import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cipherSuites, suiteByName } from '../../registry/index.ts'
import { parseJsse, printJsse } from './jsse.ts'

describe('parseJsse()', () => {
  const cases: readonly (readonly [why: string, list: string, iana: readonly string[], unknown: readonly string[]])[] = [
    ['JSSE names of SSL 3.0', 'SSL_RSA_WITH_3DES_EDE_CBC_SHA', ['TLS_RSA_WITH_3DES_EDE_CBC_SHA'], []],
    [
      'commas with blanks, as in server.xml',
      'TLS_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_128_CBC_SHA',
      ['TLS_AES_128_GCM_SHA256', 'TLS_RSA_WITH_AES_128_CBC_SHA'],
      [],
    ],
    ['names of Java by IBM', 'SSL_ECDHE_RSA_WITH_AES_256_CBC_SHA384', ['TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384'], []],
    [
      'OpenSSL names, which newer Tomcats take',
      'ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA',
      ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_RSA_WITH_AES_128_CBC_SHA'],
      [],
    ],
    ['the SCSV is no suite and no mistake', 'TLS_EMPTY_RENEGOTIATION_INFO_SCSV', [], []],
    [
      'a misspelled name',
      'TLS_RSA_WITH_AES_128_CBC_SHA,TLS_RSA_WITH_AES_512_CBC_SHA',
      ['TLS_RSA_WITH_AES_128_CBC_SHA'],
      ['TLS_RSA_WITH_AES_512_CBC_SHA'],
    ],
    ['nothing', '', [], []],
  ]
  for (const [why, list, iana, unknown] of cases) {
    test(why, () => {
      const parsed = parseJsse(list)
      assert.deepEqual(
        parsed.suites.map((suite) => suite.iana),
        iana,
      )
      assert.deepEqual(
        parsed.unknown.map(({ name }) => name),
        unknown,
      )
      for (const { at, name } of parsed.unknown) assert.ok(list.slice(at).startsWith(name))
    })
  }
})

describe('printJsse()', () => {
  test('what is printed is read back, for every suite that Java has', () => {
    const own = cipherSuites.filter((suite) => suite.jsse !== undefined)
    assert.deepEqual(parseJsse(printJsse(own).list).suites, own)
    assert.ok(own.length > 90)
  })

  test('tells what Java does not have', () => {
    const suites = ['TLS_RSA_WITH_AES_128_CCM', 'TLS_RSA_WITH_RC4_128_MD5'].flatMap((name) => suiteByName(name) ?? [])
    assert.deepEqual(printJsse(suites), { list: 'SSL_RSA_WITH_RC4_128_MD5', missing: ['TLS_RSA_WITH_AES_128_CCM'] })
  })
})

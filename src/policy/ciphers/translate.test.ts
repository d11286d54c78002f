import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cipherSuites } from '../../registry/index.ts'
import { OPENSSL_GENERATIONS, type OpensslGeneration } from './generation.ts'
import { resolveCipherList } from './resolve.ts'
import { translateSuiteNames } from './translate.ts'

describe('translateSuiteNames()', () => {
  const cases: readonly (readonly [why: string, generation: OpensslGeneration, list: string, expected: string, left: readonly string[]])[] =
    [
      [
        'IANA names',
        '3.0',
        'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384:!TLS_RSA_WITH_AES_128_CBC_SHA',
        'ECDHE-RSA-AES256-SHA384:!AES128-SHA',
        [],
      ],
      [
        'the rest stays byte for byte',
        '3.0',
        'HIGH; !aNULL,,-TLS_RSA_WITH_NULL_MD5+kRSA @STRENGTH',
        'HIGH; !aNULL,,-NULL-MD5+kRSA @STRENGTH',
        [],
      ],
      ['3.2 and later understand IANA names', '3.5', 'TLS_RSA_WITH_AES_128_CBC_SHA', 'TLS_RSA_WITH_AES_128_CBC_SHA', []],
      ['GnuTLS and JSSE names', '3.5', 'TLS_RSA_AES_128_CBC_SHA1', 'AES128-SHA', []],
      ['the older spelling of 1.0.2', '1.0.2', 'SSL_DHE_RSA_WITH_3DES_EDE_CBC_SHA', 'EDH-RSA-DES-CBC3-SHA', []],
      [
        'what this OpenSSL does not have stays',
        '3.0',
        'TLS_RSA_WITH_RC4_128_SHA:TLS_AES_128_GCM_SHA256',
        'TLS_RSA_WITH_RC4_128_SHA:TLS_AES_128_GCM_SHA256',
        ['TLS_RSA_WITH_RC4_128_SHA', 'TLS_AES_128_GCM_SHA256'],
      ],
    ]
  for (const [why, generation, list, expected, left] of cases) {
    test(why, () => {
      const translation = translateSuiteNames(list, generation)
      assert.equal(translation.list, expected)
      assert.deepEqual(translation.left, left)
      for (const { at, from } of translation.replaced) assert.equal(list.slice(at, at + from.length), from)
    })
  }

  test('an IANA name means the same as the OpenSSL name in every generation', () => {
    for (const generation of OPENSSL_GENERATIONS) {
      for (const suite of resolveCipherList('ALL:COMPLEMENTOFALL', { generation }).suites) {
        if (suite.protocol === 'TLSv1.3') continue
        const { list } = translateSuiteNames(suite.iana, generation)
        const codes = resolveCipherList(list, { generation }).suites.map((one) => one.code)
        assert.ok(codes.includes(suite.code), `${suite.iana} in ${generation}`)
      }
    }
    assert.ok(cipherSuites.length > 300)
  })
})

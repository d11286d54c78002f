import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cipherSuites, sslv2Ciphers } from '../registry/index.ts'
import { suiteClasses, type SuiteClass } from './suite-classes.ts'

describe('suiteClasses()', () => {
  const rows: readonly (readonly [suite: string, classes: readonly SuiteClass[]])[] = [
    ['TLS_AES_128_GCM_SHA256', ['aead', 'tls1.3', 'modern']],
    ['TLS_AES_128_CCM_8_SHA256', ['ccm8', 'aead', 'tls1.3']],
    ['TLS_SHA256_SHA256', ['null', 'below-112', 'below-128', 'tls1.3']],
    ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', ['ecdhe', 'aead', 'chacha20', 'modern']],
    ['TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', ['cbc', 'sha1', 'ecdhe']],
    ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', ['dhe', 'aead']],
    ['TLS_RSA_WITH_3DES_EDE_CBC_SHA', ['3des', '64-bit-block', 'below-128', 'cbc', 'sha1', 'static-rsa']],
    ['TLS_RSA_EXPORT_WITH_RC4_40_MD5', ['export', 'rc4', 'below-112', 'below-128', 'md5', 'static-rsa']],
    ['TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA', ['export', 'des', '64-bit-block', 'below-112', 'below-128', 'cbc', 'sha1', 'dhe']],
    ['TLS_DH_anon_WITH_AES_128_GCM_SHA256', ['anonymous', 'dhe', 'aead']],
    ['TLS_ECDH_anon_WITH_AES_128_CBC_SHA', ['anonymous', 'cbc', 'sha1', 'ecdhe']],
    ['TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256', ['static-dh', 'aead']],
    ['TLS_DHE_PSK_WITH_AES_128_GCM_SHA256', ['dhe', 'password', 'aead']],
    ['TLS_RSA_WITH_NULL_SHA', ['null', 'below-112', 'below-128', 'sha1', 'static-rsa']],
    ['TLS_RSA_WITH_SEED_CBC_SHA', ['rare-cipher', 'cbc', 'sha1', 'static-rsa']],
    ['TLS_DHE_DSS_WITH_AES_128_CBC_SHA256', ['cbc', 'dhe', 'dss']],
    ['SSL_CK_RC4_128_EXPORT40_WITH_MD5', ['export', 'rc4', 'below-112', 'below-128', 'sslv2', 'static-rsa', 'md5']],
    ['SSL_CK_DES_192_EDE3_CBC_WITH_MD5', ['3des', '64-bit-block', 'below-128', 'sslv2', 'static-rsa', 'cbc', 'md5']],
    ['0xabcd', ['unknown']],
    ['ECDHE-RSA-AES128-SHA', ['unknown']],
  ]
  for (const [suite, classes] of rows) test(suite, () => assert.deepEqual([...suiteClasses(suite)].toSorted(), [...classes].toSorted()))

  test('knows every suite of the registry, and none without a class', () => {
    for (const name of [...cipherSuites.map((suite) => suite.iana), ...sslv2Ciphers.map((kind) => kind.name)]) {
      const classes = suiteClasses(name)
      assert.ok(!classes.has('unknown'), name)
      assert.ok(!(classes.has('modern') && (classes.has('below-128') || classes.has('cbc') || classes.has('anonymous'))), name)
    }
  })
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import {
  alertDescription,
  alertLevel,
  certificateCompression,
  cipherSuites,
  clientCertificateType,
  compressionMethod,
  contentType,
  ecPointFormat,
  extensionType,
  GREASE,
  groupByCode,
  groupByName,
  groups,
  handshakeType,
  isGrease,
  oldOpensslNames,
  PROTOCOLS,
  protocolVersion,
  pskKeyExchangeMode,
  schemeHash,
  signatureScheme,
  signsTls13,
  sslv2CipherKind,
  sslv2Ciphers,
  suiteByCode,
  suiteByName,
  suiteName,
  supportedGroup,
  TLS_EMPTY_RENEGOTIATION_INFO_SCSV,
  TLS_FALLBACK_SCSV,
} from './index.ts'

describe('name lists', () => {
  const lists = [
    alertDescription,
    alertLevel,
    certificateCompression,
    clientCertificateType,
    compressionMethod,
    contentType,
    ecPointFormat,
    extensionType,
    handshakeType,
    protocolVersion,
    pskKeyExchangeMode,
    signatureScheme,
    sslv2CipherKind,
    supportedGroup,
  ]
  for (const list of lists) {
    test(`${list.title}: every name has its own number, and back`, () => {
      assert.equal(new Set(list.codes).size, list.names.length)
      for (const name of list.names) assert.equal(list.name(list.find(name) ?? -1), name)
    })
  }

  test('a number without a name is shown in hex, as wide as it is on the wire', () => {
    assert.equal(alertDescription.name(0xee), '0xee')
    assert.equal(extensionType.name(0x1234), '0x1234')
    assert.equal(sslv2CipherKind.name(0x99), '0x000099')
  })
})

describe('cipherSuites', () => {
  test('every code point and IANA name stands once, in order', () => {
    const codes = cipherSuites.map((suite) => suite.code)
    assert.deepEqual(
      codes,
      [...new Set(codes)].toSorted((a, b) => a - b),
    )
    assert.equal(new Set(cipherSuites.map((suite) => suite.iana)).size, cipherSuites.length)
  })

  test('no spelling means two suites', () => {
    const owner = new Map<string, number>()
    for (const { code, iana, openssl, gnutls, jsse } of cipherSuites) {
      for (const name of new Set([iana, openssl, gnutls, jsse])) {
        if (name === undefined) continue
        assert.equal(owner.get(name) ?? code, code, name)
        owner.set(name, code)
      }
    }
  })

  test('every spelling finds its suite', () => {
    for (const suite of cipherSuites) {
      assert.equal(suiteByCode(suite.code), suite)
      assert.equal(suiteName(suite.code), suite.iana)
      for (const name of [suite.iana, suite.openssl, suite.gnutls, suite.jsse]) {
        if (name !== undefined) assert.equal(suiteByName(name), suite, name)
      }
    }
  })

  test('signalling values and GREASE are no suites', () => {
    for (const code of [TLS_EMPTY_RENEGOTIATION_INFO_SCSV, TLS_FALLBACK_SCSV, ...GREASE]) assert.equal(suiteByCode(code), undefined)
    assert.equal(suiteName(0x0a0a), '0x0a0a')
  })

  const attributes: readonly (readonly [why: string, name: string, expected: string])[] = [
    ['SSL 3.0 stream cipher', 'TLS_RSA_WITH_RC4_128_MD5', 'SSLv3 RSA RSA RC4_128 stream MD5 128'],
    ['export names end in the key size', 'TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5', 'SSLv3 RSA RSA RC2_40_CBC CBC MD5 40 export'],
    ['Kerberos turns the size round', 'TLS_KRB5_EXPORT_WITH_DES_CBC_40_SHA', 'SSLv3 KRB5 KRB5 DES40_CBC CBC SHA1 40 export'],
    ['56-bit export keeps the DES name', 'TLS_RSA_EXPORT1024_WITH_DES_CBC_SHA', 'TLSv1 RSA RSA DES_CBC CBC SHA1 56 export'],
    ['3DES is as strong as 112 bits', 'TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA', 'SSLv3 DHE RSA 3DES_EDE_CBC CBC SHA1 112 fs'],
    ['curves came with TLS 1.0, RFC 8422 §1', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'TLSv1 ECDHE RSA AES_128_CBC CBC SHA1 128 fs'],
    ['anonymous is DHE without a certificate', 'TLS_DH_anon_WITH_AES_256_CBC_SHA', 'SSLv3 DHE anon AES_256_CBC CBC SHA1 256 fs'],
    ['fixed ECDH', 'TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256', 'TLSv1.2 ECDH ECDSA AES_128_GCM GCM AEAD 128'],
    ['AEAD needs TLS 1.2, RFC 5246 §6.2.3.3', 'TLS_RSA_WITH_AES_256_CCM_8', 'TLSv1.2 RSA RSA AES_256_CCM_8 CCM_8 AEAD 256'],
    ['the odd one of RFC 6655 §4', 'TLS_PSK_DHE_WITH_AES_128_CCM_8', 'TLSv1.2 DHE_PSK PSK AES_128_CCM_8 CCM_8 AEAD 128 fs'],
    ['PSK with SHA-2 CBC, RFC 5487 §3.1', 'TLS_PSK_WITH_AES_128_CBC_SHA256', 'TLSv1 PSK PSK AES_128_CBC CBC SHA256 128'],
    ['RSA_PSK has a certificate', 'TLS_RSA_PSK_WITH_NULL_SHA384', 'TLSv1 RSA_PSK RSA NULL NULL SHA384 0'],
    ['SRP with a certificate', 'TLS_SRP_SHA_DSS_WITH_AES_256_CBC_SHA', 'SSLv3 SRP DSS AES_256_CBC CBC SHA1 256 fs'],
    ['ChaCha20', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'TLSv1.2 ECDHE ECDSA CHACHA20_POLY1305 POLY1305 AEAD 256 fs'],
    ['TLS 1.3', 'TLS_AES_128_CCM_8_SHA256', 'TLSv1.3 any any AES_128_CCM_8 CCM_8 AEAD 128 fs'],
    ['integrity only, RFC 9150 §4', 'TLS_SHA384_SHA384', 'TLSv1.3 any any NULL NULL SHA384 0 fs'],
    ['ShangMi, RFC 8998 §2', 'TLS_SM4_CCM_SM3', 'TLSv1.3 any any SM4_CCM CCM AEAD 128 fs'],
    [
      'GOST of TLS 1.3 has the old form, RFC 9367 §4',
      'TLS_GOSTR341112_256_WITH_MAGMA_MGM_L',
      'TLSv1.3 any any MAGMA_MGM_L MGM AEAD 256 fs',
    ],
    ['GOST of TLS 1.2, RFC 9189 §4', 'TLS_GOSTR341112_256_WITH_MAGMA_CTR_OMAC', 'TLSv1.2 GOST GOST MAGMA_CTR CTR OMAC 256'],
    ['the state before any suite', 'TLS_NULL_WITH_NULL_NULL', 'SSLv3 NULL NULL NULL NULL NULL 0'],
  ]
  for (const [why, name, expected] of attributes) {
    test(`reads ${name}: ${why}`, () => {
      const suite = suiteByName(name)
      assert.ok(suite)
      const words = [suite.protocol, suite.kx, suite.au, suite.enc, suite.mode, suite.mac, String(suite.bits)]
      if (suite.exportGrade) words.push('export')
      if (suite.forwardSecrecy) words.push('fs')
      assert.equal(words.join(' '), expected)
      assert.equal(suite.aead, suite.mac === 'AEAD')
    })
  }

  test('attributes agree with the words of the name', () => {
    for (const suite of cipherSuites) {
      assert.equal(suite.exportGrade, suite.iana.includes('EXPORT'), suite.iana)
      assert.equal(suite.au === 'anon', suite.iana.includes('anon'), suite.iana)
      assert.equal(suite.mode === 'GCM', suite.iana.includes('GCM'), suite.iana)
      if (suite.mac === 'SHA1') assert.match(suite.iana, /_SHA(?:_2)?$/)
      if (suite.mac === 'MD5') assert.match(suite.iana, /_MD5$/)
      if (suite.mode === 'CBC' && suite.mac.startsWith('SHA2')) assert.equal(suite.hash, suite.mac)
      if (suite.recommended) assert.ok(suite.aead && suite.registered, suite.iana)
      if (suite.enc !== 'NULL') assert.ok(suite.bits >= 40 && suite.mode !== 'NULL', suite.iana)
    }
  })

  test('older spellings are understood: OpenSSL 1.0.2 and Java by IBM', () => {
    assert.equal(suiteByName('EDH-RSA-DES-CBC3-SHA')?.iana, 'TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA')
    assert.equal(suiteByName('SSL_ECDHE_RSA_WITH_AES_128_GCM_SHA256')?.iana, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256')
    for (const now of oldOpensslNames.values()) assert.ok(suiteByName(now), now)
    assert.equal(suiteByName('aes128-sha'), undefined)
  })
})

const listed = spawnSync('openssl', ['ciphers', '-V', '-stdname', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'], { encoding: 'utf8' })

describe('the machine’s own lists', () => {
  test('openssl: name, protocol, MAC and strength of every suite', { skip: listed.status === 0 ? false : 'no openssl here' }, () => {
    const row = /0x(..),0x(..) - (\S+) +- (\S+) +(\S+) +Kx=(\S+) +Au=(\S+) +Enc=[^(\s]+(?:\((\d+)\))? +Mac=(\S+)/g
    let count = 0
    for (const [line, high, low, iana, openssl, protocol, , , bits = '0', mac] of listed.stdout.matchAll(row)) {
      const suite = suiteByCode(Number.parseInt(`${high}${low}`, 16))
      assert.deepEqual([suite?.iana, suite?.openssl, suite?.protocol, suite?.mac], [iana, openssl, protocol, mac], line)
      // OpenSSL prints the key length of 3DES here, and its strength is less.
      if (!line.includes('3DES')) assert.equal(suite?.bits, Number(bits), line)
      count++
    }
    assert.ok(count > 100)
  })

  const gnutls = spawnSync('gnutls-cli', ['--list'], { encoding: 'utf8' })
  test('gnutls: name of every suite and group', { skip: gnutls.status === 0 ? false : 'no gnutls-cli here' }, () => {
    for (const [line, name, high, low] of gnutls.stdout.matchAll(/^(TLS_\w+)\s+0x(..), 0x(..)/gm)) {
      assert.equal(suiteByCode(Number.parseInt(`${high}${low}`, 16))?.gnutls, name, line)
    }
    const names = /^Groups: (.*)$/m.exec(gnutls.stdout)?.[1]?.split(', ') ?? []
    for (const name of names) assert.ok(groupByName(name), name)
    assert.ok(names.length > 5)
  })
})

describe('groups', () => {
  test('every spelling finds its group, case does not count', () => {
    for (const group of groups) {
      assert.equal(groupByCode(group.code), group)
      for (const name of [group.name, group.openssl ?? group.name, ...group.aliases])
        assert.equal(groupByName(name.toUpperCase()), group, name)
    }
    assert.equal(groupByName('P-256')?.name, 'secp256r1')
    assert.equal(groupByName('prime256v1')?.name, 'secp256r1')
    assert.equal(groupByName('GROUP-SECP256R1')?.name, 'secp256r1')
    assert.equal(groupByName('P-257'), undefined)
  })

  const versions: readonly (readonly [name: string, tls12: boolean, tls13: boolean, why: string])[] = [
    ['secp256r1', true, true, 'RFC 8446 §4.2.7'],
    ['secp224r1', true, false, 'taken out by RFC 8446 §4.2.7'],
    ['brainpoolP256r1', true, false, 'RFC 7027 §2 is of TLS 1.2'],
    ['brainpoolP256r1tls13', false, true, 'RFC 8734 §3 is of TLS 1.3'],
    ['ffdhe2048', true, true, 'RFC 7919 §2'],
    ['X25519MLKEM768', false, true, 'hybrids need the key share of TLS 1.3'],
    ['MLKEM1024', false, true, 'KEMs need the key share of TLS 1.3'],
  ]
  for (const [name, tls12, tls13, why] of versions) {
    test(`${name}: ${why}`, () => {
      const group = groupByName(name)
      assert.deepEqual([group?.tls12, group?.tls13], [tls12, tls13])
    })
  }
})

describe('signature schemes', () => {
  const schemes: readonly (readonly [code: number, name: string, hash: string | undefined, tls13: boolean])[] = [
    [0x0101, 'rsa_pkcs1_md5', 'MD5', false],
    [0x0201, 'rsa_pkcs1_sha1', 'SHA1', false],
    [0x0202, 'dsa_sha1', 'SHA1', false],
    [0x0203, 'ecdsa_sha1', 'SHA1', false],
    [0x0303, 'ecdsa_sha224', 'SHA224', false],
    [0x0401, 'rsa_pkcs1_sha256', 'SHA256', false],
    [0x0403, 'ecdsa_secp256r1_sha256', 'SHA256', true],
    [0x0804, 'rsa_pss_rsae_sha256', 'SHA256', true],
    [0x0807, 'ed25519', 'intrinsic', true],
    [0x081b, 'ecdsa_brainpoolP384r1tls13_sha384', 'SHA384', true],
    [0x0420, 'rsa_pkcs1_sha256_legacy', 'SHA256', true],
    [0x0905, 'mldsa65', 'intrinsic', true],
    [0x0a0a, '0x0a0a', undefined, false],
  ]
  for (const [code, name, hash, tls13] of schemes) {
    test(name, () => {
      assert.equal(signatureScheme.name(code), name)
      assert.equal(schemeHash(code), hash)
      assert.equal(signsTls13(code), tls13)
    })
  }
})

describe('GREASE', () => {
  test('is the sixteen values of RFC 8701 §2, and none of them has a name', () => {
    assert.equal(GREASE.length, 16)
    assert.deepEqual(GREASE.slice(0, 2), [0x0a0a, 0x1a1a])
    assert.equal(GREASE.at(-1), 0xfafa)
    for (const code of GREASE) {
      assert.ok(isGrease(code))
      for (const list of [extensionType, supportedGroup, signatureScheme]) assert.ok(!list.has(code))
    }
    assert.ok(!isGrease(0x0a1a))
  })
})

describe('SSL 2.0', () => {
  test('cipher kinds end in the key size', () => {
    assert.deepEqual(
      sslv2Ciphers.find((cipher) => cipher.code === 0x0700c0),
      {
        code: 0x0700c0,
        name: 'SSL_CK_DES_192_EDE3_CBC_WITH_MD5',
        openssl: 'DES-CBC3-MD5',
        enc: '3DES_EDE_CBC',
        mac: 'MD5',
        bits: 112,
        exportGrade: false,
      },
    )
    assert.equal(sslv2Ciphers.filter((cipher) => cipher.exportGrade).length, 2)
  })

  test('every protocol has its number', () => {
    for (const protocol of PROTOCOLS) assert.equal(protocolVersion.name(protocolVersion.code(protocol)), protocol)
  })
})

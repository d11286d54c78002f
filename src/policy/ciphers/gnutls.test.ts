import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { suiteByName } from '../../registry/index.ts'
import { parseGnutlsPriority } from './gnutls.ts'
import {
  GNUTLS_BUNDLES,
  GNUTLS_CIPHERS,
  GNUTLS_GROUPS,
  GNUTLS_KEYWORDS,
  GNUTLS_KX,
  GNUTLS_MACS,
  GNUTLS_OPTIONS,
  GNUTLS_PROTOCOLS,
  GNUTLS_SIGNATURES,
} from './gnutls-items.ts'
import { looksLikeGnutls, printGnutlsPriority } from './gnutls-print.ts'

describe('parseGnutlsPriority()', () => {
  const cases: readonly (readonly [why: string, priority: string, protocols: string, suites: readonly string[]])[] = [
    [
      'a small list from nothing',
      'NONE:+VERS-TLS1.2:+ECDHE-RSA:+AES-256-GCM:+AES-128-GCM:+AEAD:+SIGN-ALL:+GROUP-ALL',
      'TLSv1.2',
      ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
    ],
    [
      'names without regard to case, blanks after a colon',
      ' none: +vers-tls1.2: +rsa: +aes-128-cbc: +sha1: +sign-all',
      'TLSv1.2',
      ['TLS_RSA_WITH_AES_128_CBC_SHA'],
    ],
    [
      'TLS 1.3 alone needs no key exchange',
      'SECURE192:-VERS-ALL:+VERS-TLS1.3',
      'TLSv1.3',
      ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
    ],
    [
      'key exchange before cipher before MAC',
      'NONE:+VERS-TLS1.2:+RSA:+DHE-RSA:+AES-128-CBC:+AES-256-CBC:+SHA256:+SHA1:+SIGN-ALL',
      'TLSv1.2',
      [
        'TLS_RSA_WITH_AES_128_CBC_SHA256',
        'TLS_RSA_WITH_AES_128_CBC_SHA',
        'TLS_RSA_WITH_AES_256_CBC_SHA256',
        'TLS_RSA_WITH_AES_256_CBC_SHA',
        'TLS_DHE_RSA_WITH_AES_128_CBC_SHA256',
        'TLS_DHE_RSA_WITH_AES_128_CBC_SHA',
        'TLS_DHE_RSA_WITH_AES_256_CBC_SHA256',
        'TLS_DHE_RSA_WITH_AES_256_CBC_SHA',
      ],
    ],
    [
      'without signature schemes nothing from TLS 1.2 on',
      'NONE:+VERS-ALL:+RSA:+AES-128-CBC:+SHA1:+SHA256',
      'TLSv1.1 TLSv1',
      ['TLS_RSA_WITH_AES_128_CBC_SHA'],
    ],
    [
      'a gap between 1.1 and 1.3 costs 1.3',
      'NONE:+VERS-TLS1.3:+VERS-TLS1.1:+RSA:+AES-128-CBC:+SHA1:+SIGN-ALL:+GROUP-ALL',
      'TLSv1.1',
      ['TLS_RSA_WITH_AES_128_CBC_SHA'],
    ],
    [
      'DTLS 0.9 is the oldest, not the newest',
      'NONE:+VERS-TLS1.1:+VERS-DTLS0.9:+RSA:+AES-128-CBC:+SHA1:+SHA256',
      'TLSv1.1',
      ['TLS_RSA_WITH_AES_128_CBC_SHA'],
    ],
    [
      'a group that is only a name costs 1.3',
      'NORMAL:-KX-ALL:+RSA:-CIPHER-ALL:+AES-128-CBC:-VERS-DTLS-ALL:-GROUP-ALL:+GROUP-GC512B',
      'TLSv1.2 TLSv1.1 TLSv1',
      ['TLS_RSA_WITH_AES_128_CBC_SHA'],
    ],
    ['NULL excludes 1.3', 'NONE:+VERS-TLS1.3:+VERS-TLS1.2:+RSA:+NULL:+SHA1:+SIGN-ALL:+GROUP-ALL', 'TLSv1.2', ['TLS_RSA_WITH_NULL_SHA']],
  ]
  for (const [why, priority, protocols, suites] of cases) {
    test(why, () => {
      const parsed = parseGnutlsPriority(priority)
      assert.equal(parsed.refused, undefined)
      assert.equal(parsed.protocols.join(' '), protocols)
      assert.deepEqual(
        parsed.suites.map((suite) => suite.iana),
        suites,
      )
    })
  }

  test('groups are those that suites and versions need, curves and fields apart', () => {
    const groups = (priority: string): string => parseGnutlsPriority(priority).groups.join(' ')
    const tls12 = 'NONE:+VERS-TLS1.2:+AES-128-GCM:+AEAD:+SIGN-ALL:+GROUP-FFDHE2048:+GROUP-X25519:+GROUP-SECP256R1'
    assert.equal(groups(`${tls12}:+RSA`), '')
    assert.equal(groups(`${tls12}:+ECDHE-RSA`), 'x25519 secp256r1')
    assert.equal(groups(`${tls12}:+ECDHE-RSA:+DHE-RSA`), 'x25519 secp256r1 ffdhe2048')
    assert.equal(groups(`${tls12}:+VERS-TLS1.3`), 'ffdhe2048 x25519 secp256r1')
    assert.equal(groups(`${tls12}:+VERS-TLS1.3:+GROUP-X25519-MLKEM768`), 'ffdhe2048 x25519 secp256r1 X25519MLKEM768')
  })

  test('signature schemes are those of the versions, each once', () => {
    const schemes = (priority: string): string =>
      parseGnutlsPriority(`${priority}:+AES-128-GCM:+AEAD:+ECDHE-ECDSA:+GROUP-ALL`).signatureSchemes.join(' ')
    const names = '+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-DSA-SHA512:+SIGN-RSA-PSS-RSAE-SHA256'
    assert.equal(schemes(`NONE:+VERS-TLS1.2:${names}`), 'ecdsa_secp256r1_sha256 rsa_pss_rsae_sha256')
    assert.equal(schemes(`NONE:+VERS-TLS1.3:${names}`), 'ecdsa_secp384r1_sha384 ecdsa_secp256r1_sha256 rsa_pss_rsae_sha256')
    assert.equal(schemes(`NONE:+VERS-TLS1.3:+VERS-TLS1.2:${names}`), 'ecdsa_secp256r1_sha256 ecdsa_secp384r1_sha384 rsa_pss_rsae_sha256')
  })

  const refused: readonly (readonly [priority: string, at: number, culprit: string])[] = [
    ['NORMAL:+FOO', 7, '+FOO'],
    ['NORMAL: %FOO', 8, '%FOO'],
    ['NORMAL:', 7, ''],
    ['', 0, ''],
    ['NORMAL,+SHA256', 0, 'NORMAL,+SHA256'],
    ['NORMAL:NONE', 7, 'NONE'],
    ['NORMAL:-NORMAL', 7, '-NORMAL'],
    ['@SYSTEM', 0, '@SYSTEM'],
    ['NONE', 0, 'NONE'],
    ['NORMAL:-VERS-ALL', 0, 'NORMAL:-VERS-ALL'],
  ]
  for (const [priority, at, culprit] of refused) {
    test(`refuses ${JSON.stringify(priority)} at ${at}`, () => {
      const parsed = parseGnutlsPriority(priority)
      assert.deepEqual([parsed.refused?.at, parsed.refused?.culprit, parsed.suites.length], [at, culprit, 0])
    })
  }
})

function priorities(): fc.Arbitrary<string> {
  const signs = fc.constantFrom('+', '+', '+', '-', '!')
  const names = [
    ...GNUTLS_CIPHERS,
    ...GNUTLS_MACS,
    ...GNUTLS_KX,
    ...GNUTLS_PROTOCOLS.map((name) => `VERS-${name}`),
    // The hybrids are of GnuTLS 3.8.
    ...GNUTLS_GROUPS.filter((name) => !name.includes('MLKEM')).map((name) => `GROUP-${name}`),
    ...GNUTLS_SIGNATURES.map(([name]) => `SIGN-${name}`),
    ...GNUTLS_BUNDLES.map(({ prefix }) => prefix),
    'COMP-NULL',
    'MAC-X',
    'KX-X',
    'CTYPE-X509',
    'CTYPE-SRV-ALL',
    'vers-tls1.2',
    'sha256',
    'SIGN-NONE',
    'FOO',
    'RSA-EXPORT',
  ]
  // PERFORMANCE depends on the processor.
  const keywords = [...GNUTLS_KEYWORDS.keys()].filter((name) => name !== 'PERFORMANCE')
  const options = GNUTLS_OPTIONS.filter((name) => !/FORCE_SESSION|STATUS_REQUEST|SHUFFLE/.test(name)).map((name) => `%${name}`)
  const item = fc.oneof(
    { weight: 20, arbitrary: fc.tuple(signs, fc.constantFrom(...names)).map((pair) => pair.join('')) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom('+', ''), fc.constantFrom(...keywords)).map((pair) => pair.join('')) },
    { weight: 1, arbitrary: fc.constantFrom(...options) },
  )
  const start = fc.constantFrom(...keywords, 'NONE', 'NONE', 'normal', 'NONE:+VERS-ALL:+SIGN-ALL:+GROUP-ALL:+AEAD:+SHA1:+SHA256')
  return fc.tuple(start, fc.array(item, { maxLength: 10 })).map(([first, rest]) => [first, ...rest].join(':'))
}

function machine(priority: string): Record<string, readonly string[]> | 'refused' {
  const { stdout, stderr } = spawnSync('gnutls-cli', ['-l', '--priority', priority], { encoding: 'utf8' })
  if (/Syntax error|Error in priorities/.test(stdout + stderr)) return 'refused'
  const list = (title: string): string[] => {
    const found = new RegExp(`^${title}: (.*)$`, 'm').exec(stdout)?.[1] ?? 'none'
    return found === 'none' ? [] : found.split(', ')
  }
  return {
    suites: [...stdout.matchAll(/^(TLS_\w+)\s/gm)].map(([, name = '']) => name),
    protocols: list('Protocols'),
    ciphers: list('Ciphers'),
    macs: list('MACs'),
    kx: list('Key Exchange Algorithms'),
    groups: list('Groups'),
    signatures: list('PK-signatures'),
  }
}

const version = /gnutls-cli (\S+)/.exec(spawnSync('gnutls-cli', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1]
const skip = version !== undefined && /^3\.[78]\./.test(version) ? false : `no gnutls-cli 3.7 or 3.8 here: ${version ?? 'none'}`

describe('the machine’s own gnutls-cli', () => {
  test('-l prints what parseGnutlsPriority() gives for random strings', { skip }, () => {
    fc.assert(
      fc.property(priorities(), (priority) => {
        const { refused, suites, lists } = parseGnutlsPriority(priority)
        const own = {
          suites: suites.map((suite) => suite.gnutls),
          protocols: lists.protocols.map((name) => `VERS-${name}`),
          ciphers: lists.ciphers,
          macs: lists.macs,
          kx: lists.kx,
          groups: lists.groups.map((name) => `GROUP-${name}`),
          signatures: lists.signatures.map((name) => `SIGN-${name}`),
        }
        assert.deepEqual(refused === undefined ? own : 'refused', machine(priority))
      }),
      { numRuns: 120 },
    )
  })
})

describe('printGnutlsPriority()', () => {
  const suite = (name: string) => suiteByName(name)!

  test('gives back what fits a product, in order', () => {
    const wish = [
      suite('TLS_AES_256_GCM_SHA384'),
      suite('TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'),
      suite('TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'),
    ]
    const print = printGnutlsPriority({
      protocols: ['TLSv1.3', 'TLSv1.2'],
      suites: wish,
      groups: ['x25519', 'secp256r1'],
      signatureSchemes: ['ecdsa_secp256r1_sha256', 'rsa_pss_rsae_sha256'],
      serverPrecedence: true,
    })
    assert.equal(
      print.priority,
      'NONE:+VERS-TLS1.3:+VERS-TLS1.2:+ECDHE-ECDSA:+ECDHE-RSA:+AES-256-GCM:+AEAD:+GROUP-X25519:+GROUP-SECP256R1:' +
        '+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-RSA-PSS-RSAE-SHA256:%SERVER_PRECEDENCE',
    )
    assert.deepEqual([print.extra, print.missing, print.ordered], [[], [], true])
    assert.deepEqual(parseGnutlsPriority(print.priority).suites, wish)
  })

  test('tells what comes along, what is missing, and when the order cannot be kept', () => {
    const print = printGnutlsPriority({
      protocols: ['TLSv1.2'],
      suites: ['ECDHE-RSA-AES128-GCM-SHA256', 'DHE-RSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-ARIA256-GCM-SHA384'].map(
        suite,
      ),
      groups: ['brainpoolP256r1', 'secp256r1'],
      signatureSchemes: ['mldsa65', 'rsa_pkcs1_sha256'],
    })
    assert.ok(print.extra.includes('TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'))
    assert.deepEqual(print.missing, ['TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384', 'brainpoolP256r1', 'mldsa65'])
    assert.equal(print.ordered, false)
  })
})

describe('looksLikeGnutls()', () => {
  const texts: readonly (readonly [text: string, expected: boolean, why: string])[] = [
    ['NORMAL:-VERS-ALL:+VERS-TLS1.2', true, 'the usual start'],
    ['normal', true, 'case does not count'],
    ['@SYSTEM', true, 'a line of a file'],
    ['SECURE256:%SERVER_PRECEDENCE', true, 'another keyword'],
    ['HIGH:!aNULL', false, 'an OpenSSL list'],
    ['SUITEB128', false, 'both have it; OpenSSL lists are more common'],
    ['NORMALX:+AES', false, 'no keyword'],
  ]
  for (const [text, expected, why] of texts) {
    test(`${text}: ${why}`, () => {
      assert.equal(looksLikeGnutls(text), expected)
    })
  }
})

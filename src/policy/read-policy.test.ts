import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { PosternError } from '../errors.ts'
import { parsePolicy } from './parse-policy.ts'
import { policyOf } from './policy-of.ts'
import { printPolicySchema } from './policy-schema.ts'
import type { Policy } from './policy.ts'
import { policyAt } from './policies.ts'
import { MAX_POLICY_LENGTH, readPolicies, readPolicy } from './read-policy.ts'
import { rulebookByName } from './rulebooks.ts'

const NOW = new Date('2026-11-22T00:00:00Z')
const INTERMEDIATE = rulebookByName('mozilla-intermediate')!
const BASE = policyOf(INTERMEDIATE, { now: NOW })

function read(text: string): Policy {
  return readPolicy(text, 'conf/our-mail.yaml', NOW)
}

describe('readPolicy()', () => {
  test('with a base alone gives the policy of the rulebook under the name of the file', () => {
    assert.deepEqual(read('base: mozilla-intermediate\n'), {
      ...BASE,
      name: 'our-mail',
      title: 'Policy our-mail',
      edition: 'after mozilla-intermediate 6.0',
      source: 'conf/our-mail.yaml',
    })
  })

  test('replaces single words, in any spelling, and keeps the rest', () => {
    const policy = read(`# ours
base: mozilla-intermediate
name: ours
title: Our mail servers
edition: 7
protocols: [TLSv1.3, TLSv1.1, TLSv1.2]
require: [TLSv1.3]
ciphers: [ECDHE-RSA-AES128-GCM-SHA256, TLS_RSA_WITH_AES_128_CBC_SHA]
groups: [P-256, x25519, prime256v1]
signatures: [ed25519]
dh: { min: 3072 }
order: server
sslv2Hello: false
certificate: { maxDays: 47, keys: [{ type: ECDSA, curves: [P-384] }] }
features: { extendedMasterSecret: required, compression: forbidden }
`)
    assert.deepEqual(policy, {
      name: 'ours',
      title: 'Our mail servers',
      edition: '7',
      date: '2026-04-06',
      source: 'conf/our-mail.yaml',
      protocols: { allowed: ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'], required: ['TLSv1.3'] },
      suites: [...BASE.suites.slice(0, 3), 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_RSA_WITH_AES_128_CBC_SHA'],
      groups: ['secp256r1', 'x25519'],
      signatureSchemes: ['ed25519'],
      dh: { minBits: 3072 },
      order: 'server',
      sslv2Hello: false,
      certificate: { keys: [{ type: 'ECDSA', curves: ['secp384r1'] }], hashes: BASE.certificate.hashes, maxDays: 47 },
      features: { required: ['extendedMasterSecret'], forbidden: ['compression'] },
    })
  })

  test('asks for what else has to be right of a certificate, or no longer', () => {
    assert.deepEqual(read('base: mozilla-intermediate\ncertificate: { demands: [trust, dates, trust] }\n').certificate, {
      ...BASE.certificate,
      demands: ['trust', 'dates'],
    })
    assert.deepEqual(read('base: pci-dss\n').certificate.demands, ['dates', 'trust'])
    assert.equal('demands' in read('base: pci-dss\ncertificate: { demands: [] }\n').certificate, false)
  })

  test('reads a cipher list as OpenSSL does, behind the TLS 1.3 suites of the base', () => {
    const { suites } = read('base: mozilla-intermediate\nciphers: ECDHE+AESGCM:!ECDSA\n')
    assert.deepEqual(suites.slice(3), ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'])
    const old = read('base: mozilla-old\nciphers: "DES-CBC3-SHA"\nopenssl: 1.0.2\n')
    assert.ok(old.suites.includes('TLS_RSA_WITH_3DES_EDE_CBC_SHA'))
  })

  test('lets names of TLS 1.3 suites replace those of the base', () => {
    const { suites } = read('base: mozilla-modern\nciphers: [TLS_AES_256_GCM_SHA384]\n')
    assert.deepEqual(suites, ['TLS_AES_256_GCM_SHA384'])
  })

  test('begins narrower where strict', () => {
    assert.deepEqual(read('base: nist-sp800-52r2\nstrict: true\n').protocols.allowed, ['TLSv1.2', 'TLSv1.3'])
  })

  test('no longer requires a version that is not allowed any more', () => {
    assert.deepEqual(read('base: nist-sp800-52r2\nprotocols: [TLSv1.3]\n').protocols, { allowed: ['TLSv1.3'], required: ['TLSv1.3'] })
  })

  test('gives back a demand of the base', () => {
    const { features } = read('base: rfc-9325\nfeatures: { secureRenegotiation: any }\n')
    assert.deepEqual(features, { required: ['extendedMasterSecret'], forbidden: ['truncatedHmac', 'earlyData'] })
  })

  const wrong: readonly (readonly [why: string, text: string, message: string, remedy: RegExp])[] = [
    [
      'a base that there is not',
      'base: mozilla-intermediat\n',
      ':1:7: "mozilla-intermediat" is not allowed for "base"\n  base: mozilla-intermediat\n        ^',
      /Did you mean mozilla-intermediate\?/,
    ],
    ['no base', 'order: server\n', ':1:1: "base" is missing\n  order: server\n  ^', /^Add one of postern, mozilla-modern/],
    ['nothing', '', ':1:1: it is not a list of words and values\n  \n  ^', /^Begin with a line such as "base: /],
    ['a list', '- base\n', ':1:1: it is not a list of words and values\n  - base\n  ^', /^Begin with/],
    [
      'a word with a typo',
      'base: postern\nprotocol: [TLSv1.2]\n',
      ':2:1: there is no word "protocol" here\n  protocol: [TLSv1.2]\n  ^',
      /Did you mean protocols\?/,
    ],
    [
      'a word inside',
      'base: postern\ndh:\n  minimum: 2048\n',
      ':3:3: there is no word "minimum" here\n    minimum: 2048\n    ^',
      /Use one of min, primes\./,
    ],
    [
      'a word inside a list',
      'base: postern\ncertificate:\n  keys:\n    - type: RSA\n      minBit: 2048\n',
      ':5:7: there is no word "minBit" here\n        minBit: 2048\n        ^',
      /Did you mean minBits\?/,
    ],
    [
      'a version in the wrong case',
      'base: postern\nprotocols: [TLSv1.3, TLsv1]\n',
      ':2:22: "TLsv1" is not allowed for "protocols.1"\n  protocols: [TLSv1.3, TLsv1]\n                       ^',
      /Did you mean TLSv1\?/,
    ],
    [
      'SSL 2.0',
      'base: postern\nprotocols: [SSLv2]\n',
      ':2:13: "SSLv2" is not allowed for "protocols.0"\n  protocols: [SSLv2]\n              ^',
      /^Use one of SSLv3, TLSv1, /,
    ],
    [
      'no versions',
      'base: postern\nprotocols: []\n',
      ':2:12: "protocols": an empty list would allow nothing\n  protocols: []\n             ^',
      /schemas\/policy\.schema\.json/,
    ],
    [
      'a suite nobody knows',
      'base: postern\nciphers: [AES-256]\n',
      ':2:11: "AES-256" is no cipher suite that Postern knows\n  ciphers: [AES-256]\n            ^',
      /^Check the spelling/,
    ],
    [
      'a group nobody knows',
      'base: postern\ngroups: [x25519, x25520]\n',
      ':2:18: "x25520" is no group that Postern knows\n  groups: [x25519, x25520]\n                   ^',
      /^Check the spelling/,
    ],
    ['a cipher list that OpenSSL refuses', 'base: postern\nciphers: HIGH:!!aNULL\n', ':2:16: OpenSSL refuses this list: ', /./],
    ['a feature nobody knows', 'base: postern\nfeatures: { compresion: forbidden }\n', ':2:13: ', /Did you mean compression\?/],
    [
      'a demand nobody knows',
      'base: postern\nfeatures: { compression: never }\n',
      ':2:26: "never" is not allowed for "features.compression"\n  features: { compression: never }\n                           ^',
      /Use one of required, forbidden, any\./,
    ],
    ['a size that is no number', 'base: postern\ndh: { min: large }\n', ':2:12: "dh.min": ', /schemas/],
    [
      'a required version that is not allowed',
      'base: postern\nprotocols: [TLSv1.3]\nrequire: [TLSv1.2]\n',
      ':3:10: TLSv1.2 is required but not allowed\n  require: [TLSv1.2]\n           ^',
      /^Add TLSv1\.2 to protocols/,
    ],
    [
      'a version without suites',
      'base: mozilla-modern\nprotocols: [TLSv1.2]\n',
      ':2:12: TLSv1.2 is allowed, but no suite for it\n  protocols: [TLSv1.2]\n             ^',
      /another base/,
    ],
    ['an alias', 'base: &a postern\nname: *a\n', ':2:7: an alias (*name) stands here\n  name: *a\n        ^', /^Write out/],
    [
      'a version of TLS 1.3 only',
      'base: pci-dss\nciphers: [TLS_AES_256_GCM_SHA384]\n',
      ':2:10: TLSv1.2 is allowed, but no suite for it',
      /^Add a suite/,
    ],
    ['a word twice', 'base: postern\nbase: postern\n', ':2:1: Map keys must be unique\n  base: postern\n  ^', /^Mend the YAML/],
    [
      'two documents',
      'base: postern\n---\nbase: postern\n',
      ':2:1: a second document begins here, and a policy is one\n  ---\n  ^',
      /^Mend the YAML/,
    ],
    ['brackets without end', `base: postern\ngroups: ${'['.repeat(20_000)}\n`, ':2:', /^Mend the YAML/],
    ['YAML that is none', 'base: [postern\n', ':2:1: Flow sequence in block collection', /^Mend the YAML/],
  ]
  for (const [why, text, message, remedy] of wrong) {
    test(`refuses ${why}, with the place and what to do`, () => {
      assert.throws(
        () => read(text),
        (error) => {
          assert.ok(error instanceof PosternError)
          assert.equal(error.code, 'POLICY_FILE')
          assert.equal(error.fault, 'input')
          assert.ok(error.message.startsWith(`Cannot read policy conf/our-mail.yaml${message}`), error.message)
          assert.match(error.remedy ?? '', remedy)
          return true
        },
      )
    })
  }

  test('refuses a file beyond its limit, and takes one at it', () => {
    const atLimit = `base: postern #${' '.repeat(MAX_POLICY_LENGTH - 15)}`
    assert.equal(atLimit.length, MAX_POLICY_LENGTH)
    assert.equal(read(atLimit).name, 'our-mail')
    assert.throws(() => read(`${atLimit} `), /262145 characters, and 262144 are the most/)
  })

  test('gives a policy or a complaint for any text', () => {
    const line = fc.constantFrom(
      'base: postern',
      'protocols: [TLSv1.2, TLSv1.3]',
      'ciphers: HIGH',
      'dh: {min: 1}',
      '  - x',
      '&a [*a]',
      'certificate:',
      '? [',
      '"',
      '\t',
    )
    const texts = fc.oneof(
      fc.string(),
      fc.array(line, { maxLength: 5 }).map((lines) => lines.join('\n')),
    )
    fc.assert(
      fc.property(texts, (text) => {
        try {
          assert.ok(read(text).suites.length > 0)
        } catch (error) {
          assert.ok(error instanceof PosternError, String(error))
          assert.match(error.message, /^Cannot read policy conf\/our-mail\.yaml:\d+:\d+: /)
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('parsePolicy()', () => {
  test('reads what readPolicy() reads', async () => {
    assert.deepEqual(await parsePolicy('base: postern\n', 'a.yaml', NOW), readPolicy('base: postern\n', 'a.yaml', NOW))
    await assert.rejects(parsePolicy('base: nothing\n', 'a.yaml', NOW), /Cannot read policy a\.yaml:1:7/)
  })
})

describe('schemas/policy.schema.json', () => {
  test('is up to date (run: node docs/generate.ts)', () => {
    assert.equal(readFileSync(new URL('../../schemas/policy.schema.json', import.meta.url), 'utf8'), printPolicySchema())
  })

  test('refuses words that there are not, so that editors show a typo', () => {
    assert.match(printPolicySchema(), /"additionalProperties": false/)
  })
})

describe('readPolicies()', () => {
  const all = (text: string) => readPolicies(text, 'tls.yaml', NOW)

  test('gives each role and door its own, each word replacing what stands further out', () => {
    const policies = all(`base: mozilla-intermediate
dh: { min: 2048 }
order: server
client:
  base: mozilla-old
  order: any
doors:
  port 25:
    protocols: [TLSv1.1, TLSv1.2, TLSv1.3]
    dh: { min: 3072 }
`)
    assert.deepEqual(policies.server.protocols.allowed, ['TLSv1.2', 'TLSv1.3'])
    assert.deepEqual([policies.server.order, policies.client.order], ['server', 'any'])
    assert.ok(policies.client.protocols.allowed.includes('TLSv1'))
    const door = policyAt(policies, 'port 25', 'client')
    assert.deepEqual([door.protocols.allowed, door.dh.minBits, door.order], [['TLSv1.1', 'TLSv1.2', 'TLSv1.3'], 3072, 'any'])
    assert.equal(policyAt(policies, 'port 26', 'server'), policies.server)
    assert.deepEqual(readPolicy('base: mozilla-intermediate\nserver: { order: server }\n', 'tls.yaml', NOW).order, 'server')
  })

  const wrong: readonly (readonly [why: string, text: string, said: RegExp])[] = [
    [
      'a word that is none, in a role',
      'base: ncsc-nl\nclient:\n  ordr: any\n',
      /^Cannot read policy tls\.yaml:3:3: there is no word "ordr" here/,
    ],
    ['a value that is none, at a door', 'base: ncsc-nl\ndoors:\n  port 25:\n    order: nobody\n', /^Cannot read policy tls\.yaml:4:12: /],
    [
      'a contradiction of a role',
      'base: ncsc-nl\nserver:\n  protocols: [TLSv1.2]\n  require: [TLSv1.3]\n',
      /^Cannot read policy tls\.yaml:4:12: TLSv1\.3 is required but not allowed/,
    ],
    [
      'a section in a section',
      'base: ncsc-nl\nserver:\n  client: {}\n',
      /^Cannot read policy tls\.yaml:3:3: there is no word "client" here/,
    ],
  ]
  for (const [why, text, said] of wrong) {
    test(`refuses ${why}, where it stands`, () => assert.throws(() => all(text), { code: 'POLICY_FILE', message: said }))
  }
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { CipherSuite } from '../../registry/index.ts'
import { OPENSSL_GENERATIONS, type OpensslGeneration } from './generation.ts'
import { suitesInForce } from './in-force.ts'
import { resolveCipherList, withoutPskAndSrp } from './resolve.ts'

interface Vector {
  readonly openssl: string
  readonly list: string
  readonly suites?: readonly string[]
  readonly hello?: readonly string[]
  readonly error?: true
}

const GENERATION_OF: Readonly<Record<string, OpensslGeneration>> = { '1.0.2s': '1.0.2', '1.1.1w': '1.1.1', '3.0.20': '3.0', '3.5.6': '3.5' }

const vectors = gunzipSync(readFileSync(new URL('testdata/cipher-lists.jsonl.gz', import.meta.url)))
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Vector)

function hex(suites: readonly CipherSuite[]): string[] {
  return suites.map((suite) => suite.code.toString(16).toUpperCase().padStart(4, '0'))
}

describe('resolveCipherList() on what OpenSSL made of 1,200 lists', () => {
  for (const [openssl, generation] of Object.entries(GENERATION_OF)) {
    const own = vectors.filter((vector) => vector.openssl === openssl)
    test(`OpenSSL ${openssl}: ${own.length} lists, order included`, () => {
      assert.ok(own.length >= 300)
      for (const { list, suites, hello, error } of own) {
        const resolution = resolveCipherList(list, { generation })
        if (hello !== undefined) {
          // Node.js 8 does not look whether the list was refused.
          assert.deepEqual(hex(withoutPskAndSrp(suitesInForce(resolution))), hello, list)
          continue
        }
        assert.equal(resolution.refused !== undefined, error === true, list)
        assert.deepEqual(hex(resolution.suites), suites ?? [], list)
      }
    })
  }
})

describe('resolveCipherList()', () => {
  const counts: readonly (readonly [list: string, expected: readonly (number | 'refused')[], why: string])[] = [
    ['ALL', [113, 145, 140, 140], 'everything but eNULL, and TLS 1.3 in front'],
    ['DEFAULT', [98, 60, 60, 60], 'COMPLEMENTOFDEFAULT grew with 1.1.0'],
    ['HIGH', [82, 140, 140, 130], 'CCM_8 became MEDIUM with 3.2'],
    ['MEDIUM', [31, 8, 'refused', 13], 'SEED and IDEA left with 3.0, CCM_8 came with 3.2'],
    ['LOW', ['refused', 'refused', 'refused', 'refused'], 'single DES is compiled out'],
    ['3DES', [15, 'refused', 'refused', 'refused'], 'compiled out since 1.1.0'],
    ['kDHr', [10, 'refused', 'refused', 'refused'], 'certificates with DH keys are of 1.0.2'],
    ['high', ['refused', 'refused', 'refused', 'refused'], 'words are case-sensitive'],
    ['', ['refused', 'refused', 'refused', 'refused'], 'an empty list selects nothing'],
    ['HIGH:DEFAULT', [82, 140, 140, 130], 'DEFAULT is a word at the start only'],
    ['DEFAULT+AES', [98, 60, 60, 60], 'DEFAULT is matched by its seven letters, so this moves AES'],
    ['AESGCM:@STRENGTH', [20, 21, 21, 21], 'sorted, nothing added'],
    ['AESGCM:@SECLEVEL=1', ['refused', 21, 21, 21], 'security levels came with 1.1.0'],
    ['AESGCM:@SECLEVEL=6', ['refused', 'refused', 'refused', 'refused'], 'levels end at 5'],
    ['CBC', ['refused', 'refused', 79, 79], 'the word came with 3.0'],
    ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', ['refused', 'refused', 'refused', 4], 'IANA names came with 3.2'],
    ['TLS_AES_128_GCM_SHA256', ['refused', 'refused', 'refused', 'refused'], 'TLS 1.3 suites are set elsewhere'],
    ['SUITEB128:ALL', [2, 5, 5, 5], 'Suite B replaces the whole list'],
    ['ALL:-', ['refused', 'refused', 'refused', 'refused'], 'an operator needs a name'],
    ['ALL\0:!ALL', [113, 145, 140, 140], 'a C string ends at NUL'],
  ]
  for (const [list, expected, why] of counts) {
    test(`${JSON.stringify(list)}: ${why}`, () => {
      const found = OPENSSL_GENERATIONS.map((generation) => {
        const { refused, suites } = resolveCipherList(list, { generation })
        return refused === undefined ? suites.length : 'refused'
      })
      assert.deepEqual(found, expected)
    })
  }

  const orders: readonly (readonly [why: string, list: string, expected: string])[] = [
    [
      'a minus puts suites where the next term finds them first',
      'AES256-SHA:AES128-SHA:-AES256-SHA:RSA+AES',
      '002F 0035 009D C0A1 C09D 009C',
    ],
    ['an exclamation mark is for good', 'AES128-SHA:AES256-SHA:!AES128-SHA:AES128-SHA', '0035'],
    ['a plus moves to the end and adds nothing', 'AES256-SHA:AES128-SHA:+AES256:+CHACHA20', '002F 0035'],
    ['text behind an unknown name is lost', 'NOSUCH!AES128-SHA:AES128-SHA', '002F'],
    ['no separator is needed behind a known one', 'AES128-SHA!AES256-SHA:AES256-SHA', '002F'],
    ['COMPLEMENTOFDEFAULT is forgotten when a class follows', 'COMPLEMENTOFDEFAULT+HIGH+kRSA+AES256+SHA1', '0035'],
    ['@STRENGTH keeps the order among equals', 'AES128-SHA:AES256-SHA256:AES256-SHA:@STRENGTH', '003D 0035 002F'],
  ]
  for (const [why, list, expected] of orders) {
    test(why, () => {
      const codes = hex(resolveCipherList(list, { generation: '1.1.1' }).suites).slice(3)
      assert.equal(codes.slice(0, 6).join(' '), expected)
    })
  }

  test('the level in the list wins over the option, and is told', () => {
    const level = (list: string, securityLevel?: number): number | undefined =>
      resolveCipherList(list, { generation: '3.0', securityLevel }).securityLevel
    assert.equal(level('ALL'), 1)
    assert.equal(level('ALL', 3), 3)
    assert.equal(level('ALL:@SECLEVEL=0:@SECLEVEL=2', 3), 2)
    assert.equal(resolveCipherList('ALL', { generation: '3.5' }).securityLevel, 2)
    assert.equal(resolveCipherList('ALL', { generation: '1.0.2' }).securityLevel, undefined)
  })

  const refusals: readonly (readonly [list: string, code: string, at: number, culprit: string])[] = [
    ['HIGH:@NOPE', 'CIPHER_LIST_COMMAND', 5, '@NOPE'],
    ['HIGH:@SECLEVEL=9:LOW', 'CIPHER_LIST_COMMAND', 5, '@SECLEVEL=9'],
    ['HIGH:“aNULL”', 'CIPHER_LIST_CHARACTER', 5, '“'],
    ['HIGH:!aNULL/MD5', 'CIPHER_LIST_CHARACTER', 11, '/'],
    ['HIGH:!:LOW', 'CIPHER_LIST_CHARACTER', 5, '!'],
    ['HIGH:AES+', 'CIPHER_LIST_CHARACTER', 5, 'AES+'],
    ['NOSUCH', 'CIPHER_LIST_EMPTY', 0, 'NOSUCH'],
  ]
  for (const [list, code, at, culprit] of refusals) {
    test(`refuses ${list} and names ${culprit}`, () => {
      const { refused, suites } = resolveCipherList(list, { generation: '3.0' })
      assert.deepEqual([refused?.code, refused?.at, refused?.culprit, suites.length], [code, at, culprit, 0])
      assert.ok(refused!.length >= 1 && refused!.why !== '' && refused!.remedy !== '')
    })
  }
})

describe('suitesInForce()', () => {
  const cases: readonly (readonly [generation: OpensslGeneration, list: string, count: number, why: string])[] = [
    ['3.0', 'AES128-SHA', 4, 'what the list says'],
    ['3.0', 'AES128-SHA:@NOPE', 60, 'what was set before: DEFAULT'],
    ['3.0', 'NOSUCH', 3, 'TLS 1.3 alone'],
    ['1.0.2', 'NOSUCH', 0, 'nothing'],
    ['1.0.2', 'AES128-SHA:@NOPE', 98, 'what was set before: DEFAULT'],
  ]
  for (const [generation, list, count, why] of cases) {
    test(`${list} in ${generation} leaves ${why}`, () => {
      assert.equal(suitesInForce(resolveCipherList(list, { generation })).length, count)
    })
  }
})

describe('the default list of Kerio Connect', () => {
  const KERIO = 'AESGCM:HIGH:+EDH-RSA-DES-CBC3-SHA:+EDH-DSS-DES-CBC3-SHA:+DES-CBC3-SHA'
  const counts = [
    ['1.1.1', 1, 137, 71],
    ['3.0', 1, 137, 71],
    ['3.5', 2, 127, 65],
  ] as const
  for (const [generation, level, all, usable] of counts) {
    test(`${all} suites with OpenSSL ${generation}, ${usable} of them usable at its own level`, () => {
      const below13 = (securityLevel?: number): number =>
        resolveCipherList(KERIO, { generation, securityLevel }).suites.filter((suite) => suite.protocol !== 'TLSv1.3').length
      assert.deepEqual([below13(), below13(level)], [all, usable])
    })
  }
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { OPENSSL_GENERATIONS, policyOf, RULEBOOKS } from '../../policy/index.ts'
import { dhBitsOf } from './dh-file.ts'
import { exclusionsFor, listFor, narrowList, suitesOfList } from './openssl-list.ts'
import { compareVersions, defaultOf } from '../versions.ts'

const LISTS = ['HIGH:!aNULL:!MD5', 'ALL:@SECLEVEL=0', 'aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH', 'DEFAULT', 'AES128-SHA:ECDHE+AESGCM']

describe('narrowing a list', () => {
  for (const generation of OPENSSL_GENERATIONS) {
    test(`OpenSSL ${generation}: what is left means exactly what every rulebook allows of it, in its order`, () => {
      for (const list of LISTS) {
        for (const rulebook of RULEBOOKS) {
          const { suites } = policyOf(rulebook, { now: new Date('2026-11-22T00:00:00Z') })
          const target = suitesOfList(list, { generation }).suites.filter((suite) => suites.includes(suite))
          if (target.length === 0) continue
          const narrowed = narrowList(list, target, { generation })
          assert.ok(narrowed !== undefined, `${list} ${rulebook.name}`)
          assert.deepEqual(suitesOfList(narrowed, { generation }).suites, target)
          if (target.length === suitesOfList(list, { generation }).suites.length) assert.equal(narrowed, list)
        }
      }
    })
  }

  const use = { generation: '3.0' as const }
  const gcm = suitesOfList('ECDHE+AESGCM', use).suites

  test('takes the shorter way: words out of the list, or the names', () => {
    assert.equal(narrowList('ECDHE+AESGCM:AES128-SHA', gcm, use), 'ECDHE+AESGCM:AES128-SHA:!kRSA')
    assert.equal(narrowList(`${'ALL:'.repeat(60)}HIGH`, gcm.slice(0, 1), use), 'ECDHE-ECDSA-AES256-GCM-SHA384')
  })

  test('suites without authentication go too, though the security level alone would keep them from being used', () => {
    const words = exclusionsFor('AESGCM:HIGH', gcm, use) ?? []
    const anyLevel = suitesOfList(['AESGCM:HIGH', ...words].join(':!'), { ...use, securityLevel: 0 })
    assert.deepEqual(anyLevel.suites, gcm)
    assert.deepEqual(exclusionsFor('aNULL:ECDHE+AESGCM', gcm, use), [], 'but not for their own sake: that is no change that was asked for')
  })

  test('text that OpenSSL would not reach makes it name the suites', () => {
    assert.deepEqual(exclusionsFor('ECDHE+AESGCM:AES128-SHA:NOSUCH', gcm, use), ['kRSA'])
    assert.equal(exclusionsFor('!@x', gcm, use), undefined)
  })

  test('suites that the list does not have are named, with its level where OpenSSL knows levels', () => {
    assert.equal(listFor('AES128-SHA', gcm.slice(0, 1), use), 'ECDHE-ECDSA-AES256-GCM-SHA384')
    assert.equal(listFor('AES128-SHA@SECLEVEL=1', gcm.slice(0, 1), use), 'ECDHE-ECDSA-AES256-GCM-SHA384:@SECLEVEL=1')
    assert.equal(listFor('AES128-SHA@SECLEVEL=1', gcm.slice(0, 1), { generation: '1.0.2' }), 'ECDHE-ECDSA-AES256-GCM-SHA384')
  })
})

describe('the size of parameters', () => {
  const pem = (der: readonly number[]): string =>
    `x\n-----BEGIN DH PARAMETERS-----\n${Buffer.from(der).toString('base64')}\n-----END DH PARAMETERS-----\n`
  const rows = [
    ['zeros in front do not count', pem([0x30, 0x07, 0x02, 0x02, 0x00, 0x8f, 0x02, 0x01, 0x02]), 8],
    ['nor do bits that are not set', pem([0x30, 0x06, 0x02, 0x01, 0x17, 0x02, 0x01, 0x05]), 5],
    [
      'a length in two bytes',
      pem([0x30, 0x82, 0x01, 0x08, 0x02, 0x82, 0x01, 0x01, 0x00, ...Array<number>(256).fill(0xff), 0x02, 0x01, 0x02]),
      2048,
    ],
    ['a file that ends too early', pem([0x30, 0x82, 0x01, 0x08, 0x02]), undefined],
    ['another kind of PEM', '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n', undefined],
  ] as const
  for (const [why, text, bits] of rows) test(why, () => assert.equal(dhBitsOf(text), bits))
})

test('versions are compared by their numbers, and a default holds until the next one', () => {
  assert.ok(compareVersions('3.10', '3.9.12') > 0)
  assert.equal(compareVersions('Postfix 3.8.0', '3.8'), 0)
  const rows = ['', '1.2', '1.10'].map((since) => ({ setting: 'a', value: since, since, source: 'test' }))
  assert.deepEqual(
    ['1.0', '1.2', '1.9.9', '1.10', '2'].map((version) => defaultOf(rows, 'a', version)?.value),
    ['', '1.2', '1.2', '1.10', '1.10'],
  )
  assert.equal(defaultOf(rows, 'b', '2'), undefined)
})

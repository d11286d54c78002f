import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeServerNameList, encodeServerNameList } from './server-name.ts'
import { hex } from './testdata/hex.ts'

describe('server_name (RFC 6066 §3)', () => {
  test('takes a plain string for a host_name', () => {
    const data = hex('0007 00 0004 61 2e 64 65')
    assert.deepEqual(encodeServerNameList(['a.de']), data)
    assert.deepEqual(decodeServerNameList(data), [{ nameType: 0, name: 'a.de' }])
  })

  test('keeps bytes that are no ASCII and types that do not exist', () => {
    const names = [{ nameType: 7, name: 'm\u00fcller\u0000' }]
    assert.deepEqual(encodeServerNameList(names), hex('000a 07 0007 6d fc 6c 6c 65 72 00'))
    assert.deepEqual(decodeServerNameList(encodeServerNameList(names)), names)
  })

  test('cannot write a character that has no byte: an internationalised name has to be converted before', () => {
    assert.throws(() => encodeServerNameList(['\u4f8b.de']), {
      code: 'FIELD_OVERFLOW',
      fault: 'bug',
      message: 'Cannot write "\u4f8b.de" as bytes: \u4f8b is not one',
    })
  })
})

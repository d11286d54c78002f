import assert from 'node:assert/strict'
import { test } from 'node:test'
import { octets } from './lines.ts'
import { Saying } from './saying.ts'

test('Saying gives all that was said once, joined, and no field of what was not', () => {
  const saying = new Saying()
  assert.deepEqual(saying.step(), {})
  saying.toClient('a')
  saying.toClient(octets('\xff'))
  saying.toServer('')
  assert.deepEqual(saying.step(), { toClient: Buffer.from('a\xff', 'latin1') })
  saying.tls(octets('\x16'))
  saying.toServer('b')
  saying.end('quit')
  assert.deepEqual(saying.step(), { toServer: octets('b'), tls: { rest: octets('\x16') }, end: 'quit' })
  assert.deepEqual(saying.step(), {})
})

test('Saying hands on what was given as one piece without a copy', () => {
  const saying = new Saying()
  const bytes = octets('content')
  saying.toServer(bytes)
  assert.equal(saying.step().toServer, bytes)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeDialect } from './laws.test.ts'
import { tls } from './tls.ts'

describeDialect(tls, [{ why: 'nothing is said before TLS', talk: '', outcome: { kind: 'ready' }, clear: { banner: '', capabilities: [] } }])

test('whoever reads plain text here all the same is told that it is none of TLS', () => {
  const grammar = tls.reply('')
  grammar.next()
  assert.throws(() => grammar.next('x'), { code: 'REPLY_MALFORMED' })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lanes } from './lanes.ts'
import { Server } from './server.ts'
import { sharedAnswer } from './shared-answer.ts'
import { known } from './testdata/known.ts'

function servers(): readonly [one: Server, other: Server] {
  const about = known(['TLSv1.2'])
  const { dialect, beginning } = about
  const lanes = new Lanes({ address: '127.0.0.1', port: 1, dialect, beginning, serverName: 'a.example' }, { parallel: 1, timeout: 1 })
  lanes.close()
  const silent = { patience: 1, heard: () => undefined, saw: () => undefined }
  return [new Server(lanes, about, silent), new Server(lanes, about, silent)]
}

test('is asked once in an audit, and again in another one', async () => {
  let asked = 0
  const answer = sharedAnswer(
    () => Promise.resolve(++asked),
    () => true,
  )
  const [one, other] = servers()
  assert.deepEqual(await Promise.all([answer(one), answer(other)]), [1, 1])
  assert.equal(await answer(other), 1)
  assert.equal(await answer(servers()[0]), 2)
})

test('an answer that does not count, or none, is asked for again', async () => {
  const answers = ['silent', undefined, 'heard']
  const answer = sharedAnswer(
    () => {
      const next = answers.shift()
      return next === undefined ? Promise.reject(new Error('no connection')) : Promise.resolve(next)
    },
    (one) => one === 'heard',
  )
  const [one] = servers()
  assert.equal(await answer(one), 'silent')
  await assert.rejects(answer(one), /no connection/)
  assert.equal(await answer(one), 'heard')
  assert.equal(await answer(one), 'heard')
  assert.deepEqual(answers, [])
})

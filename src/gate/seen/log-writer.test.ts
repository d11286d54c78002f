import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { describe, test } from 'node:test'
import { droppedLine, LogWriter, recordLine } from './log-writer.ts'

const NOW = new Date('2027-03-01T12:00:00Z')

test('a line of the log has nothing in it that a terminal obeys, and says the same', () => {
  const hello = { versions: [], suites: [], groups: [], serverName: '\x9b31m\x7f\u2028\nä' }
  const line = recordLine({ hello })
  assert.match(line, /^[ -~]+\n$/)
  assert.deepEqual(JSON.parse(line), { hello })
})

describe('LogWriter', () => {
  test('keeps a few MB for a reader that is slow, and no more', async () => {
    const held: (() => void)[] = []
    let taken = 0
    const slow = new Writable({
      decodeStrings: false,
      write: (text: string, _encoding, done) => {
        taken += text.length
        held.push(done)
      },
    })
    const log = new LogWriter(slow, (lost) => droppedLine(lost, NOW))
    const line = `${'x'.repeat(1024 * 1024)}\n`
    for (let n = 0; n < 20; n++) log.write(line)
    assert.ok(slow.writableLength < 10 * 1024 * 1024)
    const { dropped } = log
    assert.ok(dropped >= 10 && dropped < 20, String(dropped))
    assert.ok(taken <= line.length)
    while (held.length > 0) held.shift()?.()
    await new Promise(setImmediate)
    while (held.length > 0) held.shift()?.()
    log.write('{"a":1}\n')
    assert.equal(log.dropped, dropped)
  })

  test('waits for a reader at the end, but not for ever', async () => {
    const stuck = new Writable({ write: () => undefined })
    const log = new LogWriter(stuck, String)
    log.write('{}\n')
    await log.end(1)
    assert.equal(log.dropped, 0)
  })
})

import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, test } from 'node:test'
import { watchBareRecords } from './bare-records.ts'

const LOOK_MS = 10_000
const MB = 1024 * 1024
/** A record of 16 kB that is padding but for a command. */
const PADDED = 16_406

class Stream extends EventEmitter {
  bytesRead = 1_000
  bytesWritten = 1_000
}

describe('TLS that carries nothing', () => {
  const rows: readonly { what: string; came: number; carried: number; written: number; ends: boolean }[] = [
    { what: 'nobody says anything', came: 0, carried: 0, written: 0, ends: false },
    { what: 'updates of keys now and then', came: 2_400 * 27, carried: 0, written: 0, ends: false },
    { what: 'a flood of them', came: 2_500 * 27, carried: 0, written: 0, ends: true },
    { what: 'a flood of them, with a download beside it', came: 5 * MB, carried: 130, written: 10 * 20_000, ends: true },
    { what: 'a flood, with a download that was asked for before', came: 100_000, carried: 0, written: 100 * MB, ends: true },
    { what: 'a download', came: 10_000, carried: 20, written: 1000 * MB, ends: false },
    { what: 'an upload', came: 1004 * MB, carried: 1000 * MB, written: 20, ends: false },
    { what: 'an octet in each record of TLS 1.0', came: 90 * 100_000, carried: 100_000, written: 0, ends: false },
    { what: 'commands that are padded, ten a second', came: 100 * PADDED, carried: 100 * 9, written: 2_000, ends: false },
    { what: 'one octet in each of few padded records', came: 100 * PADDED, carried: 100, written: 0, ends: false },
    { what: 'more padding than anybody needs', came: 200 * PADDED, carried: 200 * 9, written: 2_000, ends: true },
  ]
  for (const { what, came, carried, written, ends } of rows)
    test(`${what}: ${ends ? 'ends' : 'goes on'}`, (t) => {
      t.mock.timers.enable({ apis: ['setInterval'] })
      const under = { bytesRead: 5_000 }
      const stream = new Stream()
      let floods = 0
      watchBareRecords(under, stream, () => (floods += 1))
      under.bytesRead += came
      stream.bytesRead += carried
      stream.bytesWritten += written
      t.mock.timers.tick(LOOK_MS)
      stream.emit('close')
      t.mock.timers.tick(LOOK_MS)
      assert.equal(floods, ends ? 1 : 0)
    })
})

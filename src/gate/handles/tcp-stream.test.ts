import assert from 'node:assert/strict'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Landing } from '../landing.ts'
import { TcpStream } from './tcp-stream.ts'
import { ends, octets, settled, told, until } from './testdata/ends.ts'

/** More than the system keeps for both ends of a connection over loopback. */
const MUCH = 24 * 1024 * 1024

describe('octets over a handle', () => {
  const piece = fc.record({
    length: fc.oneof(fc.nat(100), fc.nat(40_000), fc.constant(70_000)),
    next: fc.constantFrom('on', 'cork', 'uncork', 'wait'),
  })

  test('arrive whole and in order, however they are cut and corked', async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const { stream, peer } = await ends(t)
        const heard = buffer(peer)
        const said: Buffer[] = []
        for (const { length, next } of pieces) {
          said.push(octets(length, said.length))
          stream.write(said.at(-1)!)
          if (next === 'cork') stream.cork()
          if (next === 'uncork') stream.uncork()
          if (next === 'wait') await settled(2)
        }
        stream.end(Buffer.from('the last'))
        assert.ok((await heard).equals(Buffer.concat([...said, Buffer.from('the last')])))
        assert.equal(stream.writableLength, 0)
      }),
      { numRuns: 20 },
    )
  })

  test('are heard whole and in order, however who hears them stops and goes on', async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const { stream, peer } = await ends(t)
        const heard: Buffer[] = []
        stream.on('data', (bytes) => {
          heard.push(bytes)
          if (heard.length % 2 === 1) return
          stream.pause()
          setImmediate(() => void stream.resume())
        })
        const over = new Promise<void>((resolve) => void stream.on('end', resolve))
        const said = pieces.map(({ length }, index) => octets(length, index))
        for (const [index, bytes] of said.entries()) {
          peer.write(bytes)
          const { next } = pieces[index]!
          if (next === 'cork') stream.pause()
          if (next === 'uncork') stream.resume()
          if (next === 'wait') await settled(2)
        }
        peer.end()
        stream.resume()
        await over
        assert.ok(Buffer.concat(heard).equals(Buffer.concat(said)))
      }),
      { numRuns: 20 },
    )
  })

  test('each is told that it was written, behind the write', async (t) => {
    const { stream } = await ends(t)
    const written: string[] = []
    stream.cork()
    stream.write(Buffer.from('one'), () => written.push('one'))
    stream.write(Buffer.from('two'), () => written.push('two'))
    await settled()
    assert.deepEqual(written, [], 'corked')
    stream.uncork()
    assert.deepEqual(written, [], 'not within the call')
    await settled()
    assert.deepEqual(written, ['one', 'two'])
  })
})

describe('back-pressure over a handle', () => {
  test('who writes to a peer that does not read is asked to wait, and told when it may go on', async (t) => {
    const { stream, peer } = await ends(t)
    peer.pause()
    const drains: number[] = []
    stream.on('drain', () => drains.push(stream.writableLength))
    const one = octets(64 * 1024)
    let said = 0
    while (stream.write(one)) {
      said += 1
      assert.ok(said * one.length < MUCH, 'it may never go on for ever')
      await settled(1)
    }
    assert.equal(stream.writableNeedDrain, true)
    assert.ok(stream.writableLength <= 2 * one.length, `${stream.writableLength} octets wait`)
    await settled()
    assert.deepEqual(drains, [], 'nothing has been taken')
    const heard = buffer(peer)
    await until(() => drains.length > 0, 'drain')
    assert.deepEqual([drains, stream.writableNeedDrain], [[0], false])
    stream.end()
    assert.equal((await heard).length, (said + 1) * one.length)
  })

  test('who is asked to wait while it is corked is told when all was taken at once', async (t) => {
    const { stream, peer } = await ends(t)
    const all = told(stream)
    peer.resume()
    stream.cork()
    assert.equal(stream.write(octets(64 * 1024)), false)
    stream.uncork()
    await settled()
    assert.deepEqual([all, stream.writableNeedDrain, stream.writableLength], [['drain'], false, 0])
  })

  test('nobody waits for room in what is ended or destroyed', async (t) => {
    for (const leave of [(stream: TcpStream) => stream.end(), (stream: TcpStream) => stream.destroy()]) {
      const { stream, peer } = await ends(t)
      peer.pause()
      assert.equal(stream.write(octets(MUCH)), false)
      assert.equal(stream.writableNeedDrain, true)
      leave(stream)
      assert.equal(stream.writableNeedDrain, false)
    }
  })

  test('a paused stream is read no further', async (t) => {
    const { stream, peer } = await ends(t)
    let heard = 0
    stream.on('data', (bytes) => {
      heard += bytes.length
      stream.pause()
    })
    peer.write(octets(MUCH))
    await until(() => heard > 0, 'the first octets')
    await settled(50)
    assert.equal(stream.isPaused(), true)
    assert.ok(stream.bytesRead <= 128 * 1024, `${stream.bytesRead} octets were read`)
    assert.equal(heard, stream.bytesRead)
  })
})

describe('the end of what a peer says over a handle', () => {
  test('comes behind the last octet, and not while the stream is paused', async (t) => {
    const { stream, peer } = await ends(t)
    const all = told(stream)
    stream.pause()
    peer.end('the last')
    await settled()
    assert.deepEqual([all, stream.readableEnded], [[], false])
    stream.resume()
    await until(() => all.length > 1, 'the end')
    assert.deepEqual([all, stream.readableEnded, stream.writable], [['the last', 'end'], true, true])
  })

  test('leaves the other direction open, or closes it too', async (t) => {
    const rows: readonly (readonly [allowHalfOpen: boolean, expected: readonly string[]])[] = [
      [true, ['end']],
      [false, ['end', 'finish', 'close']],
    ]
    for (const [allowHalfOpen, expected] of rows) {
      const { stream, peer } = await ends(t)
      stream.allowHalfOpen = allowHalfOpen
      const all = told(stream)
      const heard = told(peer)
      peer.end()
      await settled()
      assert.deepEqual(all, expected)
      assert.deepEqual(heard.includes('end'), !allowHalfOpen)
      if (!allowHalfOpen) continue
      stream.end(Buffer.from('an answer'))
      await until(() => all.includes('close'), 'close')
      assert.deepEqual(all, ['end', 'finish', 'close'])
      assert.equal(heard[1], 'an answer')
    }
  })

  test('finish comes once all is with the system, and the stream hears on', async (t) => {
    const { stream, peer } = await ends(t)
    const all = told(stream)
    stream.end(octets(MUCH))
    await settled()
    assert.deepEqual(
      [all, stream.writableEnded, stream.writableFinished, stream.writable],
      [[], true, false, false],
      'the peer does not read',
    )
    const heard = buffer(peer)
    await until(() => stream.writableFinished, 'finish')
    assert.equal((await heard).length, MUCH)
    peer.end('an answer')
    await until(() => all.includes('close'), 'close')
    assert.deepEqual(all, ['finish', 'an answer', 'end', 'close'])
  })

  test('is asked of the system once, whoever uncorks behind it', async (t) => {
    const { stream } = await ends(t)
    let asked = 0
    const { handle } = stream
    const shutdown = handle.shutdown.bind(handle)
    handle.shutdown = (request) => {
      asked += 1
      return shutdown(request)
    }
    stream.cork()
    stream.write(Buffer.from('the last'))
    stream.end()
    stream.uncork()
    await settled()
    assert.deepEqual([asked, stream.writableFinished], [1, true])
  })
})

describe('unshift() over a handle', () => {
  test('puts octets before those that come, paused or not', async (t) => {
    for (const flows of [false, true]) {
      const { stream, peer } = await ends(t)
      const all = told(stream)
      peer.write('hello, ')
      await until(() => all.length > 0, 'the first octets')
      if (!flows) stream.pause()
      stream.unshift(Buffer.from('again '))
      stream.unshift(Buffer.alloc(0))
      stream.unshift(Buffer.from('and '))
      peer.write('more')
      await settled()
      if (!flows) assert.deepEqual(all, ['hello, '])
      stream.resume()
      await until(() => all[0] === 'hello, and again more', `all of it, where it ${flows ? 'flows' : 'is paused'}`)
      peer.end()
      await until(() => all.includes('end'), 'the end')
    }
  })

  test('within the telling of octets, they come next', async (t) => {
    const { stream, peer } = await ends(t)
    const all: string[] = []
    stream.on('data', (bytes) => {
      all.push(bytes.toString())
      if (all.length === 1) stream.unshift(Buffer.from('two'))
    })
    peer.end('one')
    await until(() => stream.readableEnded, 'the end')
    assert.deepEqual(all, ['one', 'two'])
  })
})

describe('a connection over a handle that breaks', () => {
  test('resetAndDestroy() is a reset for the peer', async (t) => {
    const { stream, peer } = await ends(t)
    const all = told(stream)
    const heard = told(peer)
    stream.write(Buffer.from('half'))
    await settled()
    stream.resetAndDestroy()
    stream.resetAndDestroy()
    await until(() => heard.includes('close'), 'close at the peer')
    assert.deepEqual([heard, all], [['half', 'error ECONNRESET', 'close'], ['close']])
  })

  test('resetAndDestroy() where the end is on its way already closes it all the same', async (t) => {
    const { stream } = await ends(t)
    const all = told(stream)
    stream.end(octets(MUCH))
    await settled()
    stream.resetAndDestroy()
    await until(() => all.includes('close'), 'close')
    assert.deepEqual(all, ['close'])
  })

  test('destroy() while much is on its way tells nothing but close, and what is destroyed with an error tells it', async (t) => {
    for (const [error, expected] of [
      [undefined, ['close']],
      [Object.assign(new Error('for a reason'), { code: 'REASON' }), ['error REASON', 'close']],
    ] as const) {
      const { stream, peer } = await ends(t)
      const all = told(stream)
      peer.write('unheard')
      stream.write(octets(MUCH), () => assert.fail('it was not written'))
      stream.write(octets(10), () => assert.fail('it was not written'))
      stream.destroy(error)
      stream.destroy(new Error('a second one'))
      assert.deepEqual([all, stream.destroyed, stream.writable], [[], true, false], 'not within the call')
      await until(() => all.includes('close'), 'close')
      await settled()
      assert.deepEqual(all, expected)
    }
  })

  test('a peer that resets it is an error and close, and throws nothing where nobody listens', async (t) => {
    for (const listens of [true, false]) {
      const { stream, peer } = await ends(t)
      const all = listens ? told(stream) : []
      let closed = 0
      stream.on('close', () => (closed += 1))
      stream.resume()
      await once(peer, 'connect')
      peer.resetAndDestroy()
      await until(() => closed > 0, 'close')
      await settled()
      assert.deepEqual([all, closed, stream.destroyed], [listens ? ['error ECONNRESET', 'close'] : [], 1, true])
    }
  })

  test('a reset is found by who writes where it is not read', async (t) => {
    const { stream, peer } = await ends(t)
    const all = told(stream)
    stream.pause()
    stream.write(octets(MUCH))
    await settled()
    peer.resetAndDestroy()
    await until(() => all.includes('close'), 'close')
    assert.deepEqual(all, ['error ECONNRESET', 'close'])
  })

  test('nothing is written or heard behind end and destroy', async (t) => {
    const { stream, peer } = await ends(t)
    const heard = told(peer)
    const all = told(stream)
    stream.end(Buffer.from('all'))
    assert.equal(stream.write(Buffer.from('more')), false)
    stream.end(Buffer.from('and more'))
    await until(() => heard.includes('end'), 'the end at the peer')
    assert.deepEqual(heard, ['all', 'end'])
    stream.destroy()
    stream.unshift(Buffer.from('late'))
    stream.pause()
    stream.resume()
    stream.cork()
    stream.uncork()
    stream.end()
    assert.equal(stream.write(Buffer.from('more')), false)
    await until(() => all.includes('close'), 'close')
    stream.on('close', () => assert.fail('nothing is told behind close'))
    stream.resume()
    stream.destroy(new Error('too late'))
    stream.resetAndDestroy()
    await settled()
    assert.deepEqual(all, ['finish', 'close'])
    assert.deepEqual([stream.isGone, stream.peer, stream.local], [false, {}, {}])
  })

  test('destroy() within each happening', async (t) => {
    for (const happening of ['data', 'end', 'finish', 'drain', 'written'] as const) {
      const { stream, peer } = await ends(t)
      const all = told(stream)
      const destroy = (): void => void stream.destroy()
      if (happening === 'data') stream.on('data', destroy)
      else if (happening !== 'written') stream.on(happening, destroy)
      peer.resume()
      peer.end('octets')
      stream.cork()
      stream.write(octets(64 * 1024), happening === 'written' ? destroy : undefined)
      stream.uncork()
      await until(() => happening === 'finish' || stream.destroyed, happening)
      if (happening === 'finish') stream.end()
      await until(() => all.includes('close'), `close behind ${happening}`)
      await settled()
      assert.equal(all.at(-1), 'close')
      assert.equal(all.filter((word) => word === 'close').length, 1)
    }
  })
})

describe('what is known of a connection over a handle', () => {
  test('both ends, what was read, and whether there is another side', async (t) => {
    const { stream, peer } = await ends(t)
    stream.resume()
    peer.write('octets')
    await until(() => stream.bytesRead === 6, 'octets')
    assert.deepEqual([stream.peer.port, stream.local.port], [peer.localPort, peer.remotePort])
    assert.deepEqual([stream.peer.address, stream.local.address], ['127.0.0.1', '127.0.0.1'])
    assert.equal(stream.isGone, false)
    stream.pause()
    peer.resetAndDestroy()
    await until(() => stream.isGone, 'the system knows')
    assert.deepEqual(stream.peer, {})
  })
})

describe('octets that land', () => {
  test('are given to who takes them, those that came before first, and no more than it says', async (t) => {
    const landing = new Landing()
    const { stream, peer } = await ends(t, landing)
    stream.on('data', () => assert.fail('they come in place of data'))
    stream.resume()
    peer.write('early')
    await until(() => stream.isPaused(), 'that what nobody takes stops it')
    peer.write(', and much')
    await settled()
    const taken: string[] = []
    let more = true
    landing.give((bytes) => {
      taken.push(bytes.toString())
      return more
    })
    assert.deepEqual(taken, ['early'])
    more = false
    stream.resume()
    await until(() => taken.length > 1, 'the next')
    assert.deepEqual([taken, stream.isPaused()], [['early', ', and much'], true])
    peer.end(' more')
    await settled()
    assert.deepEqual([taken.length, stream.readableEnded], [2, false])
    stream.resume()
    await until(() => taken.length > 2, 'the last')
    const end = new Promise<void>((resolve) => void stream.on('end', resolve))
    stream.resume()
    await end
    assert.deepEqual(taken, ['early', ', and much', ' more'])
  })

  test('whoever takes them may destroy the stream', async (t) => {
    const landing = new Landing()
    const { stream, peer } = await ends(t, landing)
    const all = told(stream)
    landing.give(() => {
      stream.destroy()
      return false
    })
    peer.write('octets')
    await until(() => all.includes('close'), 'close')
    assert.ok(stream instanceof TcpStream && stream.destroyed)
  })
})

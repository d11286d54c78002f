import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import type { ByteStream } from '../byte-stream.ts'
import { ends, listening, octets, settled, told } from './testdata/ends.ts'
import type { TcpStream } from './tcp-stream.ts'

/** `peer …`: at the other end. */
type Deed =
  | { readonly deed: 'write' | 'unshift' | 'peer write'; readonly length: number }
  | { readonly deed: 'pause' | 'resume' | 'cork' | 'uncork' | 'end' | 'destroy' | 'reset' | 'peer end' | 'peer reset' }

const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ deed: fc.constantFrom('write', 'unshift', 'peer write'), length: fc.integer({ min: 1, max: 3000 }) }),
  },
  { weight: 6, arbitrary: fc.record({ deed: fc.constantFrom('pause', 'resume', 'cork', 'uncork') }) },
  { weight: 2, arbitrary: fc.record({ deed: fc.constantFrom('end', 'peer end') }) },
  { weight: 1, arbitrary: fc.record({ deed: fc.constantFrom('destroy', 'reset', 'peer reset') }) },
)

type Ended = Pick<TestContext, 'after'>

/** The other end of each connection is Node's. */
const MADE: Readonly<Record<'node' | 'handle', (t: Ended) => Promise<{ readonly stream: Socket | TcpStream; readonly peer: Socket }>>> = {
  handle: (t) => ends(t),
  node: async (t) => {
    const [server, port] = await listening(t)
    const accepted = once(server, 'connection')
    const peer = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    peer.on('error', () => undefined)
    const [stream] = (await accepted) as [Socket]
    t.after(() => {
      stream.destroy()
      peer.destroy()
    })
    return { stream, peer }
  },
}

/**
 * What the gate takes care of before it asks a stream for something, with either: it writes where that can be, and puts nothing back behind the end. Node tells
 * these as errors, and a stream over a handle lets them be.
 */
function act(stream: Socket | TcpStream, peer: Socket, what: Deed, number: number): void {
  switch (what.deed) {
    case 'write':
      if (stream.writable) stream.write(octets(what.length, number))
      return
    case 'unshift':
      if (!stream.readableEnded && !stream.destroyed) stream.unshift(octets(what.length, number))
      return
    case 'peer write':
      if (peer.writable) peer.write(octets(what.length, number))
      return
    case 'peer end':
      return void peer.end()
    case 'peer reset':
      return void peer.resetAndDestroy()
    case 'reset':
      return void stream.resetAndDestroy()
    case 'pause':
    case 'resume':
    case 'cork':
    case 'uncork':
    case 'end':
    case 'destroy':
      return void stream[what.deed]()
  }
}

/** What can be seen of a stream between two happenings. */
function seen(stream: ByteStream): readonly unknown[] {
  const { destroyed, writable, writableEnded, writableFinished, readableEnded } = stream
  // Of one that is no more nobody asks the rest.
  if (destroyed) return [writable]
  return [writable, writableEnded, writableFinished, readableEnded, stream.isPaused()]
}

/**
 * Where they differ, since Node reads ahead and a stream over a handle does not: Node reads on for a while when it is paused, and so hears of a reset, or of an end
 * with nothing before it, which the other hears of when it goes on or writes; and what has not been read makes the system's last word a reset, in place of an end.
 * So the script goes on with reading before any of these. Node also tells of `drain` behind each write of 64 kB, even where the system has taken it at once.
 */
async function play(
  kind: keyof typeof MADE,
  script: readonly Deed[],
  allowHalfOpen: boolean,
  settled: () => Promise<void>,
): Promise<unknown> {
  const over: (() => void)[] = []
  const { stream, peer } = await MADE[kind]({ after: (end) => void over.push(end as () => void) })
  stream.allowHalfOpen = allowHalfOpen
  const events = told(stream)
  const heard = told(peer)
  await settled()
  const states: unknown[] = []
  for (const [number, what] of script.entries()) {
    if (['destroy', 'reset', 'peer end', 'peer reset'].includes(what.deed)) {
      stream.uncork()
      stream.resume()
      await settled()
    }
    act(stream, peer, what, number)
    await settled()
    states.push(seen(stream))
  }
  stream.uncork()
  stream.resume()
  await settled()
  const all = { events: [...events], heard: heard.filter((word) => word !== 'finish'), states, last: seen(stream) }
  for (const end of over) end()
  return all
}

test('the same script on a socket of Node and on a stream over a handle gives the same octets and happenings', async () => {
  const bothOf = async (script: readonly Deed[], allowHalfOpen: boolean, settled: () => Promise<void>): Promise<readonly unknown[]> =>
    Promise.all([play('node', script, allowHalfOpen, settled), play('handle', script, allowHalfOpen, settled)])
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 14 }), fc.boolean(), async (script, allowHalfOpen) => {
      const [node, handle] = await bothOf(script, allowHalfOpen, () => settled(6))
      if (isDeepStrictEqual(node, handle)) return
      // A busy system may not have carried all of it in so few turns.
      const [slowly, likewise] = await bothOf(script, allowHalfOpen, () => delay(40))
      assert.deepEqual(likewise, slowly)
    }),
    { numRuns: 200 },
  )
})

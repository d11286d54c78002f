import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import fc from 'fast-check'
import { Ears, type Happening } from './ears.ts'

const EVENTS = ['data', 'error', 'end', 'drain'] as const
type Event = (typeof EVENTS)[number]

/** Somebody comes or goes: one of five, for some event. */
interface Move {
  readonly does: 'on' | 'once' | 'off' | 'all'
  readonly event: Event
  readonly who: number
}

/** What the test does with either kind. */
interface Kind {
  readonly move: (move: Move, listener: () => void) => void
  readonly tell: (event: Event) => void
}

class Told extends Ears {
  heeds = 0

  protected override heeded(): void {
    this.heeds += 1
  }

  tells(event: Event): void {
    if (event === 'data') this.tellOctets(Buffer.from('octets'))
    else if (event === 'error') this.tellError(new Error('one'))
    else this.tell(event)
  }
}

const isHappening = (event: Event): event is Event & Happening => event === 'end' || event === 'drain'

function ours(): Kind {
  const ears = new Told()
  return {
    move: ({ does, event }, listener) => {
      if (does === 'all') ears.removeAllListeners()
      else if (isHappening(event)) ears[does](event, listener)
      else if (event === 'data') ears[does === 'off' ? 'off' : 'on'](event, listener)
      else ears[does === 'off' ? 'off' : 'on'](event, listener)
    },
    tell: (event) => ears.tells(event),
  }
}

/** The same listener is there once at most: of one that is there twice Node takes away one, and `Ears` both. */
function nodes(decide: (may: boolean) => void): Kind {
  const emitter = new EventEmitter()
  return {
    move: ({ does, event }, listener) => {
      const may = does === 'off' || does === 'all' || !emitter.listeners(event).includes(listener)
      decide(may)
      if (!may) return
      if (does === 'all') emitter.removeAllListeners()
      // Nobody listens once for octets or errors.
      else emitter[does === 'once' && !isHappening(event) ? 'on' : does](event, listener)
    },
    tell: (event) => {
      // An error that nobody listens to is none.
      if (event !== 'error' || emitter.listenerCount('error') > 0) emitter.emit(event)
    },
  }
}

const move: fc.Arbitrary<Move> = fc.record({
  does: fc.constantFrom('on', 'on', 'once', 'once', 'off', 'all'),
  event: fc.constantFrom(...EVENTS),
  who: fc.nat(4),
})
const step = fc.oneof(move, fc.record({ tells: fc.constantFrom(...EVENTS) }))
/** What each does when it hears something, each time the next. */
const reactions = fc.array(fc.array(move, { maxLength: 4 }), { minLength: 5, maxLength: 5 })

function play(kind: Kind, steps: readonly (Move | { readonly tells: Event })[], does: readonly (readonly Move[])[]): readonly string[] {
  const heard: string[] = []
  const left = does.map((moves) => [...moves])
  const act = (one: Move): void => kind.move(one, listeners[one.who] ?? (() => undefined))
  const listeners = left.map((moves, who) => () => {
    heard.push(`${who} hears`)
    const next = moves.shift()
    if (next !== undefined) act(next)
  })
  for (const one of steps) {
    if (!('tells' in one)) act(one)
    else {
      heard.push(one.tells)
      kind.tell(one.tells)
    }
  }
  return heard
}

test('who comes and goes, also while it is told, hears what it would hear of an EventEmitter', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), reactions, (steps, does) => {
      const decisions: boolean[] = []
      const node = play(
        nodes((may) => decisions.push(may)),
        steps,
        does,
      )
      const kind = ours()
      const own = play(
        { ...kind, move: (one, listener) => (decisions.shift() === true ? kind.move(one, listener) : undefined) },
        steps,
        does,
      )
      assert.deepEqual(own, node)
    }),
    { numRuns: 400 },
  )
})

test('octets and errors reach whoever listens, and each who begins to listen to octets is heeded', () => {
  const ears = new Told()
  const heard: string[] = []
  ears.on('data', (bytes) => heard.push(bytes.toString()))
  ears.on('error', ({ message }) => heard.push(message))
  ears.on('end', () => heard.push('end'))
  for (const event of EVENTS) ears.tells(event)
  assert.deepEqual([heard, ears.heeds], [['octets', 'one', 'end'], 1])
})

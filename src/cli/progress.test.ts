import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { progress, watchDoors, type ProgressState } from './progress.ts'
import type { Terminal } from './terminal.ts'

/** A terminal that keeps what was written to it, and a clock that is set by hand. */
function scene(change: Partial<Terminal>): { readonly terminal: Terminal; readonly written: string[]; readonly clock: { ms: number } } {
  const written: string[] = []
  const terminal = {
    out: () => assert.fail('progress goes to standard error'),
    err: (text: string) => void written.push(text),
    interactive: true,
    colour: false,
    columns: 80,
    cwd: '/',
    env: {},
    ...change,
  }
  return { terminal, written, clock: { ms: 0 } }
}

const state = { done: 3, total: 12, text: 'smtp://mail.example.com:25' }
const LINE = '\r\u001b[K[#####...............] 3/12 smtp://mail.example.com:25'

describe('progress()', () => {
  test('draws a line in place, and takes it away at the end', () => {
    const { terminal, written, clock } = scene({ progressColumns: 80 })
    const one = progress(terminal, () => clock.ms)
    clock.ms = 300
    one.update(state)
    one.end()
    assert.deepEqual(written, [LINE, '\r\u001b[K'])
  })

  test('draws nothing where standard error is no terminal', () => {
    const { terminal, written, clock } = scene({})
    const one = progress(terminal, () => clock.ms)
    clock.ms = 5000
    one.update(state)
    one.end()
    assert.deepEqual(written, [])
  })

  test('draws nothing for work that is done at once, and so clears nothing', () => {
    const { terminal, written, clock } = scene({ progressColumns: 80 })
    const one = progress(terminal, () => clock.ms)
    clock.ms = 249
    one.update(state)
    one.end()
    assert.deepEqual(written, [])
  })

  test('draws ten times a second at most', () => {
    const { terminal, written, clock } = scene({ progressColumns: 80 })
    const one = progress(terminal, () => clock.ms)
    for (clock.ms = 250; clock.ms < 1250; clock.ms++) one.update(state)
    assert.equal(written.length, 10)
  })

  test('ends once', () => {
    const { terminal, written, clock } = scene({ progressColumns: 80 })
    const one = progress(terminal, () => clock.ms)
    clock.ms = 300
    one.update(state)
    one.end()
    one.end()
    assert.equal(written.length, 2)
  })

  const rows: readonly (readonly [
    why: string,
    change: Partial<Terminal>,
    state: Parameters<ReturnType<typeof progress>['update']>[0],
    line: string,
  ])[] = [
    ['a bar of better signs where they are shown', { unicode: true }, state, '━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ 3/12 smtp://mail.example.com:25'],
    ['never as wide as the window', { progressColumns: 30 }, state, '[#####...............] 3/12 s'],
    ['nothing to do is no division by nothing', {}, { done: 0, total: 0, text: '' }, '[....................] 0/0 '],
    ['more done than was thought', {}, { done: 9, total: 3, text: '' }, '[####################] 9/3 '],
    ['no text moves the cursor', {}, { done: 0, total: 1, text: 'a\u001b[2J\nb\u202e' }, '[....................] 0/1 a?[2J?b?'],
  ]
  for (const [why, change, of, line] of rows) {
    test(why, () => {
      const { terminal, written, clock } = scene({ progressColumns: 80, ...change })
      const one = progress(terminal, () => clock.ms)
      clock.ms = 300
      one.update(of)
      assert.deepEqual(written, [`\r\u001b[K${line}`])
    })
  }
})

describe('watchDoors()', () => {
  const [one, other] = [{ url: 'smtp://one.example:25' }, { url: 'smtp://other.example:25' }] as const

  function watched(): { readonly states: ProgressState[]; readonly watch: ReturnType<typeof watchDoors> } {
    const states: ProgressState[] = []
    const watch = watchDoors({ update: (state) => void states.push(state), end: () => undefined }, [one, other])
    return { states, watch }
  }

  test('says at once which doors there are', () => {
    assert.deepEqual(watched().states, [{ done: 0, total: 2, part: 0, text: 'smtp://one.example:25 smtp://other.example:25' }])
  })

  test('counts questions inside doors, and whole doors when they are finished', () => {
    const { states, watch } = watched()
    watch.progress(one, 10, 40)
    watch.progress(other, 30, 60)
    watch.finished(undefined, one)
    assert.deepEqual(states.slice(1), [
      { done: 0, total: 2, part: 0.25, text: 'smtp://one.example:25: 10 of about 40 questions' },
      { done: 0, total: 2, part: 0.75, text: 'smtp://other.example:25: 30 of about 60 questions' },
      { done: 1, total: 2, part: 0.5, text: 'smtp://one.example:25' },
    ])
  })

  test('a door is never whole before it is finished, even where more was asked than expected', () => {
    const { states, watch } = watched()
    watch.progress(one, 70, 40)
    assert.deepEqual(states.at(-1), { done: 0, total: 2, part: 0.99, text: 'smtp://one.example:25: 70 of about 70 questions' })
  })
})

test('a part of a piece fills a part of the bar', () => {
  const { terminal, written, clock } = scene({ progressColumns: 80 })
  const bar = progress(terminal, () => clock.ms)
  clock.ms = 300
  bar.update({ done: 0, total: 1, part: 0.5, text: 'x' })
  assert.deepEqual(written, ['\r\u001b[K[##########..........] 0/1 x'])
})

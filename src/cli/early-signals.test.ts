import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EarlySignals } from './early-signals.ts'

type Name = 'stop' | 'reload'

const rows: readonly (readonly [why: string, before: readonly Name[], after: readonly Name[], happens: readonly (Name | 'stopped')[]])[] = [
  ['nothing happens that nobody asks for', [], [], []],
  ['a reload that is asked for at the start happens when there is what can reload', ['reload'], [], ['reload']],
  ['several of them are one', ['reload', 'reload'], ['reload'], ['reload', 'reload']],
  ['an end at the start is for whoever starts', ['stop'], [], ['stopped']],
  ['what comes later happens at once', [], ['reload', 'stop'], ['reload', 'stop']],
]
for (const [why, before, after, happens] of rows) {
  test(`EarlySignals: ${why}`, async () => {
    const happened: (Name | 'stopped')[] = []
    const sent: Readonly<Record<Name, () => void>>[] = []
    const early = new EarlySignals({
      onSignals: (on) => {
        sent.push(on)
        return () => undefined
      },
    })
    void early.stopped.then(() => happened.push('stopped'))
    for (const name of before) sent[0]?.[name]()
    assert.equal(happened.length, 0)
    early.heed({ stop: () => void happened.push('stop'), reload: () => void happened.push('reload') })
    for (const name of after) sent[0]?.[name]()
    await Promise.resolve()
    assert.deepEqual(happened, happens)
  })
}

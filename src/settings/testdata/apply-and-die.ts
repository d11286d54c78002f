/**
 * Changes a file and ends itself without a word after one step: `node apply-and-die.ts STATE FILE TEXT STEP REWRITES SERVICE`.
 * With `full:STEP` it fills the disk under STATE instead, and goes on.
 * The service is a file: `stop` takes it away, `start` copies the settings into it.
 */
import { appendFileSync, writeFileSync } from 'node:fs'
import { applyChange } from '../apply/apply.ts'
import { withSettings } from '../apply/with-settings.ts'
import { readSettings } from '../read-settings.ts'
import { orderFor } from './orders.ts'

const [state = '', file = '', text = '', dies = '', rewrites = '', service = ''] = process.argv.slice(2)
const before = readSettings(file)
const order = orderFor({ file, text, service, rewritesOnStop: rewrites === 'yes' })
const outcome = await withSettings(
  state,
  file,
  { now: () => new Date() },
  () => undefined,
  (context) =>
    applyChange(
      { ...order, files: [{ before, after: { path: file, text } }] },
      {
        ...context,
        after: (step) => {
          if (step === dies) process.kill(process.pid, 'SIGKILL')
          if (`full:${step}` === dies) fill()
        },
      },
    ),
)
console.log(outcome.outcome, outcome.why?.code)

function fill(): void {
  const block = Buffer.alloc(512)
  writeFileSync(`${state}/filler`, '')
  for (;;) {
    try {
      appendFileSync(`${state}/filler`, block)
    } catch {
      return
    }
  }
}

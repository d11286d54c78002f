/**
 * Changes a file and ends itself without a word after one step: `node apply-and-die.ts STATE FILE TEXT STEP REWRITES SERVICE`.
 * The service is a file: `stop` takes it away, `start` copies the settings into it.
 */
import { writeFileSync } from 'node:fs'
import { applyChange } from '../apply/apply.ts'
import { withSettings } from '../apply/with-settings.ts'
import { readSettings } from '../read-settings.ts'
import { orderFor } from './orders.ts'

const [state = '', file = '', text = '', dies = '', rewrites = '', service = ''] = process.argv.slice(2)
const before = readSettings(file)
const order = orderFor({ file, text, service, rewritesOnStop: rewrites === 'yes' })
await withSettings(state, file, { now: () => new Date() }, () => undefined, (context) =>
  applyChange({ ...order, files: [{ before, after: { path: file, text } }] }, {
    ...context,
    after: (step) => {
      writeFileSync(`${state}.steps`, `${step}\n`, { flag: 'a' })
      if (step === dies) process.kill(process.pid, 'SIGKILL')
    },
  }),
)

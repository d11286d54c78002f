/** The shapes of `postern settings history --json`, `apply --json` and `undo --json` as schemas. Loading zod takes long, so nothing that runs in a command imports this. */
import { z } from 'zod'
import { entryShape, ran } from './entry-schema.ts'
import type { SettingsHistoryJson, SettingsOutcomeJson } from './outcome-json.ts'

const text = z.string()
const head = { version: z.literal(1), postern: text.describe('The version of Postern.'), file: text }
const { version: _version, ...change } = entryShape

/** Checks that something is the JSON of `postern settings history`. */
export const settingsHistory: z.ZodType<SettingsHistoryJson> = z
  .strictObject({
    ...head,
    changes: z.array(z.strictObject({ number: z.int().positive(), ...change })).describe('Oldest first.'),
  })
  .meta({
    title: 'Postern settings history',
    description: 'What `postern settings history --json` prints. Fields may be added, none is removed or changes its meaning.',
  })

/** Checks that something is the JSON of `postern settings apply` or `undo`. */
export const settingsOutcome: z.ZodType<SettingsOutcomeJson> = z
  .strictObject({
    ...head,
    outcome: z.enum(['applied', 'rolled-back', 'unchanged']),
    number: z.union([z.int().positive(), z.null()]).describe('In the history; null where nothing had to be changed.'),
    problem: z
      .union([
        z.strictObject({ code: text.describe('Stable, see docs/errors.md.'), message: text, remedy: text.exactOptional() }),
        z.null(),
      ])
      .describe('Why it was rolled back.'),
    said: change.said,
    files: change.files,
    ran: z.array(ran),
  })
  .meta({
    title: 'Postern settings outcome',
    description:
      'What `postern settings apply --json` and `undo --json` print. Fields may be added, none is removed or changes its meaning.',
  })

/** The text of schemas/settings-history.schema.json. */
export function printSettingsHistorySchema(): string {
  return `${JSON.stringify(z.toJSONSchema(settingsHistory, { io: 'input' }), null, 2)}\n`
}

/** The text of schemas/settings-outcome.schema.json. */
export function printSettingsOutcomeSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(settingsOutcome, { io: 'input' }), null, 2)}\n`
}

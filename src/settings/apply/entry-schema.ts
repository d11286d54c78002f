/** What is remembered of a change, checked when it is read again: commands stand in it that are run. */
import { z } from 'zod'
import type { Entry } from './journal.ts'
import type { Ran } from './run-command.ts'

const PHASES = ['prepared', 'stopping', 'replacing', 'checking', 'starting', 'proving', 'proved'] as const
const text = z.string()
const line = z.array(text).min(1)

export const ran: z.ZodType<Ran> = z.object({
  command: text,
  ended: text,
  ok: z.boolean(),
  missing: z.boolean(),
  output: text,
  milliseconds: z.number(),
})

export const entryShape: { readonly [Name in keyof Entry]: z.ZodType<Entry[Name]> } = {
  version: z.literal(1),
  kind: z.enum(['apply', 'undo']),
  phase: z.enum(PHASES),
  outcome: z.enum(['under-way', 'applied', 'rolled-back']),
  began: z.iso.datetime(),
  product: text,
  summary: text,
  files: z.array(z.object({ path: text, before: text, after: text })),
  service: z.object({
    stop: line.exactOptional(),
    start: line.exactOptional(),
    check: line.exactOptional(),
    rebuild: z.array(line).exactOptional(),
    rewritesOnStop: z.boolean(),
    patience: z.number().positive(),
  }),
  touched: z.boolean(),
  doors: z.array(text),
  undoes: z.array(z.int()),
  said: z.array(text),
  ran: z.array(ran),
}

export const entrySchema: z.ZodType<Entry> = z.object(entryShape)

/** The shape of `postern prove --json` as a schema. Loading zod takes long, so nothing that runs in a proof imports this. */
import { z } from 'zod'
import type { ProofReport } from '../prove.ts'
import { exactly } from './schema.ts'

const text = z.string()

const check = z
  .object({
    id: text.describe('Stable, such as refuses-protocols.'),
    demand: text.describe('What the policy demands.'),
    rule: text.describe('What the policy says of it, and where.'),
    verdict: z.enum(['kept', 'broken', 'unknown']).describe('unknown is never a pass.'),
    fact: text.describe('What was seen, in one sentence.'),
    evidence: text.exactOptional().describe('Hex of the answer that proves it.'),
  })
  .meta({ id: 'ProofCheck' })

const proof = z
  .object({
    target: text.describe('A URL, such as smtp://mail.example.com:25.'),
    address: z.union([text, z.null()]),
    policy: z.object({ name: text, title: text, edition: text }),
    keeps: z.enum(['yes', 'no', 'unknown']).describe('yes only where every check is kept.'),
    checks: z.array(check),
    remarks: z.array(text).describe('What is wrong although the policy says nothing of it.'),
    problem: z
      .union([z.object({ code: text, message: text, remedy: text.exactOptional() }), z.null()])
      .describe('Why nothing, or not all, could be asked.'),
    cost: z.object({ connections: z.int().nonnegative(), milliseconds: z.number().nonnegative() }),
  })
  .meta({ id: 'Proof' })

/** Checks that something is the JSON of `postern prove`. Fields it does not know are dropped: later versions may add some. */
export const proofReport: z.ZodType<ProofReport> = exactly<ProofReport>()(
  z
    .object({
      version: z.literal(1),
      postern: text.describe('The version of Postern that made the proofs.'),
      started: z.iso.datetime(),
      proofs: z.array(proof).describe('One for each door, in the order of the targets.'),
    })
    .meta({
      title: 'Postern proof',
      description: 'What `postern prove --json` prints. Fields may be added, none is removed or changes its meaning.',
    }),
)

/** The text of schemas/proof.schema.json. */
export function printProofSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(proofReport, { io: 'input' }), null, 2)}\n`
}

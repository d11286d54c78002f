/** The shape of what `postern gate explain --json` prints. Loaded only where the schema is printed or tested. */
import { z } from 'zod'

const tls = z.strictObject({
  version: z.string(),
  suite: z.string(),
  group: z.string().exactOptional(),
  checked: z.enum(['none', 'authority', 'dane']).describe('By what the certificate was found to be the right one.'),
  tooWeak: z.string().exactOptional().describe('Why the policy would not allow it; absent where it does.'),
})

const hop = z.union([
  z.strictObject({ failed: z.string().describe('Why nothing was tried, as a reply of SMTP.') }),
  z.strictObject({
    host: z.string(),
    address: z.string(),
    port: z.int().min(0).max(65_535),
    demand: z.string().describe('Who demands TLS of it, or certificates.'),
    policy: z.string(),
    tls: tls.exactOptional().describe('Absent in the clear, and where it was not reached.'),
    downgraded: z.literal(true).exactOptional(),
    failed: z.string().exactOptional().describe('Why it would not be used, as a reply of SMTP.'),
    abilities: z.array(z.string()).exactOptional().describe('What it announces in the end, as it says it.'),
  }),
])

/** One destination, explained. */
export const explanationJson: z.ZodType = z
  .strictObject({
    domain: z.string(),
    warning: z.string().exactOptional().describe('Why DANE is off.'),
    route: z
      .strictObject({
        kind: z.enum(['hosts', 'null-mx', 'no-domain', 'unusable', 'failed']),
        hosts: z.array(z.strictObject({ host: z.string(), preference: z.int() })).exactOptional(),
        signed: z.boolean().exactOptional().describe('The MX records are validated (DNSSEC).'),
        implicit: z.boolean().exactOptional().describe('There is no MX record: the domain is its own mail host.'),
        words: z.string().exactOptional(),
      })
      .exactOptional()
      .describe('Where the domain takes its mail; absent where one relay is for all.'),
    sts: z
      .strictObject({
        kind: z.enum(['none', 'unknown', 'policy']),
        mode: z.enum(['enforce', 'testing', 'none']).exactOptional(),
        mx: z.array(z.string()).exactOptional(),
        until: z.iso.datetime().exactOptional(),
        problem: z.string().exactOptional(),
      })
      .exactOptional()
      .describe('Its policy of MTA-STS.'),
    hops: z.array(hop).describe('The preferred one first.'),
    through: z.int().min(0).exactOptional().describe('The hop that would take a message, by its place; absent where none would.'),
    said: z.string().exactOptional().describe('Where none would: the reply that whoever sends hears.'),
  })
  .meta({ title: 'Postern gate, explanation', description: 'What postern gate explain --json prints.' })

/** The text of schemas/gate-explain.schema.json. */
export function printGateExplainSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(explanationJson), null, 2)}\n`
}

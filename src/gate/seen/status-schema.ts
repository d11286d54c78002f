/** The shape of what a gate says of itself. */
import { z } from 'zod'
import type { GateStatus } from './status.ts'

const sum = z.number().nonnegative()
const time = z.iso.datetime()
const tally = z.record(z.string(), sum)

const service = z.strictObject({
  open: sum.describe('Right now.'),
  connections: sum,
  crowded: tally.describe('By the limit that was reached.'),
  hellos: tally.describe('By stage, meets or fails, and reason.'),
  negotiated: tally.describe('By version, suite, and group.'),
  resumed: sum,
  failed: tally.describe('Handshakes that did not come about, by reason.'),
  handshakeSeconds: z
    .strictObject({ counts: z.array(sum), sum })
    .describe('By duration: at most 5, 10, 25, 50, 100, 250, 500 ms, 1, 2.5, 5, 10 s, and longer.'),
  bytes: z.strictObject({ in: sum, out: sum }),
  ended: tally.describe('By why.'),
  unreached: sum.describe('Clients for whom no server behind could be reached.'),
  refusedLately: z
    .record(z.string(), tally)
    .describe('Clients that the policy would refuse, by minutes since 1970, and then by stage and reason.'),
  refusedClients: z
    .record(z.string(), z.strictObject({ count: sum, last: sum, stage: z.string(), reason: z.string(), version: z.string() }))
    .describe('Clients that the policy would refuse, by their address: those seen last.'),
})

/** What `status` is answered with over the admin socket, and `postern gate status --json` prints. */
export const gateStatus: z.ZodType<GateStatus> = z
  .strictObject({
    version: z.string().describe('Of Postern.'),
    pid: z.int(),
    started: time,
    state: z.enum(['running', 'draining']),
    configuration: z.strictObject({ file: z.string(), generation: z.int(), loaded: time, failures: z.int(), later: z.array(z.string()) }),
    services: z.array(
      z.strictObject({
        name: z.string(),
        place: z.string(),
        dialect: z.string(),
        tls: z.string(),
        policy: z.string(),
        stage: z.string(),
        backends: z.array(z.strictObject({ place: z.string(), up: z.boolean(), since: time, lastError: z.string().exactOptional() })),
      }),
    ),
    certificates: z.array(z.strictObject({ identity: z.string(), file: z.string(), notAfter: time, warnings: z.array(z.string()) })),
    log: z.strictObject({ dropped: sum, messagesDropped: sum.describe('Of standard error.') }),
    counts: z.strictObject({ services: z.record(z.string(), service) }).describe('Since the gate was started, by service.'),
  })
  .meta({ title: 'Postern gate, status', description: 'What postern gate status --json prints, and what the admin socket answers.' })

/** The text of schemas/gate-status.schema.json. */
export function printGateStatusSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(gateStatus), null, 2)}\n`
}

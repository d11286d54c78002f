import { z } from 'zod'
import { placeOf } from './places.ts'

/** Parts that the schema of a configuration has anyway. */
interface Parts {
  readonly network: z.ZodType<string>
  readonly policy: z.ZodType<string>
  readonly stage: z.ZodTypeAny
}

const domain = z
  .string()
  .regex(/^(?:\*\.)?[^\s@*]+$/, { error: 'a name is written as example.com or *.example.com' })
  .meta({ examples: ['example.com', '*.example.com'] })

const nextHop = z
  .string()
  .refine((text) => text === 'recipients' || (placeOf(text)?.host ?? '') !== '', {
    error: (issue) => `${JSON.stringify(issue.input)} is neither recipients nor a host with a port`,
  })
  .meta({ examples: ['recipients', 'relay.example.net:587'] })

/** What may stand under `outlet`. */
export function outletSchema({ network, policy, stage }: Parts): z.ZodObject {
  const leg = legShape({ policy, stage })
  return z
    .strictObject({
      to: nextHop
        .exactOptional()
        .describe('recipients: the mail hosts of each recipient’s domain. host:port: one relay for all. recipients without it.'),
      ...leg,
      destinations: z
        .array(
          z.strictObject({
            domains: z.array(domain).min(1).exactOptional().describe('Of recipients.'),
            mx: z.array(domain).min(1).exactOptional().describe('Names of mail hosts, as MX records have them.'),
            to: nextHop.exactOptional().describe('A relay for these, or their own mail hosts.'),
            ...leg,
          }),
        )
        .exactOptional()
        .describe('What differs for some; the first that fits counts.'),
      clients: z.array(network).min(1).exactOptional().describe('Who may send through it; this machine alone without it.'),
      resolver: z
        .string()
        .refine((text) => placeOf(text) !== undefined, { error: (issue) => `${JSON.stringify(issue.input)} is no address with a port` })
        .exactOptional()
        .describe('Whom names are asked of; the resolver of the system without it.')
        .meta({ examples: ['127.0.0.1:53'] }),
    })
    .describe('In place of backend: the next hops of what clients send.')
}

function legShape({ policy, stage }: Pick<Parts, 'policy' | 'stage'>): Readonly<Record<string, z.ZodType>> {
  return {
    tls: z
      .enum(['opportunistic', 'required', 'verify'])
      .exactOptional()
      .describe(
        'TLS where it is offered, TLS with whoever is there, or TLS with a certificate of the one that is meant; opportunistic without it.',
      ),
    implicit: z.boolean().exactOptional().describe('TLS begins with the first octet; without it, with STARTTLS.'),
    policy: policy
      .exactOptional()
      .describe('Which TLS is spoken with next hops: a rulebook or a policy file; mozilla-intermediate without it.'),
    stage: stage
      .exactOptional()
      .describe(
        'What becomes of a next hop that cannot keep to the policy: observe sends and records, explain and refuse send nothing and say why. Without it observe where TLS is opportunistic, and else refuse.',
      ),
    ca: z.string().min(1).exactOptional().describe('With verify: PEM of the authority; without it, those of the system.'),
    name: z
      .string()
      .min(1)
      .exactOptional()
      .describe('With verify: whom the certificate has to be for; without it, the name of the next hop.'),
  }
}

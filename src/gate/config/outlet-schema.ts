import { z } from 'zod'
import type { LocalLoginFile } from './outlet-file.ts'
import { readResolver } from '../names/resolver-place.ts'
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

const reports = z.strictObject({
  organization: z
    .string()
    .min(1)
    .max(200)
    .describe('Who reports.')
    .meta({ examples: ['Example GmbH'] }),
  contact: z
    .string()
    .regex(/^[\w.+-]{1,64}@(?=.{1,253}$)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+$/, { error: 'a contact is an address of mail' })
    .describe('Where questions are answered. Reports come from it.')
    .meta({ examples: ['tls-reports@example.com'] }),
  mail: z
    .string()
    .refine((text) => (placeOf(text)?.host ?? '') !== '', {
      error: (issue) => `${JSON.stringify(issue.input)} is not a host with a port`,
    })
    .exactOptional()
    .describe('A mail server of yours that queues reports and signs them with DKIM; without it, none goes by mail.')
    .meta({ examples: ['127.0.0.1:25'] }),
})

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
      mailHostsHere: z
        .enum(['refuse', 'allow'])
        .exactOptional()
        .describe(
          'Mail hosts of domains at an address of this machine, loopback among them, where mail would go round; refuse without it.',
        ),
      resolver: z
        .string()
        .refine((text) => !('what' in readResolver(text)), {
          error: (issue) => `${JSON.stringify(issue.input)} is not the address of a resolver`,
        })
        .exactOptional()
        .describe('Whom names are asked of; the resolver of the system without it.')
        .meta({ examples: ['127.0.0.1', 'tls://9.9.9.9#dns.quad9.net'] }),
      state: z.string().min(1).exactOptional().describe('A folder in which policies of MTA-STS outlive a restart.'),
      reports: reports.exactOptional().describe('Reports about TLS (RFC 8460 §3) to the domains that ask for them; needs state.'),
    })
    .describe('In place of backend: the next hops of what clients send.')
}

const login = z.strictObject({
  user: z
    .string()
    .min(1)
    .regex(/^[^\p{Cc}]+$/u, { error: 'a user has no control characters' })
    .describe('Whom the relay knows.'),
  passwordFile: z.string().min(1).exactOptional().describe('Its first line is the password.'),
  tokenFile: z.string().min(1).exactOptional().describe('Its first line is a token of OAuth 2.0, for XOAUTH2 or OAUTHBEARER.'),
  tokenCommand: z
    .array(z.string().min(1))
    .min(1)
    .exactOptional()
    .describe('A program and its words, which prints a token, alone or as JSON with access_token and expires_in.'),
})

/** Users of a service that fetches. */
export const localLogins: z.ZodType<LocalLoginFile[]> = z
  .array(
    z.strictObject({
      user: z.string().min(1).describe('Whom the client logs in as.'),
      passwordFile: z.string().min(1).describe('Its first line is the password that the client says.'),
      as: z.string().min(1).exactOptional().describe('Whom the server behind knows; without it, the same.'),
      asPasswordFile: z
        .string()
        .min(1)
        .exactOptional()
        .describe('Its first line is the password that the server behind knows, in place of a token.'),
      tokenFile: login.shape.tokenFile,
      tokenCommand: login.shape.tokenCommand,
    }),
  )
  .min(1)
  .describe(
    'For IMAP and POP3: users that log in here with a password, and at the server behind with a token of OAuth 2.0 (OAUTHBEARER, XOAUTH2), or another password.',
  )

function legShape({ policy, stage }: Pick<Parts, 'policy' | 'stage'>): Readonly<Record<string, z.ZodType>> {
  return {
    tls: z
      .enum(['opportunistic', 'required', 'verify', 'dane'])
      .exactOptional()
      .describe(
        'TLS where it is offered; TLS with whoever is there; TLS with a certificate by an authority; TLS with one by DANE. opportunistic without it. What DANE and MTA-STS demand of a destination is kept to with all of them.',
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
    login: login.exactOptional().describe('As whom to log in at the relay of to; with verify or dane.'),
    plainAfterTls: z
      .enum(['observe', 'refuse'])
      .exactOptional()
      .describe('With opportunistic: plain text to a host that has spoken TLS before is recorded, or not sent; observe without it.'),
  }
}

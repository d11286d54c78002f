/** The shape of the lines of a gate's log, for whoever reads them. Loaded only where the schema is printed or tested. */
import { z } from 'zod'
import { REFUSAL_REASONS } from '../../policy/negotiate/index.ts'
import type { ConnectionRecord, Ended } from '../record.ts'
import { ENDS } from './ends.ts'

const words = z.array(z.string())
const octets = z.int().nonnegative()
const milliseconds = z.int().nonnegative()

const hello = z
  .strictObject({
    versions: words.describe('The newest first, or the newest alone where the hello does not say.'),
    suites: words.describe('IANA names; numbers that nobody has named stay numbers.'),
    groups: words,
    sslv2Format: z.literal(true).exactOptional(),
    serverName: z.string().exactOptional(),
    alpn: words.exactOptional(),
    ja4: z.string().exactOptional(),
  })
  .describe('What the client offered; absent where no hello came.')

const verdict = z
  .union([
    z.strictObject({ meets: z.literal(true) }),
    z.strictObject({
      meets: z.literal(false),
      reason: z.enum([...REFUSAL_REASONS, 'client-certificate']),
      why: z.string().describe('A sentence.'),
    }),
  ])
  .describe('Whether the client can do what the policy wants, and why not.')

const negotiated = z
  .strictObject({
    version: z.string(),
    suite: z.string(),
    group: z
      .string()
      .exactOptional()
      .describe('Absent up to TLS 1.2 for RSA key exchange, for DHE, and where a session is taken up again: no keys are exchanged then.'),
    resumed: z.boolean().exactOptional().describe('Absent where TLS is passed on.'),
    alpn: z.string().exactOptional(),
  })
  .describe('Absent without TLS.')

const isEnd = (name: string): name is Ended['why'] => Object.hasOwn(ENDS, name)
const end = z.union(
  Object.keys(ENDS)
    .filter(isEnd)
    .map((name) => z.literal(name).describe(ENDS[name])),
)

const onward = z
  .array(
    z.strictObject({
      host: z.string().describe('As MX records or the configuration name it.'),
      address: z.string(),
      port: z.int().min(0).max(65_535),
      demand: z.string().describe('Who demands TLS of it, or certificates.'),
      tls: z
        .strictObject({
          version: z.string(),
          suite: z.string(),
          group: z.string().exactOptional(),
          checked: z.enum(['none', 'authority', 'dane']).describe('By what its certificate was found to be the right one.'),
          resumed: z.literal(true).exactOptional().describe('With a session of a connection before, in which it was looked at.'),
          tooWeak: z.string().exactOptional().describe('Why the policy would not allow it; absent where it does.'),
        })
        .exactOptional()
        .describe('Absent in the clear, and where it was not reached.'),
      kept: z.literal(true).exactOptional().describe('Over a connection of messages before.'),
      downgraded: z.literal(true).exactOptional().describe('In the clear, although it has spoken TLS before.'),
      failed: z.string().exactOptional().describe('Why it was not used, as a reply of SMTP.'),
    }),
  )
  .describe('Next hops that an outlet has tried, twenty at most.')

/** One line for each connection, when it is over. Words that are not here are a mistake of the gate: a test holds every record to it. */
export const connectionRecord: z.ZodType<ConnectionRecord> = z
  .strictObject({
    time: z.iso.datetime().describe('When it began.'),
    service: z.string(),
    client: z.strictObject({ address: z.string(), port: z.int().min(0).max(65_535) }),
    policy: z.string(),
    stage: z.enum(['observe', 'explain', 'refuse']),
    hello: hello.exactOptional(),
    verdict: verdict.exactOptional(),
    plainAfterRefusal: z
      .enum(['observed', 'refused'])
      .exactOptional()
      .describe('In the clear to its end, by a client whose TLS was refused in the last hour: it was let in, or told that it needs TLS.'),
    negotiated: negotiated.exactOptional(),
    clientCertificate: z
      .strictObject({
        verified: z.boolean(),
        commonName: z.string().exactOptional(),
        sha256: z.string(),
        fault: z.string().exactOptional().describe('Why it is not trusted, in a word of OpenSSL.'),
      })
      .exactOptional()
      .describe('What the client has shown where it was asked for one.'),
    handshakeMilliseconds: milliseconds.exactOptional().describe('From the hello to TLS.'),
    sentence: z
      .string()
      .exactOptional()
      .describe('What Kerio Connect writes of a server that sends and is too old, where SMTP is spoken and its version is the reason.'),
    bytes: z
      .strictObject({ in: octets, out: octets })
      .describe(
        'Of the protocol, from the client and from the server behind; TLS and what the gate says of its own accord are not counted.',
      ),
    data: z
      .strictObject({ connections: z.int().nonnegative(), in: octets, out: octets })
      .exactOptional()
      .describe('What went over the data connections of FTP, in the same way.'),
    onward: onward.exactOptional(),
    milliseconds: milliseconds.describe('From its first octet to its last.'),
    ended: z.strictObject({
      why: end,
      reason: z
        .string()
        .exactOptional()
        .describe('More of it; for handshake-failed one of a closed list, or what came in place of a hello.'),
    }),
  })
  .describe('One connection that is over.')

const droppedRecord = z
  .strictObject({ time: z.iso.datetime(), dropped: z.int().positive() })
  .describe('So many lines were lost before this one, because nobody took them.')

/** A line of the log. */
export const logLine: z.ZodType = z
  .union([connectionRecord, droppedRecord])
  .meta({ title: 'Postern gate, log', description: 'A line of JSON on standard output of postern gate run.' })

/** The text of schemas/gate-log.schema.json. */
export function printGateLogSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(logLine), null, 2)}\n`
}

/** The shape of `postern handshake --json` as a schema. Loading zod takes long, so nothing that runs in a handshake imports this. */
import { z } from 'zod'
import type { HandshakeReport } from './handshake.ts'
import { certificateSchema, exactly } from './schema.ts'

const text = z.string()
const orNull = <S extends z.ZodType>(schema: S): z.ZodUnion<[S, z.ZodNull]> => z.union([schema, z.null()])

const failure = z
  .union([
    z.object({ kind: z.literal('alert'), level: text, description: text.describe('IANA name, or 0xab where there is none.') }),
    z.object({ kind: z.enum(['closed', 'reset', 'silent']) }),
    z.object({ kind: z.literal('unsupported'), what: text, detail: text }),
    z.object({ kind: z.literal('malformed'), detail: text }),
    z.object({ kind: z.literal('not-offered'), protocol: text.describe('What the server went on with.') }),
  ])
  .meta({ id: 'HandshakeFailure' })

/** Checks that something is the JSON of `postern handshake`. Fields it does not know are dropped: later versions may add some. */
export const handshakeReport: z.ZodType<HandshakeReport> = exactly<HandshakeReport>()(
  z
    .object({
      version: z.literal(1),
      postern: text.describe('The version of Postern that made the handshake.'),
      started: z.iso.datetime(),
      target: text.describe('A URL, such as smtp://mail.example.com:25.'),
      address: text,
      connected: z.boolean().describe('The handshake came to its end, whatever the certificate is worth.'),
      failure: orNull(failure),
      protocol: orNull(text).describe('Such as TLSv1.3, or 0xabcd where there is no name.'),
      suite: orNull(z.object({ code: text.regex(/^0x[0-9a-f]{4}$/), iana: text, openssl: orNull(text) }).meta({ id: 'NegotiatedSuite' })),
      chain: z.array(certificateSchema).describe('As served, leaf first.'),
      verification: orNull(z.object({ code: z.number(), text })).describe('In the numbers and words of X509_verify_cert_error_string(3).'),
      temporaryKey: orNull(z.object({ kind: z.enum(['ECDH', 'DH', 'KEM']), name: text, bits: z.number() })),
      helloRetryRequest: z.boolean(),
      signature: orNull(z.object({ scheme: orNull(text), valid: z.union([z.boolean(), z.literal('unknown')]) })),
      secureRenegotiation: orNull(z.boolean()),
      extendedMasterSecret: orNull(z.boolean()),
      encryptThenMac: orNull(z.boolean()),
      compression: orNull(text),
      alpn: orNull(text),
      staple: orNull(z.enum(['none', 'good', 'revoked', 'expired', 'unknown-status'])),
      clientCertificateWanted: z.boolean(),
      tickets: z.array(z.object({ lifetime: z.number(), maxEarlyData: orNull(z.number()) })),
      cost: z.object({ connections: z.int().nonnegative(), milliseconds: z.number().nonnegative() }),
    })
    .meta({
      title: 'Postern handshake',
      description:
        'What `postern handshake --json` prints. Null is what the server did not get as far as, or what was not asked for. Fields may be added, none is removed or changes its meaning.',
    }),
)

/** The text of schemas/handshake.schema.json. */
export function printHandshakeSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(handshakeReport, { io: 'input' }), null, 2)}\n`
}

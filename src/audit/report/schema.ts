/**
 * The shape of `postern audit --json`, once more as a schema: for those who read the JSON, and for the tests that keep the
 * published file and the TypeScript type one. Loading zod takes longer than a small audit, so nothing that runs in an audit imports this.
 */
import { z } from 'zod'
import type { CertificatePosture } from '../../policy/index.ts'
import { PROTOCOLS } from '../../registry/index.ts'
import type { AuditReport } from '../result.ts'

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T

/** Identity of types: mutual assignability would overlook a field that is optional on one side and absent on the other. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** No further argument when schema and type agree, an impossible one when they do not. */
type Difference<S extends z.ZodType, T> = Same<DeepReadonly<z.output<S>>, T> extends true ? [] : [schemaAndTypeDiffer: never]

/** Takes a schema only when it describes exactly `T`: no field more or less, none more or less optional. */
export function exactly<T>(): <S extends z.ZodType<T>>(schema: S, ...differs: Difference<S, T>) => S {
  return <S extends z.ZodType<T>>(schema: S, ..._differs: Difference<S, T>) => schema
}

const text = z.string()
const texts = z.array(text)
const count = z.int().nonnegative()
const verdict = z.enum(['good', 'weak', 'bad', 'unknown']).meta({ id: 'Verdict', description: 'unknown is never a pass.' })
const absent = z.enum(['unknown', 'not-applicable'])
const orAbsent = <S extends z.ZodType>(schema: S): z.ZodUnion<[S, typeof absent]> => z.union([schema, absent])
const flag = orAbsent(z.boolean()).meta({ id: 'Fact', description: 'unknown: could not be found out, which is never a pass.' })
const protocol = z.enum(PROTOCOLS)

const protocolPosture = z
  .object({
    offered: z.union([z.boolean(), z.literal('unknown')]),
    refusal: text.exactOptional().describe('How it was refused, or why nobody could ask, in words.'),
    suites: texts.describe("IANA names in the server's order where it has one, else always in the same; 0xabcd where there is no name."),
    order: z.enum(['server', 'client', 'unknown']).describe('Who chooses the suite.'),
    prefersClientChaCha: flag,
    groups: texts.describe('IANA names of the (EC)DHE groups of this protocol.'),
    groupOrder: z
      .enum(['server', 'client', 'unknown'])
      .exactOptional()
      .describe('Who chooses the group. Absent where nobody asked: then the order of groups says nothing.'),
    groupsComplete: z.boolean().exactOptional().describe('True where these are all groups; else there may be more.'),
    complete: z.boolean().describe('False when the lists may lack something: the server stopped answering.'),
  })
  .meta({ id: 'ProtocolPosture' })

const keyType = z.enum(['RSA', 'RSA-PSS', 'ECDSA', 'DSA', 'DH', 'Ed25519', 'Ed448', 'ML-DSA', 'unknown'])

const certificate = z
  .object({
    subject: text,
    issuer: text,
    names: texts.describe('DNS names and IP addresses of subjectAltName.'),
    serial: text,
    notBefore: text.describe('ISO 8601, UTC.'),
    notAfter: text.describe('ISO 8601, UTC.'),
    keyType,
    keyBits: count,
    curve: text.exactOptional(),
    signatureAlgorithm: text,
    signatureHash: text,
    selfSigned: z.boolean(),
    isCa: z.boolean(),
    keyUsage: texts.exactOptional(),
    extendedKeyUsage: texts.exactOptional(),
    mustStaple: z.boolean(),
    scts: count.describe('Embedded signed certificate timestamps.'),
    ocspUrls: texts,
    sha256: text.describe('Fingerprint: hex, upper case, no colons.'),
    pem: text,
  })
  .meta({ id: 'Certificate' })

/** One certificate, as it stands in every report. */
export const certificateSchema: z.ZodType<CertificatePosture> = exactly<CertificatePosture>()(certificate)

const chain = z
  .object({
    keyType,
    servedFor: z.array(z.enum(['sni', 'no-sni', 'wrong-sni'])).describe('In which hellos this chain was served.'),
    certificates: z.array(certificate).describe('As served, leaf first.'),
    nameMatches: flag,
    trusted: flag,
    trustError: text.exactOptional(),
    publiclyTrusted: flag
      .exactOptional()
      .describe("Whether it is trusted for a root that Mozilla's programs come with, and not for a company's own."),
    ordered: flag,
    missing: texts.describe('Subjects that the chain lacks to reach a root.'),
    needless: texts.describe('Subjects sent without need.'),
    stapledOcsp: orAbsent(z.enum(['good', 'revoked', 'expired', 'unknown-status', 'absent'])),
    sctsInHandshake: count,
  })
  .meta({ id: 'Chain' })

const dh = z.object({
  bits: count.describe('Of the smallest modulus that was seen.'),
  prime: text.describe('A well-known prime by its name, or custom.'),
  all: z.array(z.object({ bits: count, prime: text, generator: z.number(), protocols: z.array(protocol) })),
  reused: flag,
})

const features = z.object({
  extendedMasterSecret: flag,
  encryptThenMac: flag,
  secureRenegotiation: flag,
  clientRenegotiation: flag,
  compression: flag,
  heartbeat: flag,
  truncatedHmac: flag,
  alpn: z.union([texts, z.literal('unknown')]),
  sessionTickets: flag,
  ticketLifetime: orAbsent(z.number()).describe('Seconds.'),
  sessionIdResumption: flag,
  ticketResumption: flag,
  pskResumption: flag,
  earlyData: flag,
  fallbackScsv: flag,
  downgradeSentinel: flag,
  recordSplitting: flag,
  ecdhReuse: flag,
  clientCertificate: orAbsent(z.enum(['required', 'requested', 'not-requested']))
    .exactOptional()
    .describe('required: a client without a certificate is refused.'),
})

const clear = z.object({
  banner: text,
  capabilities: texts,
  starttls: z.enum(['offered', 'missing', 'refused', 'unknown']),
  authBeforeTls: texts.describe('Ways to log in that are offered before TLS.'),
  authComplete: z.boolean().exactOptional().describe('False where the list before may lack something.'),
  textAfterGoAhead: flag,
})

const schemes = z.union([texts, z.literal('unknown')]).exactOptional()

const posture = z
  .object({
    role: z.enum(['server', 'client']),
    protocols: z.object({
      SSLv2: protocolPosture,
      SSLv3: protocolPosture,
      TLSv1: protocolPosture,
      'TLSv1.1': protocolPosture,
      'TLSv1.2': protocolPosture,
      'TLSv1.3': protocolPosture,
    }),
    sslv2Hello: flag.describe('An SSLv2-format hello is answered with SSLv3 or TLS.'),
    groups: texts.describe('IANA names of the (EC)DHE groups of all protocols, those of the newest first.'),
    dh: z.union([dh, z.null()]).describe('Finite-field Diffie-Hellman of the DHE suites.'),
    signatureSchemes: z.object({ 'TLSv1.2': schemes, 'TLSv1.3': schemes }),
    certificates: z.array(chain),
    features,
    tolerance: z.object({ futureVersion: flag, grease: flag, longHello: flag, manySuites: flag }),
    flaws: z.object({ heartbleed: flag, ccsInjection: flag, ticketbleed: flag, robot: flag, starttlsInjection: flag }),
    clear: z.union([clear, z.null()]).describe('What was said before TLS; null where TLS begins at once.'),
  })
  .meta({ id: 'Posture' })

const rule = z
  .object({
    rulebook: text,
    edition: text,
    verdict,
    says: text.describe("The rulebook's own word."),
    subjects: texts.describe('What it says it of; empty for the whole finding.'),
    source: text,
  })
  .meta({ id: 'RuleVerdict' })

const finding = z
  .object({
    id: text.describe('Stable, documented in docs/findings.md.'),
    verdict,
    fact: text.describe('What was seen, in one sentence without advice.'),
    subjects: texts.describe('Protocol, suite, group or certificate names concerned.'),
    remedy: text.exactOptional().describe('What to do. Present for weak and bad.'),
    neededBy: texts.exactOptional().describe('Known clients that would be cut off.'),
    evidence: text.exactOptional().describe('The bytes in hex, or the text, that prove the fact.'),
    rules: z.array(rule),
  })
  .meta({ id: 'Finding' })

const result = z
  .object({
    target: text.describe('A URL, such as smtp://mail.example.com:25.'),
    address: z.union([text, z.null()]),
    reachable: z.boolean().describe('Whether the server was spoken to: in TLS, or far enough to hear that it offers none.'),
    problem: z
      .union([
        z.object({
          code: text,
          fault: z.literal('bug').exactOptional().describe('Stands there only where Postern itself failed.'),
          message: text,
          remedy: text.exactOptional(),
        }),
        z.null(),
      ])
      .describe('Why there is no posture, or why it is not whole.'),
    posture: z.union([posture, z.null()]),
    evidence: z.array(z.object({ fact: text, asked: text, answer: text.describe('Hex; empty for silence.') })),
    findings: z.array(finding),
    grade: z.enum(['A+', 'A', 'B', 'C', 'D', 'E', 'F', 'unknown']),
    gradeReasons: texts,
    cost: z.object({ connections: count, milliseconds: z.number().nonnegative() }),
  })
  .meta({ id: 'AuditResult' })

/** Checks that something is the JSON of an audit report. Fields it does not know are dropped: later versions may add some. */
export const auditReport: z.ZodType<AuditReport> = exactly<AuditReport>()(
  z
    .object({
      version: z.literal(1),
      postern: text.describe('The version of Postern that made the report.'),
      started: z.iso.datetime(),
      rulebooks: z.array(z.object({ name: text, title: text, edition: text, date: text })),
      targets: z.array(result),
    })
    .meta({
      title: 'Postern audit report',
      description: 'What `postern audit --json` prints. Fields may be added, none is removed or changes its meaning.',
    }),
)

/** The text of schemas/audit-report.schema.json. */
export function printAuditReportSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(auditReport, { io: 'input' }), null, 2)}\n`
}

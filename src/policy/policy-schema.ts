/**
 * The shape of policy files, for checks and for editors. Loading zod takes longer than a small audit, so this is
 * imported only where a policy file is read: see parse-policy.ts.
 */
import { z } from 'zod'
import { groupByName, knownPrimes, signatureScheme, suiteByName } from '../registry/index.ts'
import { OPENSSL_GENERATIONS } from './ciphers/generation.ts'
import { FEATURES, type FeatureName } from './features.ts'
import type { PolicyFile } from './policy-file.ts'
import { RULEBOOKS } from './rulebooks.ts'

/** SSL 2.0 is not among them: nothing may allow it. */
const POLICY_PROTOCOLS = ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const
const KEY_TYPES = ['RSA', 'RSA-PSS', 'ECDSA', 'DSA', 'Ed25519', 'Ed448', 'ML-DSA'] as const
const HASHES = ['MD5', 'SHA-1', 'SHA-224', 'SHA-256', 'SHA-384', 'SHA-512', 'none'] as const
const PRIMES: readonly string[] = ['custom', ...knownPrimes.map((prime) => prime.name)]
const DEMANDS = ['required', 'forbidden', 'any'] as const
const CERTIFICATE_DEMANDS = ['dates', 'name', 'trust'] as const

/** A name that one of the registries knows. */
function known(what: string, isKnown: (name: string) => boolean, examples: readonly string[]): z.ZodString {
  return z
    .string()
    .refine(isKnown, { error: (issue) => `${JSON.stringify(issue.input)} is no ${what} that Postern knows` })
    .meta({ examples: [...examples] })
}

const suite = known('cipher suite', (name) => suiteByName(name) !== undefined, ['TLS_AES_256_GCM_SHA384', 'ECDHE-RSA-AES128-GCM-SHA256'])
const group = known('group', (name) => groupByName(name) !== undefined, ['X25519MLKEM768', 'x25519', 'prime256v1'])
const curve = known('curve', (name) => groupByName(name)?.kind === 'ecdhe', ['secp256r1', 'P-384'])
const scheme = known('signature scheme', (name) => signatureScheme.find(name) !== undefined, [
  'ecdsa_secp256r1_sha256',
  'rsa_pss_rsae_sha256',
])
const prime = known('Diffie-Hellman prime', (name) => PRIMES.includes(name), ['ffdhe2048', 'custom'])
const protocol = z.enum(POLICY_PROTOCOLS)
const filled = <Item extends z.ZodType>(item: Item): z.ZodArray<Item> =>
  z.array(item).min(1, { error: 'an empty list would allow nothing' })

const key = z.strictObject({
  type: z.enum(KEY_TYPES),
  minBits: z.int().positive().exactOptional().describe('For keys without a curve.'),
  curves: filled(curve).exactOptional().describe('For keys on curves; without it every curve.'),
})

const certificate = z.strictObject({
  keys: filled(key).exactOptional(),
  hashes: filled(z.enum(HASHES)).exactOptional().describe('Of the signatures of certificates; none for Ed25519 and Ed448.'),
  maxDays: z.int().positive().exactOptional().describe('The longest life of a certificate.'),
  demands: z
    .array(z.enum(CERTIFICATE_DEMANDS))
    .exactOptional()
    .describe('That the certificate is within its dates, is for the name of the server, is trusted; an empty list asks for none of it.'),
})

const dh = z.strictObject({
  min: z.int().positive().exactOptional().describe('The least size in bits.'),
  primes: filled(prime).exactOptional(),
})

const features = z.partialRecord(z.enum(FEATURES.map(({ name }): FeatureName => name)), z.enum(DEMANDS))

const base = z.enum(RULEBOOKS.map(({ name }) => name)).describe('The rulebook to begin with.')

/** What may stand in a section, too. */
const wordsShape = {
  strict: z.boolean().exactOptional().describe('Begin with what the rulebook calls good; without it, with all that it does not call bad.'),
  protocols: filled(protocol).exactOptional().describe('The versions that are allowed.'),
  require: z.array(protocol).exactOptional().describe('The versions that must be there.'),
  ciphers: z
    .union([z.string().min(1), filled(suite)])
    .exactOptional()
    .describe(
      'An OpenSSL cipher list, or names of suites in any spelling, the preferred ones first. TLS 1.3 suites stay as they are unless the names have any.',
    ),
  openssl: z.enum(OPENSSL_GENERATIONS).exactOptional().describe('Whose reading of the cipher list counts; 3.5 without it.'),
  groups: filled(group).exactOptional().describe('In any spelling, the preferred ones first.'),
  signatures: filled(scheme).exactOptional(),
  dh: dh.exactOptional(),
  order: z.enum(['server', 'client', 'any']).exactOptional().describe('Who is to choose the suite.'),
  sslv2Hello: z.boolean().exactOptional().describe('Whether a hello in the format of SSL 2.0 may be answered.'),
  certificate: certificate.exactOptional(),
  features: features.exactOptional(),
}

const section = z.strictObject({ base: base.exactOptional(), ...wordsShape })

const policyShape = {
  base,
  name: z.string().min(1).exactOptional().describe('Short, for reports; without it the name of the file.'),
  title: z.string().min(1).exactOptional(),
  edition: z.union([z.string(), z.number()]).exactOptional().describe('Yours, such as a date or a number.'),
  ...wordsShape,
  server: section.exactOptional().describe('What differs where the product is the server.'),
  client: section.exactOptional().describe('What differs where it is the client.'),
  doors: z
    .record(z.string().min(1), section)
    .exactOptional()
    .describe('What differs at single doors, by their names in the settings of the product.'),
}

/** Checks that something has the shape of a policy file. Words it does not know are refused: a policy with a typo protects nobody. */
export const policyFile: z.ZodType<PolicyFile> = z.strictObject(policyShape).meta({
  title: 'Postern policy',
  description: 'The TLS that is wanted: a rulebook, and what is to be different. Each word replaces what the rulebook says.',
})

/** The text of schemas/policy.schema.json. */
export function printPolicySchema(): string {
  return `${JSON.stringify(z.toJSONSchema(policyFile, { io: 'input' }), null, 2)}\n`
}

/** The shapes of `postern settings show --json` and `plan --json` as schemas. Loading zod takes long, so nothing that runs in a command imports this. */
import { z } from 'zod'
import { OPENSSL_GENERATIONS } from '../policy/index.ts'
import { REFUSAL_REASONS } from '../policy/negotiate/index.ts'
import { PROTOCOLS } from '../registry/index.ts'
import type { SettingsPlanJson, SettingsShowJson } from './json.ts'

const text = z.string()
const texts = z.array(text)
const count = z.int().nonnegative()
const role = z.enum(['server', 'client'])
const verdict = z.enum(['good', 'weak', 'bad', 'unknown']).meta({ id: 'Verdict', description: 'unknown is never a pass.' })

const place = z
  .strictObject({
    file: text,
    start: count.describe('In bytes, from 0.'),
    end: count,
    line: z.int().positive(),
    column: z.int().positive().describe('In bytes, from 1.'),
  })
  .meta({ id: 'Place' })

const origin = z
  .union([
    z.strictObject({ kind: z.literal('file'), setting: text, place }),
    z.strictObject({ kind: z.literal('default'), setting: text, of: text.describe('Product and version.'), source: text }),
    z.strictObject({ kind: z.literal('fixed'), why: text, source: text }),
  ])
  .meta({ id: 'Origin', description: 'Where a value comes from.' })

const word = <S extends z.ZodType>(value: S): z.ZodObject<{ value: z.ZodUnion<[S, z.ZodLiteral<'unknown'>]>; origin: typeof origin }> =>
  z.strictObject({ value: z.union([value, z.literal('unknown')]), origin })

const words = z
  .strictObject({
    protocols: word(z.array(z.enum(PROTOCOLS))),
    suites: word(texts.describe('IANA names of all versions, in order.')),
    order: word(z.enum(['server', 'client'])),
    groups: word(texts),
    dh: word(z.union([count, z.null()]).describe('Bits of finite-field Diffie-Hellman; null where it is off.')),
    sslv2Hello: word(z.boolean()),
  })
  .meta({ id: 'Words' })

const rule = z
  .strictObject({ rulebook: text, edition: text, verdict, says: text, subjects: texts, source: text })
  .meta({ id: 'RuleVerdict' })

const findingShape = {
  id: text.describe('Stable, see docs/findings.md.'),
  verdict,
  fact: text,
  subjects: texts,
  remedy: text.exactOptional(),
  neededBy: texts.exactOptional(),
  evidence: text.exactOptional(),
  rules: z.array(rule),
}
const finding = z.strictObject(findingShape).meta({ id: 'Finding' })
const settingsFinding = z.strictObject({ ...findingShape, place: place.exactOptional() }).meta({ id: 'SettingsFinding' })

const leg = z
  .strictObject({
    door: text.describe('As the product names it; with the role different for each leg.'),
    role,
    opportunistic: z.boolean().describe('Peers go on in plain text when TLS fails.'),
    words,
    findings: z.array(finding),
    undecided: texts.describe('Ids of findings for which settings do not say enough: an audit finds them out.'),
  })
  .meta({ id: 'Leg' })

const head = {
  version: z.literal(1),
  postern: text.describe('The version of Postern.'),
  product: text,
  title: text,
  productVersion: z
    .strictObject({
      text,
      from: z.enum(['told', 'installed', 'file', 'assumed']),
      openssl: z.enum(OPENSSL_GENERATIONS).exactOptional().describe('The OpenSSL that the installed product runs with.'),
      asked: text.exactOptional().describe('The installed program or file that was asked.'),
    })
    .describe('Whose defaults were taken, and how that is known.'),
}

/** Checks that something is the JSON of `postern settings show`. */
export const settingsShow: z.ZodType<SettingsShowJson> = z
  .strictObject({
    ...head,
    files: texts,
    legs: z.array(leg),
    findings: z.array(settingsFinding).describe('About the settings themselves.'),
  })
  .meta({
    title: 'Postern settings',
    description: 'What `postern settings show --json` prints. Fields may be added, none is removed or changes its meaning.',
  })

const foretold = z
  .union([
    z.strictObject({
      verdict: z.literal('connects'),
      versions: z.array(z.enum(PROTOCOLS)).describe('Several where it hangs on what settings do not say.'),
      suites: texts.describe('Empty where it is not known.'),
      groups: texts.describe('Empty where there is none, or it is not known.'),
    }),
    z.strictObject({ verdict: z.literal('fails'), by: role, reason: z.enum(REFUSAL_REASONS), why: text }),
    z.strictObject({ verdict: z.literal('unknown'), why: text }),
  ])
  .meta({ id: 'Foretold', description: 'unknown is never a pass.' })

const peerChange = z
  .enum(['cut-off', 'maybe-cut-off', 'saved', 'changed', 'unclear', 'same'])
  .meta({ id: 'PeerChange', description: 'unclear: before or after is not known, and nobody is cut off by what is.' })

const foretoldLeg = z
  .strictObject({
    door: text,
    role,
    opportunistic: z.boolean().describe('Peers go on in plain text when TLS fails, if they are made so.'),
    uses: z.array(z.enum(['web', 'mail', 'smtp', 'ftp'])).describe('Who was looked at; empty where it is not known who comes.'),
    peers: z.array(
      z.strictObject({
        name: text,
        certainty: z.enum(['measured', 'documented', 'inferred']),
        note: text.exactOptional(),
        cases: z.array(
          z.strictObject({
            key: z.enum(['RSA', 'ECDSA', 'any']).describe('Which certificate the server has to have for this.'),
            before: foretold,
            after: foretold,
            change: peerChange,
          }),
        ),
        change: peerChange,
      }),
    ),
  })
  .meta({ id: 'ForetoldLeg', description: 'What the change does to known clients or servers, see docs/known-clients.md.' })

const hash = text.regex(/^[\da-f]{64}$/)

/** Checks that something is the JSON of `postern settings plan`. */
export const settingsPlan: z.ZodType<SettingsPlanJson> = z
  .strictObject({
    ...head,
    files: z
      .array(z.strictObject({ path: text, before: hash, after: hash }))
      .describe('Those that change, with the SHA-256 of their bytes.'),
    changes: z.array(
      z.strictObject({
        door: text,
        role,
        setting: text,
        before: z.union([text, z.null()]).describe('null: it is not there.'),
        after: z.union([text, z.null()]),
        place,
      }),
    ),
    inexpressible: z
      .array(
        z.strictObject({
          door: text,
          role,
          word: z.enum(['protocols', 'suites', 'order', 'groups', 'dh', 'sslv2Hello', 'certificate', 'signatures', 'features']),
          why: text,
          command: text
            .exactOptional()
            .describe('What makes it possible, outside of these settings. `FILE` stands for a name of your own.'),
        }),
      )
      .describe('What this product, or this version, has no words for.'),
    diff: text.describe('Unified, with secrets masked.'),
    legs: z.array(
      z.strictObject({
        door: text,
        role,
        policy: z
          .union([z.strictObject({ name: text, title: text, edition: text }), z.null()])
          .describe('null: nothing is wanted of this leg.'),
        before: leg,
        after: leg,
      }),
    ),
    foretold: z.array(foretoldLeg).describe('For each leg that has a policy.'),
    findings: z.array(settingsFinding).describe('About the settings themselves, as they will be.'),
  })
  .meta({
    title: 'Postern settings plan',
    description: 'What `postern settings plan --json` prints. Fields may be added, none is removed or changes its meaning.',
  })

/** The text of schemas/settings-show.schema.json. */
export function printSettingsShowSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(settingsShow, { io: 'input' }), null, 2)}\n`
}

/** The text of schemas/settings-plan.schema.json. */
export function printSettingsPlanSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(settingsPlan, { io: 'input' }), null, 2)}\n`
}

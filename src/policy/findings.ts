import type { FindingKind } from './finding-kind.ts'
import { ATTACK_FINDINGS } from './findings/attacks.ts'
import { CERTIFICATE_FINDINGS } from './findings/certificates.ts'
import { FEATURE_FINDINGS } from './findings/features.ts'
import { KEY_FINDINGS } from './findings/keys.ts'
import { PROTOCOL_FINDINGS } from './findings/protocols.ts'
import { SUITE_FINDINGS } from './findings/suites.ts'

type Listed =
  | (typeof PROTOCOL_FINDINGS)[number]
  | (typeof SUITE_FINDINGS)[number]
  | (typeof KEY_FINDINGS)[number]
  | (typeof CERTIFICATE_FINDINGS)[number]
  | (typeof FEATURE_FINDINGS)[number]
  | (typeof ATTACK_FINDINGS)[number]

/** Every id that a finding can have. Ids are forever: scripts match on them. */
export type FindingId = Listed['id']

/** The kinds of findings by theme, in the order of the report. */
export const FINDING_THEMES: readonly { readonly title: string; readonly kinds: readonly (FindingKind & { readonly id: FindingId })[] }[] =
  [
    { title: 'Protocol versions', kinds: PROTOCOL_FINDINGS },
    { title: 'Cipher suites', kinds: SUITE_FINDINGS },
    { title: 'Key agreement and signatures', kinds: KEY_FINDINGS },
    { title: 'Certificates', kinds: CERTIFICATE_FINDINGS },
    { title: 'Extensions and sessions', kinds: FEATURE_FINDINGS },
    { title: 'Attacks, and what is said before TLS', kinds: ATTACK_FINDINGS },
  ]

/** Every kind of finding, in the order of the report. */
export const FINDINGS: readonly (FindingKind & { readonly id: FindingId })[] = FINDING_THEMES.flatMap(({ kinds }) => kinds)

const byId: ReadonlyMap<string, FindingKind & { readonly id: FindingId }> = new Map(FINDINGS.map((kind) => [kind.id, kind]))

/** The kind with this id, or undefined where there is none. */
export function findingKind(id: string): (FindingKind & { readonly id: FindingId }) | undefined {
  return byId.get(id)
}

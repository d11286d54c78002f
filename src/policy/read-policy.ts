/** Reads policy files. It loads zod and yaml, so it is imported only through parse-policy.ts, and only when a file is read. */
import { PosternError } from '../errors.ts'
import type { Policies } from './policies.ts'
import { policyOfFile, type PolicyFile, type PolicyProblem, type PolicyWords } from './policy-file.ts'
import { policyFile } from './policy-schema.ts'
import type { Policy } from './policy.ts'
import { RULEBOOKS, rulebookByName } from './rulebooks.ts'
import { readYaml, type YamlKind } from './yaml/index.ts'

/** A policy of ten thousand words is none; this keeps a wrong file from using up the memory. */
export const MAX_POLICY_LENGTH: number = 256 * 1024

const KIND: YamlKind = {
  noun: 'policy',
  code: 'POLICY_FILE',
  longest: MAX_POLICY_LENGTH,
  example: `base: ${RULEBOOKS[2]?.name ?? 'mozilla-intermediate'}`,
  custom: 'Check the spelling; names of IANA, OpenSSL, GnuTLS and JSSE are understood.',
  see: 'schemas/policy.schema.json or docs/policies.md',
}

/**
 * The policies in a YAML text, for each role and door. `fileName` is for errors and for the policy's name; `now` decides which words of the base
 * rulebook have run out. Throws `PosternError` with code `POLICY_FILE`, naming line, column, the line itself and a remedy.
 */
export function readPolicies(text: string, fileName: string, now: Date): Policies {
  const { value: file, refuse } = readYaml(text, fileName, policyFile, KIND)
  const made = (...sections: readonly Section[]): Policy => {
    const policy = policyIn(file, sections, fileName, now)
    if ('what' in policy) throw refuse(policy)
    return policy
  }
  const server: Section = { path: ['server'], words: file.server ?? {} }
  const client: Section = { path: ['client'], words: file.client ?? {} }
  const doors = Object.entries(file.doors ?? {}).map(([name, words]) => {
    const door: Section = { path: ['doors', name], words }
    return [name, { server: made(server, door), client: made(client, door) }] as const
  })
  return { server: made(server), client: made(client), doors: new Map(doors) }
}

/** The policy of servers in a YAML text, for whoever asks a door. Throws as `readPolicies` does. */
export function readPolicy(text: string, fileName: string, now: Date): Policy {
  return readPolicies(text, fileName, now).server
}

/** A part of the file whose words replace those further out. */
interface Section {
  readonly path: readonly string[]
  readonly words: PolicyWords
}

/** The policy that is left when every section has had its say. What is wrong stands where the innermost section has its word. */
function policyIn(file: PolicyFile, sections: readonly Section[], fileName: string, now: Date): Policy | PolicyProblem {
  const { server: _server, client: _client, doors: _doors, ...outer } = file
  const whole: PolicyFile = Object.assign({}, outer, ...sections.map(({ words }) => words))
  const rulebook = rulebookByName(whole.base)
  if (rulebook === undefined) throw new PosternError('bug', 'POLICY_BASE', `Cannot find the rulebook ${whole.base}: the schema allows it`)
  const policy = policyOfFile(whole, rulebook, fileName, now)
  if (!('what' in policy)) return policy
  const [word = ''] = policy.path
  const section = sections.findLast(({ words }) => word in words)
  return { ...policy, path: [...(section?.path ?? []), ...policy.path] }
}

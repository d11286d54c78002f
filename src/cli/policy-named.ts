import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { PosternError } from '../errors.ts'
import type { Policies, Policy } from '../policy/index.ts'
import type { Terminal } from './terminal.ts'

export interface NamedPolicyOptions {
  readonly now: Date
  /** Of a rulebook, only what it calls good. */
  readonly strict: boolean
}

/** What stands behind `--policy`: a rulebook by its name, or a policy file. Errors, all `input`: `POLICY_UNKNOWN`, `POLICY_FILE`. */
export async function policyNamed(name: string, terminal: Terminal, { now, strict }: NamedPolicyOptions): Promise<Policy> {
  const { parsePolicy, policyOf, rulebookByName } = await import('../policy/index.ts')
  const rulebook = rulebookByName(name)
  if (rulebook !== undefined) return policyOf(rulebook, { now, strict })
  return parsePolicy(await policyText(name, terminal), name, now)
}

/** The same for each role and door, of which a policy file may speak alone. */
export async function policiesNamed(name: string, terminal: Terminal, { now, strict }: NamedPolicyOptions): Promise<Policies> {
  const { everywhere, parsePolicies, policyOf, rulebookByName } = await import('../policy/index.ts')
  const rulebook = rulebookByName(name)
  if (rulebook !== undefined) return everywhere(policyOf(rulebook, { now, strict }))
  return parsePolicies(await policyText(name, terminal), name, now)
}

/** The text of a policy file. Errors: `POLICY_UNKNOWN`, `input`. */
export async function policyText(name: string, terminal: Terminal): Promise<string> {
  const { RULEBOOKS } = await import('../policy/index.ts')
  try {
    return readFileSync(name === '' ? name : resolve(terminal.cwd, name), 'utf8')
  } catch (error) {
    const isFolder = error instanceof Error && 'code' in error && error.code === 'EISDIR'
    const cause = name === '' ? new Error('no name was given') : isFolder ? new Error('it is a folder') : error
    throw new PosternError(
      'input',
      'POLICY_UNKNOWN',
      `Cannot find the policy ${JSON.stringify(name)}: it is neither a rulebook nor a readable file`,
      { remedy: `Name a file, or one of ${RULEBOOKS.map((one) => one.name).join(', ')}.`, cause },
    )
  }
}

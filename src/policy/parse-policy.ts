import type { Policies } from './policies.ts'
import type { Policy } from './policy.ts'

/**
 * The policy of servers in a YAML text: a rulebook as `base`, and single words that are to be different. `fileName` is for errors
 * and for the policy's name; `now` decides which words of the base have run out. Rejects with a `PosternError` that names
 * line and column, shows the line and says what to do. What reads policies is loaded only now: it takes longer than a small audit.
 */
export async function parsePolicy(text: string, fileName: string, now: Date): Promise<Policy> {
  const { readPolicy } = await import('./read-policy.ts')
  return readPolicy(text, fileName, now)
}

/** The same for each role and door: a policy file may have words for them alone. */
export async function parsePolicies(text: string, fileName: string, now: Date): Promise<Policies> {
  const { readPolicies } = await import('./read-policy.ts')
  return readPolicies(text, fileName, now)
}

import type { Policy } from './policy.ts'

/** What one document wants of each role and each door. */
export interface Policies {
  readonly server: Policy
  readonly client: Policy
  /** Those that have words of their own. */
  readonly doors: ReadonlyMap<string, { readonly server: Policy; readonly client: Policy }>
}

/** The same for both roles and all doors. */
export function everywhere(policy: Policy): Policies {
  return { server: policy, client: policy, doors: new Map() }
}

/** What is wanted of one door in one role. */
export function policyAt({ doors, ...roles }: Policies, door: string, role: 'server' | 'client'): Policy {
  return doors.get(door)?.[role] ?? roles[role]
}

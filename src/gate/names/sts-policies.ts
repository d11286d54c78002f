import type { Dns } from './answer.ts'
import { canonicalName } from './dns-message.ts'
import type { StsFound, StsProblem } from './names.ts'
import { readStsRecord, type StsPolicy } from './sts-policy.ts'
import { isExpired, type KeptPolicy, type StsStore } from './sts-store.ts'

export interface PoliciesOptions {
  readonly dns: Dns
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly fetch: (domain: string) => Promise<StsPolicy | StsProblem>
  /** Where policies outlive the process. */
  readonly store?: StsStore | undefined
}

/** Whose policy could not be had is not asked again for so long (RFC 8461 §3.3), in milliseconds. */
const REST_MS = 5 * 60_000
/** A policy that does not change is looked at again so often, so that it does not run out (RFC 8461 §3.3). */
const REFRESH_MS = 86_400_000
/** In memory, of each kind. */
const MOST = 10_000

interface Trouble {
  readonly id: string
  readonly since: number
  readonly problem: StsProblem
}

/** What domains say by MTA-STS, as long as it holds. */
export class StsPolicies {
  readonly #options: PoliciesOptions
  readonly #kept = new Map<string, KeptPolicy>()
  readonly #troubles = new Map<string, Trouble>()
  readonly #underWay = new Map<string, Promise<StsProblem | undefined>>()

  constructor(options: PoliciesOptions) {
    this.#options = options
  }

  /**
   * The policy of a domain, RFC 8461 §5.1: the one that its record announces, or, where that cannot be had or nothing is announced any more, one from before that
   * still holds: whoever takes the record away must not take the policy away. Never rejects.
   */
  async find(text: string): Promise<StsFound> {
    const domain = canonicalName(text)
    if (domain === undefined || domain === '') return { kind: 'none' }
    const { dns, now } = this.#options
    const [answer, kept] = await Promise.all([dns.ask(`_mta-sts.${domain}`, 'TXT'), this.#keptOf(domain)])
    const id = answer.kind === 'records' ? readStsRecord(answer.records) : undefined
    const failed = answer.kind === 'failed' ? { failed: answer.words } : {}
    if (id === undefined) return kept === undefined ? { kind: 'none', ...failed } : policyOf(kept)
    if (kept?.id === id) {
      if (now() - kept.fetchedAt > Math.min(REFRESH_MS, (kept.maxAge * 1000) / 2)) void this.#renew(domain, id)
      return policyOf(kept)
    }
    const problem = await this.#renew(domain, id)
    const current = await this.#keptOf(domain)
    if (current !== undefined) return problem === undefined ? policyOf(current) : { ...policyOf(current), problem }
    return problem === undefined ? { kind: 'none' } : { kind: 'unknown', problem }
  }

  async #keptOf(domain: string): Promise<KeptPolicy | undefined> {
    const kept = this.#kept.get(domain) ?? (await this.#options.store?.get(domain))
    if (kept === undefined) return undefined
    if (isExpired(kept, this.#options.now())) {
      this.#kept.delete(domain)
      return undefined
    }
    remember(this.#kept, domain, kept)
    return kept
  }

  /** Fetches a policy, one time for all who want it. Gives what is wrong with it. */
  #renew(domain: string, id: string): Promise<StsProblem | undefined> {
    const trouble = this.#troubles.get(domain)
    if (trouble?.id === id && this.#options.now() - trouble.since < REST_MS) return Promise.resolve(trouble.problem)
    const known = this.#underWay.get(domain)
    if (known !== undefined) return known
    const fetching = this.#fetch(domain, id).finally(() => this.#underWay.delete(domain))
    this.#underWay.set(domain, fetching)
    return fetching
  }

  async #fetch(domain: string, id: string): Promise<StsProblem | undefined> {
    const { fetch, now, store } = this.#options
    const policy = await fetch(domain)
    if ('type' in policy) {
      remember(this.#troubles, domain, { id, since: now(), problem: policy })
      return policy
    }
    this.#troubles.delete(domain)
    const { mode, mx, maxAge } = policy
    const kept = { domain, id, mode, mx, maxAge, fetchedAt: now() }
    remember(this.#kept, domain, kept)
    await store?.put(kept)
    return undefined
  }
}

function policyOf({ mode, mx, maxAge, id, fetchedAt }: KeptPolicy): Extract<StsFound, { kind: 'policy' }> {
  return { kind: 'policy', policy: { mode, mx, maxAge }, id, until: fetchedAt + maxAge * 1000 }
}

/** Those that were wanted last stay. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > MOST && oldest !== undefined) map.delete(oldest)
}

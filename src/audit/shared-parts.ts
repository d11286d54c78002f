import type { Finding, Posture } from '../policy/index.ts'
import type { AuditResult } from './result.ts'

/** What is equal in the results of many doors, most of all what rulebooks say of the same thing, is kept once. */
export class SharedParts {
  readonly #rules = new Once<Finding['rules']>()
  readonly #subjects = new Once<Finding['subjects']>()
  readonly #certificates = new Once<Posture['certificates']>()

  /** The same result, with parts of earlier ones where they are equal. */
  share(result: AuditResult): AuditResult {
    const { posture, findings } = result
    return {
      ...result,
      posture: posture && { ...posture, certificates: this.#certificates.of(posture.certificates) },
      findings: findings.map((finding) => ({
        ...finding,
        rules: this.#rules.of(finding.rules),
        subjects: this.#subjects.of(finding.subjects),
      })),
    }
  }
}

class Once<T> {
  readonly #known = new Map<string, T>()

  of(part: T): T {
    const key = JSON.stringify(part)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    this.#known.set(key, part)
    return part
  }
}

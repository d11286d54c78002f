import type { Fact } from '../posture.ts'

/** True, false, or not known: what remains of a fact once the question makes sense. */
export type Known = boolean | 'unknown'

/** Both. What is known to be false decides, whatever the other is. */
export function both(a: Known, b: Known): Known {
  if (a === false || b === false) return false
  return a === 'unknown' || b === 'unknown' ? 'unknown' : true
}

/** Either. What is known to be true decides, whatever the other is. */
export function either(a: Known, b: Known): Known {
  if (a === true || b === true) return true
  return a === 'unknown' || b === 'unknown' ? 'unknown' : false
}

export function not(a: Known): Known {
  return a === 'unknown' ? 'unknown' : !a
}

/** The opposite of a fact, which does not apply where the fact does not. */
export function opposite(fact: Fact): Fact {
  return typeof fact === 'boolean' ? !fact : fact
}

/** All of several facts that apply; `not-applicable` when none does. */
export function allOf(facts: readonly Fact[]): Fact {
  const applicable = facts.filter((fact) => fact !== 'not-applicable')
  return applicable.length === 0 ? 'not-applicable' : applicable.reduce<Known>(both, true)
}

import type { Verdict } from '../policy/index.ts'
import type { Place } from './settings-file.ts'
import type { SettingsFinding } from './words.ts'

export interface FindingWords {
  readonly id: `settings-${string}`
  readonly verdict: Verdict
  /** What is the case, in a sentence without advice. */
  readonly fact: string
  readonly subjects?: readonly string[]
  readonly remedy?: string
  readonly place?: Place | undefined
}

/** A finding about the settings themselves, which no rulebook has a word for. */
export function settingsFinding({ id, verdict, fact, subjects = [], remedy, place }: FindingWords): SettingsFinding {
  return {
    id,
    verdict,
    fact,
    subjects,
    rules: [],
    ...(remedy === undefined ? {} : { remedy }),
    ...(place === undefined ? {} : { place }),
  }
}

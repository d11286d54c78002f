import { PosternError } from '../../errors.ts'
import { resolveCipherList, type OpensslGeneration } from '../../policy/index.ts'
import type { Reading, ReadOptions } from '../adapter.ts'
import { compareVersions } from '../versions.ts'

/** The newest that was seen. */
const NEWEST = '10.0.9'

/** The version whose defaults hold. The file does not tell it. Errors: `SETTINGS_VERSION`. */
export function versionOf({ version }: ReadOptions): Reading['version'] {
  if (version === undefined) return { text: `Kerio Connect ${NEWEST}`, from: 'assumed' }
  const numbers = /^\s*v?(\d+\.\d+(?:\.\d+)*)/.exec(version)?.[1] ?? /^\s*v?(\d+)\s*$/.exec(version)?.[1]
  if (numbers !== undefined) return { text: `Kerio Connect ${numbers}`, from: 'told' }
  throw new PosternError('input', 'SETTINGS_VERSION', `Cannot read ${JSON.stringify(version)} as a version of Kerio Connect`, {
    remedy: 'Give it as the product shows it, such as 9.4.2.',
  })
}

/** What is known of a version. */
export interface Abilities {
  readonly version: string
  /** The variables and their defaults are described from 9.0.0 on. */
  readonly described: boolean
  readonly tls13: boolean
  /** `DisableEphemeralDH` counts, and the variable that replaced it does not exist yet. */
  readonly reversedDhe: boolean
  /** Every OpenSSL that may be behind it. */
  readonly engines: readonly OpensslGeneration[]
  readonly certainty: 'told' | 'read' | 'inferred'
  /** How that is known, as a sentence. */
  readonly engineSource: string
}

/** `text` as in a reading, such as `Kerio Connect 9.4.2`. */
export function abilitiesOf(text: string, told?: OpensslGeneration): Abilities {
  const version = text.replace(/^[^\d]+/, '')
  const since = (first: string): boolean => compareVersions(version, first) >= 0
  const common = { version, described: since('9.0.0'), tls13: since('9.3.0'), reversedDhe: since('9.0.0') && !since('9.0.2') }
  if (told !== undefined) return { ...common, engines: [told], certainty: 'told', engineSource: `OpenSSL ${told} was given.` }
  if (since('9.3.0')) {
    const engineSource = `Which OpenSSL Kerio Connect ${version} has is not published; TLS 1.3, which it has since 9.3.0, needs 1.1.1 or later.`
    return { ...common, engines: ['1.1.1', '3.0', '3.5'], certainty: 'inferred', engineSource }
  }
  const engineSource = 'The packages of 9.2.7 bring a library of OpenSSL 1.0.'
  return { ...common, engines: ['1.0.2'], certainty: /^9\.2\.7(?:\.|$)/.test(version) ? 'read' : 'inferred', engineSource }
}

/**
 * Whether this OpenSSL speaks what is older than TLS 1.2 with such a list: since 3.0 only at security level 0, for lack of signatures
 * that the level allows.
 */
export function speaksOldTls(list: string, generation: OpensslGeneration): boolean {
  if (generation === '1.0.2' || generation === '1.1.1') return true
  return resolveCipherList(list, { generation }).securityLevel === 0
}

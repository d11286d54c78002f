import { PROTOCOLS, type ProtocolName } from '../../registry/index.ts'
import type { ConnectionRecord } from '../record.ts'

/**
 * What Kerio Connect writes into its mail log when a server that sends is too old, word for word: whoever has run one looks for it, and so do their
 * scripts. `version`: what was negotiated, or the newest that was offered. Undefined where nothing that is allowed is newer.
 */
export function tooOldSentence(version: string, allowed: readonly ProtocolName[]): string | undefined {
  const names: readonly string[] = PROTOCOLS
  const at = names.indexOf(version)
  const needed = at < 0 ? undefined : PROTOCOLS.find((name, index) => index > at && allowed.includes(name))
  if (needed === undefined) return undefined
  return `Sending server negotiated an old and insecure TLS version, ${version}, sending server will need to be upgraded to support at least ${needed}`
}

/** The same of a connection, where it is the version that the policy does not want. */
export function recordSentence(
  { verdict, hello, negotiated }: Pick<ConnectionRecord, 'verdict' | 'hello' | 'negotiated'>,
  allowed: readonly ProtocolName[],
): string | undefined {
  if (verdict?.meets !== false || verdict.reason !== 'version') return undefined
  return tooOldSentence(negotiated?.version ?? newestIn(hello?.versions), allowed)
}

/** The newest of versions by name, as a hello lists them; `-` where it lists none that is known. */
export function newestIn(versions: readonly string[] = []): string {
  return PROTOCOLS.findLast((name) => versions.includes(name)) ?? '-'
}

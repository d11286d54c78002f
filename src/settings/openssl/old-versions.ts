import { resolveCipherList, type OpensslGeneration } from '../../policy/index.ts'
import type { ProtocolName } from '../../registry/index.ts'
import { settingsFinding } from '../finding.ts'
import type { Place } from '../settings-file.ts'
import type { LegWords, SettingsFinding } from '../words.ts'

const OLD: readonly ProtocolName[] = ['SSLv3', 'TLSv1', 'TLSv1.1']

/**
 * Versions that settings turn on and OpenSSL 3 refuses at its usual security level, so that they are spoken only where `openssl.cnf`
 * lowers it, which is not read: https://github.com/openssl/openssl/blob/openssl-3.0.15/ssl/ssl_cert.c, ssl_security_default_callback.
 */
export function oldVersions(
  door: string,
  { protocols }: Pick<LegWords, 'protocols'>,
  { list, generation, place }: { readonly list: string; readonly generation: OpensslGeneration; readonly place: Place | undefined },
): readonly SettingsFinding[] {
  const on = protocols.value === 'unknown' ? [] : protocols.value.filter((protocol) => OLD.includes(protocol))
  const hasLevels = generation === '3.0' || generation === '3.5'
  if (on.length === 0 || !hasLevels) return []
  const { securityLevel, refused } = resolveCipherList(list, { generation })
  // With a list that OpenSSL refuses it is not the level that decides.
  if (securityLevel === 0 || refused !== undefined) return []
  return [
    settingsFinding({
      id: 'settings-security-level',
      verdict: 'unknown',
      fact: `${door} turns ${on.join(' and ')} on, which OpenSSL ${generation} refuses at the security level of the list, unless the machine’s openssl.cnf lowers it, which is not read.`,
      subjects: on,
      remedy: 'Turn it off, so that nothing depends on the level; or add @SECLEVEL=0 to the list where somebody needs it.',
      place,
    }),
  ]
}

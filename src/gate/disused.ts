import { PosternError } from '../errors.ts'
import { judge, rulebookByName, type Policy } from '../policy/index.ts'
import { signatureScheme, type ProtocolName } from '../registry/index.ts'

/** Up to TLS 1.1 it is the version that says what is signed with, RFC 5246 §A.4. Who allows these has old clients in mind. */
const OLD: readonly ProtocolName[] = ['SSLv3', 'TLSv1', 'TLSv1.1']

/**
 * A policy as a gate keeps it that offers nothing for which nobody has asked. Most rulebooks are silent about signatures, so that their policies allow
 * all of them, MD5 and SHA-1 too; a server that keeps to such a rulebook leaves them out all the same, for its OpenSSL does. Where a policy names signatures,
 * or allows versions that need the old ones, it stays as it is.
 */
export function withoutDisused(policy: Policy, now: Date): Policy {
  const says = signatureScheme.names.some((name) => !policy.signatureSchemes.includes(name))
  if (says || policy.protocols.allowed.some((protocol) => OLD.includes(protocol))) return policy
  const rulebook = rulebookByName(OURS)
  if (rulebook === undefined) throw new PosternError('bug', 'GATE_OURS', `Cannot find the rulebook ${OURS}`)
  return {
    ...policy,
    signatureSchemes: policy.signatureSchemes.filter((name) => judge(rulebook, { subject: 'signature', name }, now)?.verdict === 'good'),
  }
}

const OURS = 'postern'

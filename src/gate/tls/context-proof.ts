import { PosternError } from '../../errors.ts'
import type { Policy } from '../../policy/index.ts'
import type { NamedGroup } from '../../registry/index.ts'
import { NODE_PROTOCOLS, type NodeProtocol } from './abilities.ts'
import { expand, type Expanded } from './expand.ts'
import type { NodeContext } from './node-options.ts'
import { signsIn12, signsIn13 } from './signers.ts'
import type { Speakable } from './speakable.ts'

/** Reads a context back out of OpenSSL and throws `CONTEXT_DIFFERS` unless it says what the policy says, no more and no less. */
export async function proveContext(policy: Policy, context: NodeContext): Promise<void> {
  const found = await expand(context.options)
  for (const protocol of NODE_PROTOCOLS) {
    const expected = context.spoken.protocols.includes(protocol) ? expectedIn(protocol, context.spoken) : undefined
    const difference = differenceOf(expected, found[protocol])
    if (difference === undefined) continue
    throw new PosternError(
      'bug',
      'CONTEXT_DIFFERS',
      `Cannot serve by the policy ${policy.name}: in ${protocol} OpenSSL understood ${difference}`,
    )
  }
}

/** What a client with the options of such a context has to offer in one version. */
export function expectedIn(protocol: NodeProtocol, { suites, groups, signatureSchemes }: Speakable): Expanded {
  const tls13 = protocol === 'TLSv1.3'
  const usable = suites.filter(
    (suite) => (suite.protocol === 'TLSv1.3') === tls13 && (protocol === 'TLSv1.2' || suite.protocol !== 'TLSv1.2'),
  )
  const asksForGroups = tls13 || usable.some(({ kx }) => kx === 'ECDHE')
  const names = (some: readonly NamedGroup[]): readonly string[] => (asksForGroups ? some.map(({ name }) => name) : [])
  return {
    suites: usable.map(({ iana }) => iana),
    groups: names(groups.filter(({ kind, tls12, tls13: has13 }) => (tls13 ? has13 : tls12 && kind === 'ecdhe'))),
    signatureSchemes: schemesIn(protocol, signatureSchemes),
  }
}

/** PKCS #1 v1.5 with SHA-2 is offered in TLS 1.3 too: certificates may be signed with it, RFC 8446 §4.2.3. Before TLS 1.2 nothing is offered. */
function schemesIn(protocol: NodeProtocol, schemes: readonly string[]): readonly string[] {
  if (protocol === 'TLSv1.3') return schemes.filter((scheme) => signsIn13(scheme) || /^rsa_pkcs1_sha(?:256|384|512)$/.test(scheme))
  return protocol === 'TLSv1.2' ? schemes.filter(signsIn12) : []
}

function differenceOf(expected: Expanded | undefined, found: Expanded | undefined): string | undefined {
  if (expected === undefined || found === undefined) {
    if (expected === found) return undefined
    return found === undefined ? 'nothing' : 'something'
  }
  for (const list of ['suites', 'groups', 'signatureSchemes'] as const) {
    const [wanted, had] = [expected[list].join(' '), found[list].join(' ')]
    if (wanted !== had) return `${list} ${had || 'none'} instead of ${wanted || 'none'}`
  }
  return undefined
}

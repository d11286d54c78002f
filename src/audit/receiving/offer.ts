import type { Policy } from '../../policy/index.ts'
import { groupByCode, PROTOCOLS, protocolVersion, suiteByCode, suiteName, type ProtocolName } from '../../registry/index.ts'
import type { Offer } from '../../wire/index.ts'

/** What a client makes of a ServerHello of one version: it goes on, it refuses, or nobody can tell. */
export type Taken = 'yes' | 'no' | 'unknown'

/** A version, and a suite that a ServerHello can name with it. */
export interface Question {
  readonly protocol: ProtocolName
  readonly suite: number
}

/** The forbidden versions whose absence the hello does not show: each takes a connection to find out. Those without a suite cannot be. */
export function questionsFor({ versions, newest, suites }: Offer, { protocols: { allowed } }: Policy): readonly Question[] {
  if (versions !== undefined) return []
  return PROTOCOLS.filter((one) => one !== 'SSLv2' && !allowed.includes(one) && protocolVersion.code(one) <= newest).flatMap((protocol) => {
    const suite = suites.find((code) => fits(code, protocol))
    return suite === undefined ? [] : [{ protocol, suite }]
  })
}

/** Suites of TLS 1.2 and 1.3 are for no older version. */
function fits(code: number, protocol: ProtocolName): boolean {
  const first = suiteByCode(code)?.protocol
  return first !== undefined && first !== 'TLSv1.3' && PROTOCOLS.indexOf(first) <= PROTOCOLS.indexOf(protocol)
}

/** Whether an offer keeps to a policy, and what does not, in sentences. */
export function judgeOffer(
  offer: Offer,
  taken: ReadonlyMap<ProtocolName, Taken>,
  policy: Policy,
): { readonly keeps: 'yes' | 'no' | 'unknown'; readonly why: readonly string[] } {
  const { protocols } = policy
  const offered = PROTOCOLS.filter((one) => offersVersion(offer, one, taken))
  const unclear = [...taken].flatMap(([protocol, how]) => (how === 'unknown' ? [protocol] : []))
  const forbidden = [
    ...offered.filter((one) => !protocols.allowed.includes(one)),
    ...offer.suites.map(suiteName).filter((name) => !policy.suites.includes(name)),
    ...(offer.groups ?? []).map(groupName).filter((name) => !policy.groups.includes(name)),
  ]
  const lost = protocols.required.filter((one) => !offersVersion(offer, one, taken))
  const broken = [
    ...(offer.sslv2Format && !policy.sslv2Hello ? ['Its hello has the format of SSL 2.0.'] : []),
    ...(forbidden.length === 0 ? [] : [`Offered although forbidden: ${forbidden.join(', ')}.`]),
    ...(lost.length === 0 ? [] : [`Not offered although required: ${lost.join(', ')}.`]),
  ]
  if (broken.length > 0) return { keeps: 'no', why: broken }
  if (unclear.length > 0) return { keeps: 'unknown', why: [`Whether it takes ${unclear.join(', ')} could not be found out.`] }
  return { keeps: 'yes', why: [] }
}

/** Without a list, the newest version is offered and older ones are what the answers to them have shown. */
function offersVersion({ versions, newest }: Offer, protocol: ProtocolName, taken: ReadonlyMap<ProtocolName, Taken>): boolean {
  const code = protocolVersion.code(protocol)
  return versions?.includes(code) ?? (code === newest || taken.get(protocol) === 'yes')
}

function groupName(code: number): string {
  return groupByCode(code)?.name ?? `0x${code.toString(16).padStart(4, '0')}`
}

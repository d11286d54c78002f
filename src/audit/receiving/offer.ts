import type { Policy } from '../../policy/index.ts'
import {
  groupByCode,
  isGrease,
  PROTOCOLS,
  protocolVersion,
  suiteByCode,
  suiteName,
  TLS_EMPTY_RENEGOTIATION_INFO_SCSV,
  TLS_FALLBACK_SCSV,
  type ProtocolName,
} from '../../registry/index.ts'
import {
  decodeSupportedGroups,
  decodeSupportedVersionsClientHello,
  EXTENSION_TYPE,
  findExtension,
  type ClientHello,
  type Sslv2ClientHello,
} from '../../wire/index.ts'

/** What a client's hello offers. */
export interface Offer {
  readonly sslv2Format: boolean
  /** The newest version. */
  readonly newest: number
  /** Every version; undefined where the hello names the newest one alone, as up to TLS 1.2. */
  readonly versions: readonly number[] | undefined
  /** Code points without signals and GREASE, in order. */
  readonly suites: readonly number[]
  /** Undefined: it names none. */
  readonly groups: readonly number[] | undefined
  readonly secureRenegotiation: boolean
}

export function offerOf(hello: ClientHello): Offer {
  const { legacyVersion, cipherSuites, extensions = [] } = hello
  const listed = findExtension(extensions, EXTENSION_TYPE.supported_versions)
  const groups = findExtension(extensions, EXTENSION_TYPE.supported_groups)
  const versions = listed && decodeSupportedVersionsClientHello(listed).filter((code) => !isGrease(code))
  return {
    sslv2Format: false,
    newest: Math.max(...(versions ?? [legacyVersion]), 0),
    versions,
    suites: cipherSuites.filter(isSuite),
    groups: groups && decodeSupportedGroups(groups).filter((code) => !isGrease(code)),
    secureRenegotiation:
      cipherSuites.includes(TLS_EMPTY_RENEGOTIATION_INFO_SCSV) ||
      findExtension(extensions, EXTENSION_TYPE.renegotiation_info) !== undefined,
  }
}

/** A hello in the format of SSL 2.0, in which suites of TLS have a zero before them. RFC 5246 §E.2. */
export function offerOfSslv2({ version, cipherSpecs }: Sslv2ClientHello): Offer {
  return {
    sslv2Format: true,
    newest: version,
    versions: undefined,
    suites: cipherSpecs.filter((spec) => spec <= 0xffff).filter(isSuite),
    groups: undefined,
    secureRenegotiation: cipherSpecs.includes(TLS_EMPTY_RENEGOTIATION_INFO_SCSV),
  }
}

function isSuite(code: number): boolean {
  return !isGrease(code) && code !== TLS_EMPTY_RENEGOTIATION_INFO_SCSV && code !== TLS_FALLBACK_SCSV
}

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

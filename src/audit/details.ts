import { alertDescription, groupByName, signatureScheme, suiteByCode, type CipherSuite } from '../registry/index.ts'
import { decodeCertificate, MalformedError } from '../wire/index.ts'
import { OLD_CURVES, SIGNATURE_SCHEMES } from './candidates.ts'
import { parseCertificate } from './certificate.ts'
import { describeAnswer, type Answer } from './exchange.ts'
import type { HelloOffer, HelloProtocol } from './hello.ts'
import type { ReadyLine } from './lanes.ts'
import { observe, observedGroup } from './observation.ts'
import { PairSearch, type PairAnswer } from './pair-search.ts'
import type { Manners } from './manners.ts'
import { SecondLook } from './second-look.ts'

/** The groups and signature schemes of a protocol up to TLS 1.2, read from ServerKeyExchange messages. */

/** What the searches need to know of the inventory. */
export interface KeyExchangeBasis {
  /** The newest protocol up to TLS 1.2 that is offered. */
  readonly protocol: HelloProtocol
  /** Its suites. */
  readonly suites: readonly number[]
  readonly base: Omit<HelloOffer, 'protocol' | 'suites' | 'groups' | 'signatureSchemes'>
  readonly manners: Manners
}

export interface KeyExchangeSearches {
  readonly searches: readonly PairSearch[]
  /** IANA code points, the server's best first. */
  groups(): readonly number[]
  /** Whether those are all. */
  groupsComplete(): boolean
  schemes(): readonly number[]
}

/** Anonymous suites have groups too, and sign nothing. */
type Signer = 'RSA' | 'ECDSA' | 'anon'

const schemesLike = (pattern: RegExp): readonly number[] => signatureScheme.codes.filter((code) => pattern.test(signatureScheme.name(code)))
const RSA_SCHEMES: readonly number[] = schemesLike(/^rsa_(?!.*_legacy$)/)
const ECDSA_SCHEMES: readonly number[] = schemesLike(/^(?:ecdsa_(?!brainpool)|ed25519|ed448)/)

const SCHEMES: Readonly<Record<Signer, readonly number[]>> = { RSA: RSA_SCHEMES, ECDSA: ECDSA_SCHEMES, anon: [] }

/** The searches that a server with these suites calls for: none where nothing is exchanged or signed. */
export function keyExchangeSearches(basis: KeyExchangeBasis): KeyExchangeSearches {
  const suites = basis.suites.map((code) => suiteByCode(code)).filter((suite) => suite !== undefined)
  const signs = basis.protocol === 'TLSv1.2'
  const searches: PairSearch[] = []
  let groups: PairSearch | undefined
  for (const signer of ['RSA', 'ECDSA', 'anon'] as const) {
    const curves = suites.filter((suite) => suite.kx === 'ECDHE' && suite.au === signer)
    const fields = suites.filter((suite) => suite.kx === 'DHE' && suite.au === signer)
    const offered = curves.length > 0 ? curves : fields
    const wantsGroups = curves.length > 0 && groups === undefined
    if (offered.length === 0 || (!wantsGroups && !(signs && signer !== 'anon'))) continue
    const search = pairSearch(basis, signer, offered, wantsGroups ? OLD_CURVES : [])
    if (wantsGroups) groups = search
    searches.push(search)
  }
  return {
    searches,
    groups: () => groups?.first.ordered ?? [],
    groupsComplete: () => groups?.complete === true,
    schemes: () => (signs ? searches.flatMap((search) => [...search.second.ordered, ...search.second.foreign]) : []),
  }
}

function pairSearch(basis: KeyExchangeBasis, signer: Signer, suites: readonly CipherSuite[], curves: readonly number[]): PairSearch {
  const schemes = basis.protocol === 'TLSv1.2' ? SCHEMES[signer] : []
  let own: number | undefined
  let wantsOwn = false
  const refusedWithout = new Set<string>()
  return new PairSearch({
    first: curves,
    second: schemes,
    looks: { first: new SecondLook(basis.manners), second: new SecondLook(basis.manners) },
    ask: async (ready, groups, signatureSchemes) => {
      const wanted = groups.length > 0 ? groups : OLD_CURVES
      const lacking = own !== undefined && !wanted.includes(own) ? own : undefined
      const question = `${wanted.join()} ${signatureSchemes.join()}`
      const added = wantsOwn || refusedWithout.has(question) ? lacking : undefined
      const { answer, certificate } = await ask(ready, basis, {
        ...basis.base,
        protocol: basis.protocol,
        suites: suites.map((suite) => suite.code),
        groups: added === undefined ? wanted : [...wanted, added],
        // An empty list is malformed, RFC 5246 §7.4.1.4.1.
        signatureSchemes: signatureSchemes.length > 0 ? signatureSchemes : SIGNATURE_SCHEMES,
      })
      if (signer === 'ECDSA') own ??= curveOf(certificate)
      if (added !== undefined && answer.kind === 'chosen') {
        wantsOwn = true
        return answer.first === added ? { ...answer, first: 'none' } : answer
      }
      if (lacking === undefined || added !== undefined || answer.kind === 'chosen' || answer.kind === 'unclear') return answer
      // OpenSSL serves an ECDSA certificate only to clients that name its curve too, RFC 8422 §5.1: asked again with it.
      refusedWithout.add(question)
      return { kind: 'unclear', how: answer.how }
    },
  })
}

async function ask(
  ready: ReadyLine,
  { manners }: KeyExchangeBasis,
  offer: HelloOffer,
): Promise<{ answer: PairAnswer; certificate?: Uint8Array | undefined }> {
  const answer = await manners.ask(ready.line, offer)
  const observation = observe(offer, answer)
  if (observation === undefined) {
    const how = describeAnswer(answer)
    if (answer.kind === 'closed') return { answer: { kind: 'closed', how, doubtful: manners.doubts(answer) } }
    return { answer: { kind: isRefusal(answer) ? 'refused' : 'unclear', how } }
  }
  const group = observedGroup(observation)
  return {
    answer: { kind: 'chosen', first: group, second: observation.keyExchange?.signature?.algorithm },
    certificate: observation.answer.flight.certificate,
  }
}

/** The curve of the key in a leaf certificate, by code point. */
function curveOf(certificate: Uint8Array | undefined): number | undefined {
  if (certificate === undefined) return undefined
  try {
    const [leaf] = decodeCertificate(certificate).certificateList
    const curve = leaf === undefined ? undefined : parseCertificate(leaf)?.posture.curve
    return curve === undefined ? undefined : groupByName(curve)?.code
  } catch (error) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}

/** Any fatal alert counts here: OpenSSL 3 says internal_error where no scheme is shared. */
function isRefusal(answer: Answer): boolean {
  return answer.kind === 'alert' && answer.description !== alertDescription.code('user_canceled')
}

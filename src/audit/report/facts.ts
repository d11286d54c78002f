import { PROTOCOLS } from '../../registry/index.ts'
import { certificateTitle, type ChainPosture, type ClearPosture, type Fact, type FeaturePosture, type Posture } from '../../policy/index.ts'
import { offersNoTls } from './view.ts'
import { counted, dateWords, factWords, validityWords, yesNo } from './words.ts'

/** One line of a report: what it is about, and what is the case. */
export interface LabelledFact {
  readonly label: string
  readonly text: string
}

const SERVED: Readonly<Record<ChainPosture['servedFor'][number], string>> = {
  sni: 'with its name',
  'no-sni': 'without a name',
  'wrong-sni': 'with a wrong name',
}

/** `RSA certificate CN=mail.example.com`. */
export function chainTitle(chain: ChainPosture): string {
  const [leaf] = chain.certificates
  if (leaf === undefined) return `${chain.keyType} certificate: none that can be read`
  return `${chain.keyType} certificate ${certificateTitle(leaf)}`
}

/** A chain in human terms. `now` is the time of the report, ISO 8601. */
export function chainFacts(chain: ChainPosture, now: string): readonly LabelledFact[] {
  const [leaf] = chain.certificates
  if (leaf === undefined) return [{ label: 'Chain', text: 'no certificate that can be read' }]
  const facts = [
    { label: 'Valid', text: `${validityWords(leaf, now)} (${dateWords(leaf.notBefore)} to ${dateWords(leaf.notAfter)})` },
    { label: 'Names', text: someNames(leaf.names) },
    { label: 'Issuer', text: leaf.selfSigned ? 'itself (self-signed)' : leaf.issuer },
    { label: 'Key', text: `${keyWords(leaf)}, signed with ${leaf.signatureAlgorithm}` },
    { label: 'Trust', text: trustWords(chain) },
    { label: 'Chain', text: chainWords(chain) },
    { label: 'Served to', text: `hellos ${chain.servedFor.map((sni) => SERVED[sni]).join(', ')}` },
  ]
  if (leaf.ocspUrls.length > 0 || leaf.mustStaple || chain.stapledOcsp !== 'not-applicable') {
    facts.push({
      label: 'OCSP',
      text: `stapled: ${factWords(chain.stapledOcsp, String)}${leaf.mustStaple ? ', and the certificate demands it' : ''}`,
    })
  }
  const timestamps = leaf.scts + chain.sctsInHandshake
  facts.push({ label: 'CT', text: timestamps === 0 ? 'no signed timestamps' : counted(timestamps, 'signed timestamp') })
  return facts
}

/** A certificate can have thousands; the JSON has them all. */
const MOST_NAMES = 20

function someNames(names: readonly string[]): string {
  if (names.length === 0) return 'none'
  const more = names.length - MOST_NAMES
  return more > 0 ? `${names.slice(0, MOST_NAMES).join(', ')} and ${more} more` : names.join(', ')
}

function keyWords(leaf: ChainPosture['certificates'][number]): string {
  return leaf.curve === undefined ? `${leaf.keyType}, ${leaf.keyBits} bits` : `${leaf.keyType}, ${leaf.curve}`
}

function trustWords(chain: ChainPosture): string {
  const why = chain.trustError === undefined ? '' : `: ${chain.trustError}`
  const trusted = factWords(chain.trusted, (yes) => (yes ? 'trusted' : `not trusted${why}`))
  const name = factWords(chain.nameMatches, (yes) => (yes ? 'its name matches' : 'its name does not match'))
  return `${trusted}; ${chain.nameMatches === 'unknown' ? 'unknown whether its name matches' : name}`
}

function chainWords(chain: ChainPosture): string {
  const words = [counted(chain.certificates.length, 'certificate')]
  if (chain.ordered === false) words.push('in the wrong order')
  if (chain.missing.length > 0) words.push(`lacks ${chain.missing.join(', ')}`)
  if (chain.needless.length > 0) words.push(`sent without need: ${chain.needless.join(', ')}`)
  return words.join('; ')
}

/** Groups, DH, the hello format and what was said in clear: what a table of suites does not show. */
export function keyExchangeFacts(posture: Posture): readonly LabelledFact[] {
  const none = noneWords(posture)
  return [
    { label: 'Groups', text: posture.groups.length === 0 ? none : `${posture.groups.join(', ')}${groupWords(posture)}` },
    { label: 'DHE', text: posture.dh === null ? none : `${posture.dh.bits} bits, ${posture.dh.prime}${reuseWords(posture.dh.reused)}` },
    {
      label: 'SSLv2 hello',
      text: offersNoTls(posture) ? 'not asked' : factWords(posture.sslv2Hello, (accepted) => (accepted ? 'answered' : 'refused')),
    },
  ]
}

/** Why there is nothing of a kind. */
function noneWords(posture: Posture): string {
  const protocols = Object.values(posture.protocols)
  if (offersNoTls(posture)) return 'none, since no TLS is offered'
  if (protocols.every(({ offered }) => offered !== true)) return 'none seen, since no hello was accepted'
  return protocols.every(({ complete }) => complete) ? 'none' : 'none seen, but the audit is not complete'
}

/** Who chooses among the groups, and where there may be more: those that were seen in passing are some, and perhaps not all. */
function groupWords({ protocols }: Posture): string {
  const newestFirst = PROTOCOLS.toReversed()
  const orders = newestFirst.flatMap((protocol) => {
    const { groupOrder } = protocols[protocol]
    return groupOrder === undefined || groupOrder === 'unknown' ? [] : [`in ${protocol} the ${groupOrder} chooses`]
  })
  const seen = newestFirst.filter((protocol) => protocols[protocol].groupsComplete === false)
  const some = seen.length === 0 ? [] : [`in ${seen.join(', ')} those that were seen, perhaps not all`]
  const words = [...orders, ...some]
  return words.length === 0 ? '' : ` (${words.join('; ')})`
}

function reuseWords(reused: Fact): string {
  if (reused === 'unknown') return ', unknown whether values are reused'
  return reused === true ? ', the same value served again' : ''
}

/** What the server said before TLS. */
export function clearFacts(posture: Posture): readonly LabelledFact[] {
  const { clear } = posture
  if (clear === null) return []
  return [
    { label: 'Banner', text: clear.banner === '' ? 'none' : clear.banner },
    { label: 'STARTTLS', text: clear.starttls },
    { label: 'Log-in', text: logInWords(clear) },
  ]
}

function logInWords(clear: ClearPosture): string {
  const more = clear.authComplete === false ? ', and perhaps more' : ''
  if (clear.authBeforeTls.length > 0) return `offered before TLS: ${clear.authBeforeTls.join(', ')}${more}`
  // A server that was not heard to the end has not kept silent about it.
  return clear.starttls === 'unknown' || clear.authComplete === false ? 'unknown' : 'not offered before TLS'
}

const FEATURES: readonly (readonly [key: Exclude<keyof FeaturePosture, 'alpn' | 'ticketLifetime' | 'clientCertificate'>, label: string])[] =
  [
    ['extendedMasterSecret', 'Extended master secret'],
    ['encryptThenMac', 'Encrypt-then-MAC'],
    ['secureRenegotiation', 'Secure renegotiation'],
    ['clientRenegotiation', 'Renegotiation by the client'],
    ['compression', 'Compression'],
    ['heartbeat', 'Heartbeat'],
    ['truncatedHmac', 'Truncated HMAC'],
    ['sessionTickets', 'Session tickets'],
    ['sessionIdResumption', 'Resumption by session id'],
    ['ticketResumption', 'Resumption by ticket'],
    ['pskResumption', 'Resumption in TLS 1.3'],
    ['earlyData', 'Early data (0-RTT)'],
    ['fallbackScsv', 'Fallback SCSV obeyed'],
    ['downgradeSentinel', 'Downgrade sentinel'],
    ['recordSplitting', 'CBC record splitting'],
    ['ecdhReuse', 'ECDHE values reused'],
  ]

/** What handshakes showed beside versions, suites and certificates. */
export function featureFacts(posture: Posture): readonly LabelledFact[] {
  const { features } = posture
  const alpn = features.alpn === 'unknown' ? 'unknown' : features.alpn.length === 0 ? 'none' : features.alpn.join(', ')
  return [
    ...FEATURES.map(([key, label]) => ({ label, text: factWords(features[key], yesNo) })),
    { label: 'Ticket lifetime', text: factWords(features.ticketLifetime, (seconds) => `${seconds} s`) },
    { label: 'ALPN', text: alpn },
    ...(features.clientCertificate === undefined
      ? []
      : [{ label: 'Client certificate', text: factWords(features.clientCertificate, (request) => request.replace('-', ' ')) }]),
  ]
}

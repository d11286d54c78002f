import type { AuditReport } from '../result.ts'

// Every key of a report in the order in which it is printed. Where a name has several places, one order serves them all.
const ORDER: readonly string[] =
  `
  version postern started role rulebook name title edition date rulebooks targets target
  id code fault address reachable problem verdict fact message remedy neededBy
  grade gradeReasons offered refusal suites order prefersClientChaCha bits prime generator
  protocols SSLv2 SSLv3 TLSv1 TLSv1.1 TLSv1.2 TLSv1.3 sslv2Hello groups groupOrder groupsComplete complete
  dh all reused signatureSchemes
  keyType servedFor certificates subject issuer names serial notBefore notAfter keyBits curve signatureAlgorithm signatureHash
  selfSigned isCa keyUsage extendedKeyUsage mustStaple scts ocspUrls sha256 pem
  nameMatches trusted trustError publiclyTrusted ordered missing needless stapledOcsp sctsInHandshake
  features extendedMasterSecret encryptThenMac secureRenegotiation clientRenegotiation compression heartbeat truncatedHmac alpn
  sessionTickets ticketLifetime sessionIdResumption ticketResumption pskResumption earlyData fallbackScsv downgradeSentinel
  recordSplitting ecdhReuse clientCertificate
  tolerance futureVersion grease longHello manySuites
  flaws heartbleed ccsInjection ticketbleed robot starttlsInjection
  clear banner capabilities starttls authBeforeTls authComplete textAfterGoAhead
  posture says subjects source evidence asked answer findings rules cost connections milliseconds
`.match(/\S+/g) ?? []

const RANK: ReadonlyMap<string, number> = new Map(ORDER.map((key, index) => [key, index]))

/** The report as JSON with two spaces of indent and keys in a fixed order. The shape is schemas/audit-report.schema.json. */
export function printJson(report: AuditReport): string {
  return [...jsonPieces(report)].join('')
}

/** The same in pieces, a door each: whoever writes them one by one never holds the text of a thousand doors. */
export function* jsonPieces(report: AuditReport): Generator<string> {
  const cover = stringify({ ...report, targets: [] })
  if (report.targets.length === 0) return yield `${cover}\n`
  // No string of the cover has a line break in it, so this stands there once.
  const [before = '', after = ''] = cover.split(NO_TARGETS)
  yield `${before}${NO_TARGETS.slice(0, -1)}`
  for (const [index, target] of report.targets.entries()) {
    yield `${index === 0 ? '' : ','}\n${stringify(target).replaceAll(/^/gm, '    ')}`
  }
  yield `\n  ]${after}\n`
}

const NO_TARGETS = '\n  "targets": []'

function stringify(value: unknown): string {
  return escapeInvisible(JSON.stringify(value, (_key, each: unknown) => (isRecord(each) ? sorted(each) : each), 2))
}

/**
 * JSON.stringify() leaves C1 controls and letters that turn the direction of writing as they are; a terminal obeys them.
 * Escaped, they are the same JSON.
 */
export function escapeInvisible(json: string): string {
  return json.replace(/[\u007f-\u009f\u2028\u2029\p{Cf}]/gu, (character) =>
    [...Array(character.length).keys()].map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sorted(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const rank = (key: string): number => RANK.get(key) ?? ORDER.length
  return Object.fromEntries(Object.entries(record).sort(([one], [other]) => rank(one) - rank(other) || (one < other ? -1 : 1)))
}

import {
  allows,
  certificateTitle,
  judge,
  OWN_RULEBOOK,
  type CertificateDemand,
  type CertificatePosture,
  type ChainPosture,
  type FindingId,
  type Thing,
} from '../../policy/index.ts'
import { judgeChain } from '../chain.ts'
import type { Observation } from '../observation.ts'
import { evidenceIn, type Draft } from './check.ts'
import type { Scene } from './scene.ts'

/** Port 25 is where senders go on whatever the certificate says, RFC 9325 §5.2. */
const MX_PORT = 25
const DAY_MS = 24 * 60 * 60 * 1000

/** What the policy demands of every certificate that was served. `seen`: whether all of them were. */
export function checkCertificates(scene: Scene, seen: { readonly tls13: boolean; readonly tls12: boolean }): readonly Draft[] {
  if (scene.spoken.length === 0) return []
  const chains = chainsOf(scene)
  const unread = scene.notes.chains.length - chains.length
  const drafts = chains.flatMap(({ chain, evidence }) =>
    [...checkMaking(scene, chain), ...checkIssuers(scene, chain), ...checkValidity(scene, chain)].map((draft) => ({
      ...draft,
      ...evidence,
    })),
  )
  const missed = seen.tls13 ? (seen.tls12 ? undefined : 'TLS 1.2') : 'TLS 1.3'
  if (missed === undefined && unread === 0 && (chains.length > 0 || !scene.spoken.some(hasCertificate))) return drafts
  const where = missed === undefined ? 'Not every certificate can be read.' : `Not every certificate could be read in ${missed}.`
  const demand = 'the certificate is as the policy wants it'
  return [...drafts, { id: 'certificate-key', demand, rule: scene.policy.title, verdict: 'unknown', fact: where }]
}

const WITHOUT_CERTIFICATE: ReadonlySet<string> = new Set(['anon', 'PSK', 'KRB5', 'SRP', 'ECCPWD'])

function hasCertificate({ suite }: Observation): boolean {
  return suite === undefined || !WITHOUT_CERTIFICATE.has(suite.au)
}

/** What is wrong with the certificates although the policy says nothing of it, so that nobody thinks that all is well. */
export function certificateRemarks(scene: Scene): readonly string[] {
  const remarks = chainsOf(scene).flatMap(({ chain }) =>
    VALIDITY.filter(({ demand }) => isForThisDoor(scene, chain) && !demands(scene, demand)).flatMap(({ kept, broken }) =>
      kept(chain, scene.options.now) ? [] : [broken(chain, scene.options.now)],
    ),
  )
  // Two certificates of one name have the same said of them.
  return [...new Set(remarks)]
}

/** The chains that were served, with the certificate of the server itself as evidence. */
function chainsOf(scene: Scene): readonly { readonly chain: ChainPosture; readonly evidence: ReturnType<typeof evidenceIn> }[] {
  return scene.notes.chains
    .map((served) => ({
      chain: judgeChain(served, scene.door.serverName, scene.options.trust, scene.options.now),
      evidence: evidenceIn(served.ders[0], { whole: true }),
    }))
    .filter(({ chain }) => chain.certificates.length > 0)
}

function checkMaking(scene: Scene, { certificates }: ChainPosture): readonly Draft[] {
  const [leaf] = certificates
  if (leaf === undefined) return []
  const { policy } = scene
  const { keyType: type, keyBits: bits, curve, signatureHash: hash } = leaf
  const days = lifetime(leaf)
  const { maxDays } = policy.certificate
  const draft = (id: string, demand: string, kept: boolean, rule: string, fact: string): Draft => ({
    id,
    demand,
    rule,
    verdict: kept ? 'kept' : 'broken',
    fact: `${certificateTitle(leaf)} ${fact}.`,
  })
  const key = draft(
    'certificate-key',
    'the certificate has a key that is allowed',
    allows(policy, { certificateKey: { type, bits, curve } }),
    scene.ruleOn([{ subject: 'certificate-key', leaf: true, type, bits, curve }]),
    `has a key ${curve === undefined ? `of ${bits} bits` : `on ${curve}`} (${type})`,
  )
  // Nobody relies on a signature with which a certificate vouches for itself.
  const signed = leaf.selfSigned
    ? []
    : [
        draft(
          'certificate-hash',
          'the certificate is signed with a hash that is allowed',
          allows(policy, { certificateHash: hash }),
          scene.ruleOn([{ subject: 'certificate-hash', name: hash }]),
          `is signed with ${leaf.signatureAlgorithm}`,
        ),
      ]
  if (maxDays === undefined) return [key, ...signed]
  const rule = scene.ruleOn([{ subject: 'certificate-lifetime', days: Math.max(days, maxDays + 1) }])
  return [
    key,
    ...signed,
    draft('certificate-lifetime', `the certificate lives ${maxDays} days at most`, days <= maxDays, rule, `lives ${days} days`),
  ]
}

/** Those that vouch for the server's own. A root that is sent along counts for nothing: clients have their own. */
function issuersIn({ certificates }: ChainPosture): readonly CertificatePosture[] {
  return certificates.slice(1).filter(({ selfSigned }) => !selfSigned)
}

/** A chain is as weak as its weakest certificate. Told only where one is too weak. */
function checkIssuers(scene: Scene, chain: ChainPosture): readonly Draft[] {
  return issuersIn(chain).flatMap(({ subject, keyType: type, keyBits: bits, curve, signatureHash: hash, signatureAlgorithm }): Draft[] => {
    const draft = (id: string, demand: string, thing: Thing, fact: string): Draft => ({
      id,
      demand,
      rule: scene.ruleOn([thing]),
      verdict: 'broken',
      fact: `${subject} ${fact}.`,
    })
    const size = curve === undefined ? `of ${bits} bits` : `on ${curve}`
    const weakKey = draft(
      'certificate-key',
      'the certificates of the issuers have keys that are allowed',
      { subject: 'certificate-key', leaf: false, type, bits, curve },
      `has a key ${size} (${type})`,
    )
    const weakHash = draft(
      'certificate-hash',
      'the certificates of the issuers are signed with hashes that are allowed',
      { subject: 'certificate-hash', name: hash },
      `is signed with ${signatureAlgorithm}`,
    )
    return [
      ...(isStrongIssuer(scene, { type, bits, curve }) ? [] : [weakKey]),
      ...(allows(scene.policy, { certificateHash: hash }) ? [] : [weakHash]),
    ]
  })
}

/** Of issuers, policies want no other kinds of keys than they like, but none that are smaller than those of servers. */
function isStrongIssuer(
  { policy, options }: Scene,
  key: Pick<Extract<Thing, { subject: 'certificate-key' }>, 'type' | 'bits' | 'curve'>,
): boolean {
  if (allows(policy, { certificateKey: key })) return true
  const large = policy.certificate.keys.every(({ type, minBits = 0 }) => type !== key.type || key.bits >= minBits)
  return large && judge(OWN_RULEBOOK, { subject: 'certificate-key', leaf: false, ...key }, options.now)?.verdict !== 'bad'
}

function lifetime({ notBefore, notAfter }: CertificatePosture): number {
  return Math.round((Date.parse(notAfter) - Date.parse(notBefore)) / DAY_MS)
}

/** What anybody who verifies certificates looks at. */
const VALIDITY: readonly {
  readonly demand: CertificateDemand
  readonly id: FindingId
  readonly words: string
  /** Behind the subject, where it is kept. */
  readonly good: string
  readonly kept: (chain: ChainPosture, now: Date) => boolean
  readonly broken: (chain: ChainPosture, now: Date) => string
}[] = [
  {
    demand: 'dates',
    id: 'certificate-expired',
    words: 'the certificate is within its dates',
    good: 'is within its dates',
    kept: (chain, now) => outOfDate(chain, now) === undefined,
    broken: (chain, now) => {
      const wrong = outOfDate(chain, now)
      return `${wrong === undefined ? 'The certificate' : certificateTitle(wrong)} is valid from ${wrong?.notBefore.slice(0, 10)} to ${wrong?.notAfter.slice(0, 10)}.`
    },
  },
  {
    demand: 'name',
    id: 'certificate-name',
    words: 'the certificate is for this name',
    good: 'is for this name',
    kept: ({ nameMatches }) => nameMatches === true,
    broken: (chain) => `${subject(chain)} is for another name.`,
  },
  {
    demand: 'trust',
    id: 'certificate-trust',
    words: 'the certificate is trusted',
    good: 'is trusted',
    // The dates of the server's own certificate have a row of their own.
    kept: (chain, now) =>
      chain.trusted === true ||
      (/^certificate (?:has expired|is not yet valid)$/.test(chain.trustError ?? '') &&
        issuersIn(chain).every((issuer) => isWithinDates(issuer, now))),
    broken: (chain) => `${subject(chain)} is not trusted: ${chain.trustError ?? 'unknown'}.`,
  },
]

/** The first certificate of a chain that is not within its dates. */
function outOfDate(chain: ChainPosture, now: Date): CertificatePosture | undefined {
  return [...chain.certificates.slice(0, 1), ...issuersIn(chain)].find((one) => !isWithinDates(one, now))
}

/** Dates that cannot be read are none. */
function isWithinDates({ notBefore, notAfter }: CertificatePosture, now: Date): boolean {
  return now >= new Date(notBefore) && now <= new Date(notAfter)
}

function subject({ certificates: [leaf] }: ChainPosture): string {
  return leaf === undefined ? 'The certificate' : certificateTitle(leaf)
}

function demands(scene: Scene, demand: CertificateDemand): boolean {
  const demanded = scene.policy.certificate.demands?.includes(demand) === true
  return demanded && (demand === 'dates' || scene.door.port !== MX_PORT)
}

/** A server may have any certificate for clients that do not name it. */
function isForThisDoor({ asksFor }: Scene, { servedFor }: ChainPosture): boolean {
  return asksFor === undefined || servedFor.includes('sni')
}

function checkValidity(scene: Scene, chain: ChainPosture): readonly Draft[] {
  if (!isForThisDoor(scene, chain)) return []
  return VALIDITY.filter(({ demand }) => demands(scene, demand)).map(({ id, words, good, kept, broken }) => {
    const fine = kept(chain, scene.options.now)
    return {
      id,
      demand: words,
      rule: scene.ruleOn([{ subject: 'behaviour', id, kept: false }]),
      verdict: fine ? 'kept' : 'broken',
      fact: fine ? `${subject(chain)} ${good}.` : broken(chain, scene.options.now),
    }
  })
}

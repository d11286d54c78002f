import { allows, type CertificateDemand, type CertificatePosture, type ChainPosture, type FindingId } from '../../policy/index.ts'
import { signatureScheme } from '../../registry/index.ts'
import { SUPPORTED_GROUPS } from '../../wire/index.ts'
import { SIGNATURE_SCHEMES } from '../candidates.ts'
import { judgeChain } from '../chain.ts'
import type { Observation } from '../observation.ts'
import { sessionSuites } from '../server.ts'
import { evidenceIn, type Check, type Draft } from './check.ts'
import type { Scene } from './scene.ts'

/** Port 25 is where senders go on whatever the certificate says, RFC 9325 §5.2. */
const MX_PORT = 25
const DAY_MS = 24 * 60 * 60 * 1000

/** What the policy demands of every certificate that was served. */
export const checkCertificates: Check = async (scene) => {
  if (scene.spoken.length === 0) return []
  if (scene.notes.chains.length === 0) await seeInTls13(scene)
  const chains = chainsOf(scene)
  if (chains.length === 0 && !scene.spoken.some(hasCertificate)) return []
  if (chains.length > 0)
    return chains.flatMap(({ chain, evidence }) =>
      [...checkMaking(scene, chain), ...checkValidity(scene, chain)].map((draft) => ({ ...draft, ...evidence })),
    )
  const demand = 'the certificate is as the policy wants it'
  return [
    { id: 'certificate-key', demand, rule: scene.policy.title, verdict: 'unknown', fact: 'No certificate could be read in any handshake.' },
  ]
}

const WITHOUT_CERTIFICATE: ReadonlySet<string> = new Set(['anon', 'PSK', 'KRB5', 'SRP', 'ECCPWD'])

function hasCertificate({ suite }: Observation): boolean {
  return suite === undefined || !WITHOUT_CERTIFICATE.has(suite.au)
}

/** What is wrong with the certificates although the policy says nothing of it, so that nobody thinks that all is well. */
export function certificateRemarks(scene: Scene): readonly string[] {
  return chainsOf(scene).flatMap(({ chain }) =>
    VALIDITY.filter(({ demand }) => !demands(scene, demand)).flatMap(({ kept, broken }) =>
      kept(chain, scene.options.now) ? [] : [broken(chain)],
    ),
  )
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

/** Certificates of TLS 1.3 come encrypted: one handshake for each kind of key. */
async function seeInTls13(scene: Scene): Promise<void> {
  const server = scene.server(['TLSv1.3'])
  const groups = server.known.tls13Groups.filter((group) => SUPPORTED_GROUPS.includes(group))
  const named = (pattern: RegExp): readonly number[] => SIGNATURE_SCHEMES.filter((code) => pattern.test(signatureScheme.name(code)))
  const options = {
    protocols: ['TLSv1.3'] as const,
    cipherSuites: sessionSuites(server.known, 'TLSv1.3'),
    groups,
    keyShares: groups.slice(0, 1),
  }
  // PKCS #1 signs certificates only, RFC 8446 §4.2.3: authorities with RSA keys issue certificates of both kinds.
  for (const signatureSchemes of [named(/^rsa_/), named(/^(?!rsa_pss)/)])
    await server.session({ ...options, signatureSchemes }, (conversation) => conversation.handshake())
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
    fact: `${leaf.subject} ${fact}.`,
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
  readonly broken: (chain: ChainPosture) => string
}[] = [
  {
    demand: 'dates',
    id: 'certificate-expired',
    words: 'the certificate is within its dates',
    good: 'is within its dates',
    kept: ({ certificates: [leaf] }, now) => leaf !== undefined && now >= new Date(leaf.notBefore) && now <= new Date(leaf.notAfter),
    broken: (chain) =>
      `${subject(chain)} is valid from ${chain.certificates[0]?.notBefore.slice(0, 10)} to ${chain.certificates[0]?.notAfter.slice(0, 10)}.`,
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
    // Dates have a row of their own.
    kept: ({ trusted, trustError = '' }) => trusted === true || /expired|not yet valid/.test(trustError),
    broken: (chain) => `${subject(chain)} is not trusted: ${chain.trustError ?? 'unknown'}.`,
  },
]

function subject({ certificates: [leaf] }: ChainPosture): string {
  return leaf?.subject ?? 'The certificate'
}

function demands(scene: Scene, demand: CertificateDemand): boolean {
  const demanded = scene.policy.certificate.demands?.includes(demand) === true
  return demanded && (demand === 'dates' || scene.door.port !== MX_PORT)
}

function checkValidity(scene: Scene, chain: ChainPosture): readonly Draft[] {
  return VALIDITY.filter(({ demand }) => demands(scene, demand)).map(({ id, words, good, kept, broken }) => {
    const fine = kept(chain, scene.options.now)
    return {
      id,
      demand: words,
      rule: scene.ruleOn([{ subject: 'behaviour', id, kept: false }]),
      verdict: fine ? 'kept' : 'broken',
      fact: fine ? `${subject(chain)} ${good}.` : broken(chain),
    }
  })
}

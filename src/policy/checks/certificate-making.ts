import type { CertificatePosture } from '../posture.ts'
import type { Thing } from '../rulebook.ts'
import { name, servedToAny } from './certificates.ts'
import { listed, ownVerdict, worst, type Check, type Observation, type Scene } from './observation.ts'

/** A certificate of a chain, with its place in it. */
interface Placed {
  readonly certificate: CertificatePosture
  readonly leaf: boolean
  /** Only clients that name no server get it. */
  readonly hidden: boolean
}

/** Keys, signatures and lifetimes of the certificates. Roots that are sent along count for nothing: clients have their own. */
export const checkCertificateMaking: Check = (scene) => {
  if (scene.posture.role === 'client') return []
  const served = servedToAny(scene.posture.certificates)
  const named = served.some(({ chain }) => chain.servedFor.includes('sni'))
  const placed = served.flatMap(({ chain }) => {
    const hidden = named && !chain.servedFor.includes('sni')
    return chain.certificates.map((certificate, index): Placed => ({ certificate, leaf: index === 0, hidden }))
  })
  const judged = placed.filter(({ certificate, leaf }) => leaf || !certificate.selfSigned)
  if (judged.length === 0) return []
  return [keys(judged, scene), ...hashes(judged, scene), lifetimes(judged, scene)]
}

function keys(judged: readonly Placed[], scene: Scene): Observation {
  const size = ({ keyBits, curve }: CertificatePosture) => curve ?? (keyBits > 0 ? `${keyBits} bits` : 'unknown size')
  return making('certificate-key', judged, scene, {
    thing: ({ certificate: { keyType: type, keyBits: bits, curve }, leaf }) =>
      type === 'unknown' ? undefined : { subject: 'certificate-key', leaf, type, bits, curve },
    says: ({ certificate }) => `${certificate.keyType} ${size(certificate)}`,
    fact: (list) => `Keys of the certificates: ${list}.`,
  })
}

/** The signature on a self-signed certificate proves nothing, so its hash does not matter. */
function hashes(judged: readonly Placed[], scene: Scene): readonly Observation[] {
  const signed = judged.filter(({ certificate }) => !certificate.selfSigned)
  if (signed.length === 0) return []
  const words: Words = {
    thing: ({ certificate: { signatureHash } }) =>
      signatureHash === 'unknown' ? undefined : { subject: 'certificate-hash', name: signatureHash },
    says: ({ certificate }) => certificate.signatureAlgorithm,
    fact: (list) => `Signatures of the certificates: ${list}.`,
  }
  return [making('certificate-hash', signed, scene, words)]
}

const DAY = 24 * 60 * 60 * 1000

function lifetimes(judged: readonly Placed[], scene: Scene): Observation {
  const days = ({ notBefore, notAfter }: CertificatePosture) => Math.ceil((Date.parse(notAfter) - Date.parse(notBefore)) / DAY)
  const leaves = judged.filter(({ leaf }) => leaf)
  return making('certificate-lifetime', leaves, scene, {
    thing: ({ certificate }) =>
      Number.isNaN(days(certificate)) ? undefined : { subject: 'certificate-lifetime', days: days(certificate) },
    says: ({ certificate }) => (Number.isNaN(days(certificate)) ? 'unknown' : `${days(certificate)} days`),
    fact: (list) => `Lifetime: ${list}.`,
  })
}

interface Words {
  /** What to judge; undefined where it could not be read. */
  readonly thing: (placed: Placed) => Thing | undefined
  readonly says: (placed: Placed) => string
  readonly fact: (list: string) => string
}

function making(
  id: 'certificate-key' | 'certificate-hash' | 'certificate-lifetime',
  judged: readonly Placed[],
  { now }: Scene,
  words: Words,
): Observation {
  const pairs = judged.map((placed) => [placed, words.thing(placed)] as const)
  const verdicts = pairs.map(([, thing]) => (thing === undefined ? 'unknown' : ownVerdict(thing, now)))
  const verdict = worst(verdicts)
  const concerned = judged.filter((_, index) => verdicts[index] === verdict)
  const said = (hidden: boolean) => judged.filter((placed) => placed.hidden === hidden).map(words.says)
  const others = said(true).filter((one) => !said(false).includes(one))
  const list = [...new Set([...said(false), ...others.map((one) => `${one} (for clients that name no server)`)])]
  return {
    id,
    verdict,
    fact: words.fact(listed(list)),
    subjects: [...new Set(concerned.map(({ certificate }) => name({ leaf: certificate })))],
    things: pairs.flatMap(([, thing]) => (thing === undefined ? [] : [thing])),
  }
}

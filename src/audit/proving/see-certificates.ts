import { alertDescription, signatureScheme, signsTls13, suiteByCode } from '../../registry/index.ts'
import { encodeSignatureSchemes, EXTENSION_TYPE, SUPPORTED_GROUPS, type SessionOptions } from '../../wire/index.ts'
import { OLD_GROUPS, SIGNATURE_SCHEMES } from '../candidates.ts'
import { observe, type Observation } from '../observation.ts'
import { sessionSuites } from '../server.ts'
import { commonest, isDhe, isSigned, SHORT_HELLO, withoutDhe } from './pieces.ts'
import type { Scene } from './scene.ts'

/** More kinds of keys than this on one door are not looked for. */
const MOST_KEYS = 8
/** What issuers sign with, RFC 8446 §4.2.3; wolfSSL reads no longer list. */
const OF_ISSUERS = { type: EXTENSION_TYPE.signature_algorithms_cert, data: encodeSignatureSchemes(SIGNATURE_SCHEMES.slice(0, 18)) }

/** What whole handshakes of TLS 1.3 are made with here. */
export function sessionOptions(scene: Scene): Partial<SessionOptions> {
  const { known } = scene.server(['TLSv1.3'])
  const groups = known.tls13Groups.filter((group) => SUPPORTED_GROUPS.includes(group))
  return { protocols: ['TLSv1.3'], cipherSuites: sessionSuites(known, 'TLSv1.3'), groups, keyShares: groups.slice(0, 1) }
}

/** What a whole handshake of TLS 1.3 came to. */
interface Signed {
  /** The scheme that the server signed with, and its message. */
  readonly signed: number | undefined
  readonly bytes: Uint8Array | undefined
  /** In which words it refused. Undefined where it did not, or where nobody can say. */
  readonly refused: string | undefined
}

/** Signatures of TLS 1.3 come encrypted: it takes a handshake with a real key share. Its refusal is noted like that of a question. */
export async function signIn(scene: Scene, more: Partial<SessionOptions>): Promise<Signed> {
  const options = { ...sessionOptions(scene), ...more }
  const server = scene.server(['TLSv1.3'])
  const once = (): Promise<Signed> =>
    server.session(options, async (conversation) => {
      await conversation.handshake()
      const alert = conversation.find('alert')
      const verify = conversation.find('certificate-verify')
      const ending = conversation.ended === 'closed' ? 'connection closed' : undefined
      const refused = alert === undefined ? ending : `alert ${alertDescription.name(alert.description)}`
      return { signed: verify?.scheme, bytes: verify?.bytes, refused: verify === undefined ? refused : undefined }
    })
  const came = await once()
  const key = JSON.stringify([options, 'serverName' in more])
  scene.refused.noteHow(key, came.refused, async () => (await once()).refused)
  return came
}

/**
 * Certificates of TLS 1.3 come encrypted, and one server may have several: whole handshakes, each without the schemes of the keys that
 * have signed before. False where no handshake came so far, or not all kinds of keys were asked for.
 */
export async function seeInTls13(scene: Scene): Promise<boolean> {
  let schemes = SIGNATURE_SCHEMES.filter((code) => signsTls13(code))
  for (let keys = 0; keys < MOST_KEYS && schemes.length > 0; keys++) {
    const { signed, refused } = await signIn(scene, { signatureSchemes: schemes, extensions: [OF_ISSUERS] })
    if (signed === undefined) return keys > 0 && refused !== undefined
    // A server that signs with what was not offered does not read the list.
    if (!schemes.includes(signed)) return true
    schemes = schemes.filter((code) => keyOf(code) !== keyOf(signed))
  }
  return schemes.length === 0
}

/**
 * Up to TLS 1.1 the suite decides which key signs; in TLS 1.2 suites with ECDSA are signed with EdDSA keys too (RFC 8422 §5.10), and those
 * with RSA with keys for PSS alone (RFC 8446 §4.2.3). So what is allowed is offered again without the schemes of all keys that have signed. False where
 * it was neither answered nor refused.
 */
export async function seeInTls12(scene: Scene): Promise<boolean> {
  const signed = scene.allowedSuites('TLSv1.2').filter(isSigned)
  const suites = scene.working.some(isDhe) ? signed : withoutDhe(signed)
  const seen = scene.notes.observations.filter(({ protocol }) => protocol === 'TLSv1.2').flatMap((one) => schemeOf(one) ?? [])
  if (suites.length === 0 || seen.length === 0) return true
  const narrow = scene.breaks !== 'not'
  const groups = narrow ? scene.allowedGroups('TLSv1.2') : OLD_GROUPS
  const offered = narrow ? commonest(suites, SHORT_HELLO) : suites
  let signatureSchemes = SIGNATURE_SCHEMES.filter((code) => !seen.some((scheme) => oldKeyOf(scheme) === oldKeyOf(code)))
  for (let keys = 0; keys < MOST_KEYS && signatureSchemes.length > 0; keys++) {
    const [offer, answer] = await scene.ask({ protocol: 'TLSv1.2', suites: offered, groups, signatureSchemes })
    if (answer.kind !== 'server-hello') return answer.kind === 'alert' || answer.kind === 'closed'
    const scheme = schemeOf(observe(offer, answer))
    // A server that signs with what was not offered does not read the list.
    if (scheme === undefined || !signatureSchemes.includes(scheme)) return true
    signatureSchemes = signatureSchemes.filter((code) => oldKeyOf(code) !== oldKeyOf(scheme))
  }
  return signatureSchemes.length === 0
}

function schemeOf(seen: Observation | undefined): number | undefined {
  return seen?.keyExchange?.signature?.algorithm
}

/** Schemes of the same key in TLS 1.2, where those of ECDSA name no curve, RFC 8446 §4.2.3. */
function oldKeyOf(scheme: number): string {
  const name = signatureScheme.name(scheme)
  if (/^rsa_(?:pkcs1|pss_rsae)/.test(name)) return 'rsa'
  return /^(?:ecdsa|dsa|rsa_pss_pss)/.exec(name)?.[0] ?? name
}

/** Schemes of the same key: those of RSA differ by nothing but the hash. */
function keyOf(scheme: number): string {
  return /^rsa_pss_(?:rsae|pss)/.exec(signatureScheme.name(scheme))?.[0] ?? signatureScheme.name(scheme)
}

/** Clients that name no server get certificates too, RFC 6066 §3. Whoever turns them away serves none. */
export async function seeWithoutSni(scene: Scene): Promise<void> {
  if (scene.asksFor === undefined) return
  const protocol = scene.protocolsSpoken.find((one) => one !== 'TLSv1.3')
  if (protocol === undefined) {
    await signIn(scene, { serverName: undefined })
    return
  }
  const taken = Map.groupBy(
    scene.spoken.filter((one) => one.protocol === protocol).map((one) => one.answer.hello.cipherSuite),
    (code) => suiteByCode(code)?.au,
  )
  const lists = [...taken.keys()].map((au) => scene.allowedSuites(protocol).filter((code) => suiteByCode(code)?.au === au))
  await Promise.all(lists.map((suites) => scene.ask({ protocol, suites, groups: OLD_GROUPS, serverName: undefined })))
}

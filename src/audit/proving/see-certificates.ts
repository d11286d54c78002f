import type { CertificatePosture } from '../../policy/index.ts'
import { signatureScheme, signsTls13, suiteByCode, type Authentication } from '../../registry/index.ts'
import { encodeSignatureSchemes, EXTENSION_TYPE, type SessionOptions } from '../../wire/index.ts'
import type { HelloOffer, HelloProtocol } from '../hello.ts'
import { OLD_GROUPS, SIGNATURE_SCHEMES } from '../candidates.ts'
import { parseCertificate } from '../certificate.ts'
import { observe, type Observation } from '../observation.ts'
import { signIn } from './handshakes.ts'
import { namesMatter } from './nameless.ts'
import { commonest, isDhe, isSigned, SHORT_HELLO, withoutDhe } from './pieces.ts'
import { isOfClient, passedOver } from './preference.ts'
import type { Scene } from './scene.ts'

/** More kinds of keys than this on one door are not looked for. */
const MOST_KEYS = 8
/** What issuers sign with, RFC 8446 §4.2.3; wolfSSL reads no longer list. */
const OF_ISSUERS = { type: EXTENSION_TYPE.signature_algorithms_cert, data: encodeSignatureSchemes(SIGNATURE_SCHEMES.slice(0, 18)) }

/** Schemes of all keys that may sign in TLS 1.3. */
const TLS13_SCHEMES = SIGNATURE_SCHEMES.filter((code) => signsTls13(code))

/** Whether every certificate could be seen that is served to clients that name the server. */
export async function seeCertificates(scene: Scene): Promise<{ readonly tls13: boolean; readonly tls12: boolean }> {
  const { protocolsSpoken } = scene
  const newest = protocolsSpoken.includes('TLSv1.3')
  const seen = scene.signed.length === 0 ? [] : [...keysThatSigned(scene), ...keysServed(scene, 'sni')]
  const tls13 = newest ? await seeInTls13(scene, seen) : true
  // What can sign in TLS 1.2 beside the keys that the suites ask for can sign in TLS 1.3 too: it would have been found there.
  const tls12 = (newest && tls13) || !protocolsSpoken.includes('TLSv1.2') || (await seeInTls12(scene))
  return { tls13, tls12 }
}

/**
 * One server may have several certificates: whole handshakes, each without the schemes of the keys that were `seen` before, in
 * whatever version. False where no handshake came so far, or not all kinds of keys were asked for.
 */
async function seeInTls13(scene: Scene, seen: readonly string[], more: Partial<SessionOptions> = {}): Promise<boolean> {
  let schemes = TLS13_SCHEMES.filter((code) => !seen.includes(keyOf(code)))
  for (let keys = seen.length; keys < MOST_KEYS && schemes.length > 0; keys++) {
    const { signed, refused } = await signIn(scene, { signatureSchemes: schemes, extensions: [OF_ISSUERS], ...more })
    if (signed === undefined) return keys > 0 && refused !== undefined
    // A server that signs with what was not offered does not read the list.
    if (!schemes.includes(signed)) return true
    schemes = schemes.filter((code) => keyOf(code) !== keyOf(signed))
  }
  return schemes.length === 0
}

/** All schemes of TLS 1.3: in front those of keys that were never seen, then of those that were seen in older versions only so far. */
export function unseenFirst(scene: Scene): Pick<HelloOffer, 'signatureSchemes' | 'extensions'> {
  return { signatureSchemes: schemesInOrder(scene), extensions: [OF_ISSUERS] }
}

function schemesInOrder(scene: Scene): readonly number[] {
  const [seen, signed] = [keysServed(scene, 'sni'), keysThatSigned(scene)]
  const rank = (code: number): number => (signed.includes(keyOf(code)) ? 2 : seen.includes(keyOf(code)) ? 1 : 0)
  return TLS13_SCHEMES.toSorted((one, other) => rank(one) - rank(other))
}

/**
 * Where clients that name no server get what all get, but have not seen one of two kinds of keys yet: the schemes of that kind, which has to be there
 * for them too.
 */
export function unseenNameless(scene: Scene, protocol: HelloProtocol): Pick<HelloOffer, 'signatureSchemes' | 'extensions'> | undefined {
  const seen = keysServed(scene, 'no-sni')
  const [unseen, ...others] = KINDS.filter((au) => kindsKnown(scene, protocol).includes(au) && !seen.some((key) => isOfKind(key, au)))
  // Whoever gets RSA although those that name the server get ECDSA in its place has no other choice.
  const isMissing = unseen === 'ECDSA' && scene.hidesRsa
  if (unseen === undefined || others.length > 0 || isMissing || !servesAllAlike(scene)) return undefined
  return { ...unseenFirst(scene), signatureSchemes: schemesInOrder(scene).filter((code) => isOfKind(keyOf(code), unseen)) }
}

/** The kind of the key that has signed in TLS 1.3, where it is one alone. */
export function kindOfTls13(scene: Scene): Authentication | undefined {
  const [kind, ...others] = KINDS.filter((au) => keysThatSigned(scene).some((key) => isOfKind(key, au)))
  return others.length > 0 ? undefined : kind
}

/**
 * Where clients were seen to choose which of two keys signs, what they liked better than the one that they got is not there: that it is
 * refused alone is borne out. Schemes of one key show nothing: servers choose the key by themselves, and then let the client have the hash.
 */
export function bearOutKeys({ signed, refused }: Pick<Scene, 'signed' | 'refused'>): void {
  const areOfClient = signed.some((one) => signed.some((other) => keyOf(one.taken) !== keyOf(other.taken) && isOfClient(one, other)))
  if (!areOfClient) return
  const absent = new Set(signed.flatMap((choice) => [...passedOver(choice)]))
  const keys = new Set(signed.map(({ taken }) => keyOf(taken)))
  refused.settleSchemes((schemes) => schemes.every((code) => absent.has(code) && !keys.has(keyOf(code))))
}

/** The certificates of TLS 1.3 with keys that were seen in older versions, as far as they have not been shown in passing. */
export async function seeTheRestInTls13(scene: Scene): Promise<void> {
  if (scene.signed.length === 0) return
  const nameless = servesAllAlike(scene) ? scene.signedNameless.map(keyOf) : []
  for (const key of keysServed(scene, 'sni').filter((one) => ![...keysThatSigned(scene), ...nameless].includes(one))) {
    const signatureSchemes = TLS13_SCHEMES.filter((code) => keyOf(code) === key)
    if (signatureSchemes.length > 0) await signIn(scene, { signatureSchemes, extensions: [OF_ISSUERS] }, 'taken')
  }
}

function keysThatSigned({ signed }: Scene): readonly string[] {
  return signed.map(({ taken }) => keyOf(taken))
}

/** Which of the usual kinds of keys sign for clients that name the server: seen with suites of this version, or with certificates of another. */
export function kindsKnown(scene: Scene, protocol: HelloProtocol): readonly (Authentication | undefined)[] {
  const seen = [...keysServed(scene, 'sni'), ...keysThatSigned(scene)]
  return [...kindsTaken(scene, protocol), ...KINDS.filter((au) => seen.some((key) => isOfKind(key, au)))]
}

function kindsTaken({ spoken }: Scene, protocol: HelloProtocol): readonly (Authentication | undefined)[] {
  return spoken.filter((one) => one.protocol === protocol).map((one) => suiteByCode(one.answer.hello.cipherSuite)?.au)
}

const KINDS = ['RSA', 'ECDSA'] as const

/** Suites with ECDSA are for EdDSA too, RFC 8422 §5.10. */
function isOfKind(key: string, au: Authentication | undefined): boolean {
  return key !== '' && (au === 'RSA') === key.startsWith('rsa_')
}

/** The keys of the servers' own certificates, as `keyOf()` calls them. */
function keysServed({ notes }: Scene, servedFor: 'sni' | 'no-sni'): readonly string[] {
  const leaves = notes.chains.filter((chain) => chain.servedFor.includes(servedFor)).map(({ ders: [leaf] }) => leaf)
  return [...new Set(leaves.map((leaf) => keyName(leaf === undefined ? undefined : parseCertificate(leaf)?.posture)))]
}

function keyName(leaf: CertificatePosture | undefined): string {
  if (leaf?.keyType === 'RSA') return 'rsa_pss_rsae'
  if (leaf?.keyType === 'RSA-PSS') return 'rsa_pss_pss'
  const ofKey = TLS13_SCHEMES.map((code) => signatureScheme.name(code)).find((name) =>
    leaf?.keyType === 'ECDSA' ? name.startsWith(`ecdsa_${leaf.curve}_`) : name === leaf?.keyType.toLowerCase(),
  )
  return ofKey ?? ''
}

/**
 * Up to TLS 1.1 the suite decides which key signs; in TLS 1.2 suites with ECDSA are signed with EdDSA keys too (RFC 8422 §5.10), and those
 * with RSA with keys for PSS alone (RFC 8446 §4.2.3). So what is allowed is offered again without the schemes of all keys that have signed. False where
 * it was neither answered nor refused.
 */
async function seeInTls12(scene: Scene): Promise<boolean> {
  const signed = scene.allowedSuites('TLSv1.2').filter(isSigned)
  const suites = scene.working.some(isDhe) ? signed : withoutDhe(signed)
  const seen = scene.notes.observations.filter(({ protocol }) => protocol === 'TLSv1.2').flatMap((one) => schemeOf(one) ?? [])
  if (suites.length === 0 || seen.length === 0) return true
  const narrow = scene.breaks !== 'not'
  const groups = narrow ? scene.allowedGroups('TLSv1.2') : OLD_GROUPS
  const offered = narrow ? commonest(suites, SHORT_HELLO) : suites
  let signatureSchemes = SIGNATURE_SCHEMES.filter((code) => !seen.some((scheme) => oldKeyOf(scheme) === oldKeyOf(code)))
  for (let keys = 0; keys < MOST_KEYS && signatureSchemes.length > 0; keys++) {
    const [offer, answer] = await scene.ask({ protocol: 'TLSv1.2', suites: offered, groups, signatureSchemes }, 'offer')
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

/**
 * Clients that name no server get certificates too, RFC 6066 §3: what was not shown to them in passing. Whoever turns them away serves
 * none.
 */
export async function seeWithoutSni(scene: Scene): Promise<void> {
  if (scene.asksFor === undefined) return
  const protocol = scene.protocolsSpoken.find((one) => one !== 'TLSv1.3')
  const seen = keysServed(scene, 'no-sni')
  if (protocol === undefined || scene.refusesNameless) {
    if (protocol === undefined && scene.refusesNameless) return
    if (scene.protocolsSpoken.includes('TLSv1.3') && (seen.length === 0 || namesMatter(scene)))
      await seeInTls13(scene, seen, { serverName: undefined })
    return
  }
  const known = kindsKnown(scene, protocol)
  // A server that goes by the name may have other keys for those that name none.
  const kinds = new Set(namesMatter(scene) ? [...known, ...KINDS] : known)
  const unseen = [...kinds].filter((au) => !seen.some((key) => isOfKind(key, au)))
  await Promise.all(unseen.map((au) => seeKindWithoutSni(scene, protocol, au)))
}

/** In the version in which others have seen it. */
async function seeKindWithoutSni(scene: Scene, protocol: HelloProtocol, au: Authentication | undefined): Promise<void> {
  const signatureSchemes = TLS13_SCHEMES.filter((code) => isOfKind(keyOf(code), au))
  if (!kindsTaken(scene, protocol).includes(au) && keysThatSigned(scene).some((key) => isOfKind(key, au))) {
    await signIn(scene, { signatureSchemes, extensions: [OF_ISSUERS], serverName: undefined }, 'taken')
    return
  }
  const suites = scene.allowedSuites(protocol).filter((code) => suiteByCode(code)?.au === au)
  if (suites.every((code) => scene.passedOverNameless.has(code))) return
  await scene.ask({ protocol, suites, groups: OLD_GROUPS, serverName: undefined }, namesMatter(scene) ? 'offer' : 'taken')
}

/** Clients that name no server have seen certificates, and none that others do not see. */
export function servesAllAlike({ notes }: Scene): boolean {
  const nameless = notes.chains.filter(({ servedFor }) => servedFor.includes('no-sni'))
  return nameless.length > 0 && nameless.every(({ servedFor }) => servedFor.includes('sni'))
}

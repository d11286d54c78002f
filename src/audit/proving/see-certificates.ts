import { signatureScheme, signsTls13, suiteByCode } from '../../registry/index.ts'
import { encodeSignatureSchemes, EXTENSION_TYPE, SUPPORTED_GROUPS, type SessionOptions } from '../../wire/index.ts'
import { OLD_GROUPS, SIGNATURE_SCHEMES } from '../candidates.ts'
import { sessionSuites } from '../server.ts'
import { signedWith } from '../tls13-session.ts'
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

/**
 * Certificates of TLS 1.3 come encrypted, and one server may have several: whole handshakes, each without the schemes of the keys that
 * have signed before. False where no handshake came so far, or not all kinds of keys were asked for.
 */
export async function seeInTls13(scene: Scene): Promise<boolean> {
  const server = scene.server(['TLSv1.3'])
  let schemes = SIGNATURE_SCHEMES.filter((code) => signsTls13(code))
  for (let keys = 0; keys < MOST_KEYS && schemes.length > 0; keys++) {
    const options = { ...sessionOptions(scene), signatureSchemes: schemes, extensions: [OF_ISSUERS] }
    const [signed, refused] = await server.session(options, async (conversation) => {
      await conversation.handshake()
      return [signedWith(conversation.events), conversation.find('alert') !== undefined || conversation.ended === 'closed'] as const
    })
    if (signed === undefined) return keys > 0 && refused
    // A server that signs with what was not offered does not read the list.
    if (!schemes.includes(signed)) return true
    schemes = schemes.filter((code) => keyOf(code) !== keyOf(signed))
  }
  return schemes.length === 0
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
    await scene.server(['TLSv1.3']).session({ ...sessionOptions(scene), serverName: undefined }, (conversation) => conversation.handshake())
    return
  }
  const taken = Map.groupBy(
    scene.spoken.filter((one) => one.protocol === protocol).map((one) => one.answer.hello.cipherSuite),
    (code) => suiteByCode(code)?.au,
  )
  const lists = [...taken.keys()].map((au) => scene.allowedSuites(protocol).filter((code) => suiteByCode(code)?.au === au))
  await Promise.all(lists.map((suites) => scene.ask({ protocol, suites, groups: OLD_GROUPS, serverName: undefined })))
}

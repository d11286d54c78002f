import { signatureScheme, suiteByCode } from '../../registry/index.ts'
import { encodeSignatureSchemes, EXTENSION_TYPE } from '../../wire/index.ts'
import { OLD_GROUPS, OLD_SUITES, SIGNATURE_SCHEMES } from '../candidates.ts'
import type { HelloProtocol } from '../hello.ts'
import { probe, type AnyProbe, type Probe } from '../probe.ts'
import type { Server } from '../server.ts'
import { signedWith, tls13Options } from '../tls13-session.ts'

/**
 * Asks for nothing but certificates: they are noted with every hello and handshake. Whom no name leads to may be another server, with
 * other suites and other keys than the one that was asked by its name, so that nothing is left out for what that one lacks.
 */
export const withoutSniProbe: Probe<undefined> = {
  name: 'without-sni',
  question: 'Which certificates do clients get that name no server?',
  reference: 'RFC 6066 §3',
  connections: 6,
  skip: (known) => (known.serverName === undefined ? {} : undefined),

  ask: async (server) => {
    const old = server.known.protocols.find((protocol) => protocol !== 'TLSv1.3')
    if (old !== undefined) for (const suites of [RSA_SUITES, OTHER_SUITES]) await askForUsualKeys(server, old, suites)
    else for (const schemes of [RSA_SCHEMES, ECDSA_SCHEMES]) await askNew(server, schemes)
    await askForRareKeys(server, old)
    return undefined
  },

  judge: () => ({}),
}

export const withoutSni: AnyProbe = probe(withoutSniProbe)

const suitesOf = (...kinds: readonly string[]): readonly number[] =>
  OLD_SUITES.filter((code) => kinds.includes(suiteByCode(code)?.au ?? ''))
/** One list of suites for each kind of certificate: a server may have one of each. Nobody has DSA beside ECDSA. */
const RSA_SUITES = suitesOf('RSA')
const OTHER_SUITES = suitesOf('ECDSA', 'DSS')
const signing = (kind: string): readonly number[] => suitesOf(kind).filter((code) => suiteByCode(code)?.forwardSecrecy === true)

const schemesLike = (pattern: RegExp): readonly number[] => SIGNATURE_SCHEMES.filter((code) => pattern.test(signatureScheme.name(code)))
const RSA_SCHEMES = schemesLike(/^rsa_pss_rsae_/)
const ECDSA_SCHEMES = schemesLike(/^ecdsa_/)

/**
 * Kinds of keys that have schemes of their own and no suites: up to TLS 1.2 they sign with those of RSA and ECDSA, RFC 8446 §4.2.3,
 * RFC 8422 §5.10.
 */
const RARE: readonly { readonly schemes: readonly number[]; readonly suites: readonly number[] }[] = [
  { schemes: schemesLike(/^rsa_pss_pss_/), suites: signing('RSA') },
  { schemes: schemesLike(/^ed(?:25519|448)$/), suites: signing('ECDSA') },
]
const RARE_SCHEMES = RARE.flatMap(({ schemes }) => schemes)
const USUAL_SCHEMES = SIGNATURE_SCHEMES.filter((code) => !RARE_SCHEMES.includes(code))

/** What issuers sign with is another matter, RFC 8446 §4.2.3. wolfSSL reads no longer list. */
const OF_ISSUERS = { type: EXTENSION_TYPE.signature_algorithms_cert, data: encodeSignatureSchemes(SIGNATURE_SCHEMES.slice(0, 18)) }

/** Whether it was answered. */
async function askOld(
  server: Server,
  protocol: HelloProtocol,
  suites: readonly number[],
  signatureSchemes: readonly number[],
): Promise<boolean> {
  const offer = { protocol, suites, groups: OLD_GROUPS, signatureSchemes, serverName: undefined, extensions: [OF_ISSUERS] }
  return (await server.hello(offer)).kind === 'server-hello'
}

/** Some servers refuse a hello for one suite in it: theirs alone are offered again then. */
async function askForUsualKeys(server: Server, protocol: HelloProtocol, suites: readonly number[]): Promise<void> {
  if (await askOld(server, protocol, suites, USUAL_SCHEMES)) return
  const theirs = server.known
    .suites(protocol)
    .map(({ code }) => code)
    .filter((code) => suites.includes(code))
  if (theirs.length > 0) await askOld(server, protocol, theirs, USUAL_SCHEMES)
}

/** In TLS 1.3 the certificate comes encrypted: it takes a handshake with a real key share. Gives the scheme that was signed with. */
function askNew(server: Server, signatureSchemes: readonly number[]): Promise<number | undefined> {
  const options = { ...tls13Options(server.known), signatureSchemes, extensions: [OF_ISSUERS], serverName: undefined }
  return server.session(options, async (conversation) => {
    await conversation.handshake()
    return signedWith(conversation.events)
  })
}

/** In TLS 1.3 all at once, since hardly anybody has any; whoever has one is asked for the others. */
async function askForRareKeys(server: Server, old: HelloProtocol | undefined): Promise<void> {
  if (server.known.protocols.includes('TLSv1.3')) {
    const signed = await askNew(server, RARE_SCHEMES)
    // A server that signs with what was not offered does not read the list.
    if (signed === undefined || !RARE_SCHEMES.includes(signed)) return
    for (const { schemes } of RARE) if (!schemes.includes(signed)) await askNew(server, schemes)
  } else if (old === 'TLSv1.2') {
    // Before that nobody could say what it knows, RFC 5246 §7.4.1.4.1.
    for (const { schemes, suites } of RARE) await askOld(server, old, suites, schemes)
  }
}

import { constants, createHash } from 'node:crypto'
import type { TlsOptions } from 'node:tls'
import { PosternError } from '../../errors.ts'
import { FEATURES, type Policy } from '../../policy/index.ts'
import { NODE_PROTOCOLS, type NodeProtocol } from './abilities.ts'
import type { Inexpressible } from './inexpressible.ts'
import { securityLevel } from './security-level.ts'
import { speakable, type Means, type Speakable } from './speakable.ts'

/** The options of a context, without keys and certificates. */
export type ContextOptions = Readonly<
  Pick<
    TlsOptions,
    | 'minVersion'
    | 'maxVersion'
    | 'secureOptions'
    | 'ciphers'
    | 'ecdhCurve'
    | 'dhparam'
    | 'sigalgs'
    | 'honorCipherOrder'
    | 'sessionIdContext'
  >
>

/** A policy as this Node can keep it. */
export interface NodeContext {
  /** For `tls.createServer()` and `tls.createSecureContext()`. */
  readonly options: ContextOptions
  readonly spoken: Speakable
  /** Whether a hello in the format of SSL 2.0 may be passed on. OpenSSL has no option for it: whoever reads the hello first decides. */
  readonly sslv2Hello: boolean
  /** What the policy allows or demands and these options do not give. */
  readonly inexpressible: readonly Inexpressible[]
}

export interface ServerWishes extends Means {
  /** Sessions live on where policy and revision are the same: in other processes, after a restart. */
  readonly revision: string
  /** Whose certificates go with it: sessions do not cross from one to another. */
  readonly identity?: string | undefined
  /** False turns off the empty records before those of CBC suites in TLS 1.0, which disarm BEAST and which some old clients choke on. Default true. */
  readonly emptyFragments?: boolean
  /** ChaCha20 comes first for clients that put it first, as those without AES in hardware do. Default: where the policy leaves the order open. */
  readonly chachaFirstForClients?: boolean
}

const OFF: Readonly<Record<NodeProtocol, number>> = {
  TLSv1: constants.SSL_OP_NO_TLSv1,
  'TLSv1.1': constants.SSL_OP_NO_TLSv1_1,
  'TLSv1.2': constants.SSL_OP_NO_TLSv1_2,
  'TLSv1.3': constants.SSL_OP_NO_TLSv1_3,
}

/** Hex digits of the session id context: OpenSSL takes 32 octets, and these are 128 bits. */
const SESSION_CONTEXT_LENGTH = 32

/**
 * A policy as options of Node for the server role. What cannot be had is in `inexpressible`; `POLICY_UNSPEAKABLE` is thrown where nothing is left.
 */
export function nodeOptions(policy: Policy, wishes: ServerWishes): NodeContext {
  const spoken = speakable(policy, wishes)
  refuseNothing(policy, spoken)
  const server = policy.order !== 'client'
  const chacha = wishes.chachaFirstForClients ?? policy.order === 'any'
  const secureOptions =
    switchedOff(spoken.protocols) |
    constants.SSL_OP_NO_RENEGOTIATION |
    (server ? constants.SSL_OP_CIPHER_SERVER_PREFERENCE : 0) |
    (server && chacha ? constants.SSL_OP_PRIORITIZE_CHACHA : 0) |
    (wishes.emptyFragments === false ? constants.SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS : 0)
  const options: ContextOptions = {
    ...contextLists(policy, spoken),
    ...versionRange(spoken.protocols),
    secureOptions,
    // Node sets the preference of its own accord unless it is told not to.
    honorCipherOrder: server,
    sessionIdContext: sessionContext(policy, wishes),
    ...(spoken.dh === undefined ? {} : { dhparam: spoken.dh.pem }),
  }
  const sslv2Hello = policy.sslv2Hello && takesSslv2Hello(spoken)
  return {
    options,
    spoken,
    sslv2Hello,
    inexpressible: [...spoken.inexpressible, ...sslv2Loss(policy, sslv2Hello), ...featureLosses(policy)],
  }
}

/** A context without versions would be made, and would refuse everybody. */
export function refuseNothing(policy: Policy, { protocols, inexpressible }: Speakable): void {
  if (protocols.length > 0) return
  const lost = inexpressible.filter(({ part }) => part === 'protocol').map(({ name, why }) => `${name}: ${why}`)
  const why = policy.protocols.allowed.length === 0 ? 'it allows no version' : `nothing is left of it (${lost.join('; ')})`
  throw new PosternError('input', 'POLICY_UNSPEAKABLE', `Cannot speak TLS by the policy ${policy.name}: ${why}`, {
    remedy: 'Allow a version from TLS 1.0 to TLS 1.3, a suite for it, and for TLS 1.3 a group and a signature scheme.',
  })
}

/** Oldest and newest; what is between and not spoken is switched off besides. */
export function versionRange(protocols: readonly NodeProtocol[]): Pick<ContextOptions, 'minVersion' | 'maxVersion'> {
  const [oldest, newest] = [protocols[0], protocols.at(-1)]
  return oldest === undefined || newest === undefined ? {} : { minVersion: oldest, maxVersion: newest }
}

/** Everything that is not spoken, whether or not the range leaves it out already. */
export function switchedOff(protocols: readonly NodeProtocol[]): number {
  return NODE_PROTOCOLS.reduce((off, one) => (protocols.includes(one) ? off : off | OFF[one]), 0)
}

/**
 * Node refuses a security level that stands beside suites of TLS 1.3 alone. This suite cannot be used where no older version is spoken.
 */
const PLACEHOLDER = 'AES128-SHA'

/** Groups are never an empty list, which would turn them all off; where none is wanted, no suite is left that asks for one. */
export function contextLists(policy: Policy, spoken: Speakable): Pick<ContextOptions, 'ciphers' | 'ecdhCurve' | 'sigalgs'> {
  const names = spoken.suites.flatMap(({ openssl }) => openssl ?? [])
  const hasOlder = spoken.protocols.some((protocol) => protocol !== 'TLSv1.3')
  const groups = spoken.groups.flatMap(({ openssl }) => openssl ?? [])
  return {
    ciphers: [...names, ...(hasOlder ? [] : [PLACEHOLDER]), `@SECLEVEL=${securityLevel(policy, spoken)}`].join(':'),
    ...(groups.length === 0 ? {} : { ecdhCurve: groups.join(':') }),
    ...(spoken.signatureSchemes.length === 0 ? {} : { sigalgs: spoken.signatureSchemes.join(':') }),
  }
}

/** A ticket is good where it was made and nowhere else: suites of one policy must not come back under another. */
function sessionContext(policy: Policy, { revision, identity = '' }: ServerWishes): string {
  return createHash('sha256')
    .update(JSON.stringify([policy, revision, identity]))
    .digest('hex')
    .slice(0, SESSION_CONTEXT_LENGTH)
}

/** Such a hello has no extensions: it cannot reach TLS 1.3, and in TLS 1.2 it says SHA-1, RFC 5246 §7.4.1.4.1. */
function takesSslv2Hello({ protocols, signatureSchemes }: Speakable): boolean {
  if (protocols.includes('TLSv1') || protocols.includes('TLSv1.1')) return true
  return protocols.includes('TLSv1.2') && signatureSchemes.some((scheme) => scheme.endsWith('_sha1'))
}

function sslv2Loss(policy: Policy, taken: boolean): readonly Inexpressible[] {
  // Where nothing but TLS 1.3 is allowed, nobody could have meant it.
  if (!policy.sslv2Hello || taken || policy.protocols.allowed.every((protocol) => protocol === 'TLSv1.3')) return []
  const why = 'such a hello ends in TLS 1.2 with SHA-1 at best, which is not allowed'
  return [{ part: 'sslv2Hello', name: 'SSLv2Hello', why, demanded: false }]
}

/** What every context of Node has, whatever it is told. The others of `FEATURES` it never has. */
const ALWAYS: readonly string[] = ['extendedMasterSecret', 'encryptThenMac', 'secureRenegotiation', 'fallbackScsv', 'downgradeSentinel']

function featureLosses({ features }: Policy): readonly Inexpressible[] {
  return FEATURES.flatMap(({ name }): readonly Inexpressible[] => {
    const always = ALWAYS.includes(name)
    if (!(always ? features.forbidden : features.required).includes(name)) return []
    return [{ part: 'feature', name, why: always ? 'Node always has it' : 'Node never has it', demanded: true }]
  })
}

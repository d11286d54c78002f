import type { KeyKind } from './certificate.ts'
import type { ClientHello } from './client-hello.ts'
import type { DialogueName } from './dialogue.ts'
import { Group, SSL3, TLS10, TLS11, TLS12, TLS13 } from './numbers.ts'
import type { PrimeName } from './primes.ts'

/** What a server does instead of going on. */
export type Reaction =
  | { readonly alert: number; readonly level?: 1 | 2 }
  | { readonly text: string }
  | { readonly bytes: Buffer }
  | 'close'
  | 'reset'
  | 'silence'

/** How heartbeat requests of RFC 6520 §4 are answered; without one the extension is not offered. */
export type HeartbeatHabit =
  /** As many bytes as the request claims to hold: its own, then the server's memory. */
  | 'bleeds'
  /** RFC 6520 §4: a request that claims too much is dropped without a word, others are answered. */
  | 'correct'
  /** The claim is cut down to what came. */
  | 'clips'
  /** No request is ever answered. */
  | 'silent'
  | { readonly instead: Reaction }

/** What happens to a ChangeCipherSpec that comes before the key exchange. */
export type EarlyCcsHabit =
  /** Keys are made from an empty master secret, as OpenSSL before 1.0.1h did (CVE-2014-0224). */
  | 'accepts'
  /** Dropped without a word, and so is every later one. */
  | 'ignores'
  /** Nothing until the next record comes, then unexpected_message. */
  | 'alerts-late'
  | { readonly instead: Reaction }

/** How the padding of an RSA-encrypted premaster secret is wrong, as the ROBOT probes vary it. */
export type Padding = 'good' | 'bad-start' | 'no-zero' | 'misplaced-zero' | 'bad-version'

/** A Bleichenbacher oracle: what differs, and when. What is not named goes on like a good one with a random secret. */
export interface PaddingHabit {
  readonly reactions: Partial<Record<Padding, Reaction>>
  /** At the key exchange itself, or only when the client's Finished has come. */
  readonly at: 'key-exchange' | 'finished'
  /** Shared by all connections: the reaction of the nth one, whatever its padding was. Goes before `reactions`. */
  readonly flapping?: (nth: number) => Reaction | undefined
}

/** What a client's wish to renegotiate is answered with. */
export type RenegotiationHabit =
  | 'allows'
  /** no_renegotiation as a warning, RFC 5246 §7.2.2. */
  | 'refuses'
  | 'ignores'
  /** Carried out so many times, then the connection is closed. */
  | { readonly times: number }
  | { readonly instead: Reaction }

export type SplittingHabit = 'none' | 'one-and-rest' | 'empty-first' | 'one-and-rest-but-first'

export interface TicketHabit {
  readonly lifetime: number
  /** A returned ticket resumes the session. */
  readonly accepted: boolean
  /** The extension is answered, but the ticket is of length 0, RFC 5077 §3.3. */
  readonly empty?: boolean
  /** The session id of a resumption: RFC 5077 §3.4 wants an echo; F5 padded it to 32 bytes with memory (CVE-2016-9244). */
  readonly sessionId: 'echo' | 'echo-and-memory' | 'own'
}

export interface Tls13Habit {
  readonly suites: readonly number[]
  readonly groups: readonly number[]
  readonly suiteOrder: 'server' | 'client'
  /** `share`: the first usable key share of the client wins; `server`: the server's best group, even for another round trip. */
  readonly groupOrder: 'server' | 'share'
  readonly signatureSchemes: readonly number[]
  readonly tickets: number
  readonly ticketLifetime: number
  /** In NewSessionTicket; 0 leaves the extension out. */
  readonly maxEarlyData: number
  readonly acceptsPsk: boolean
  /** Milliseconds that a ticket has to be old by what its client says, RFC 8446 §4.2.11.1. */
  readonly leastTicketAge: number
  readonly acceptsEarlyData: boolean
  /** A cookie in every HelloRetryRequest, RFC 8446 §4.2.2. */
  readonly cookie: boolean
}

/** How text that came together with the STARTTLS command is treated. */
export type InjectionHabit =
  /** Kept, and executed as if it had come through TLS (CVE-2011-0411). */
  | 'executes'
  | 'drops'
  /** The command is refused. */
  | 'refuses'
  /** Answered at once, in clear, behind the go-ahead. */
  | 'answers-in-clear'

/** A server's posture and habits. Every field has a default: see `script()`. */
export interface Script {
  /** Wire numbers of SSLv3 to TLS 1.3. */
  readonly versions: readonly number[]
  /** Suites before TLS 1.3 in the server's order, for all versions or for each. */
  readonly suites: readonly number[] | Readonly<Record<number, readonly number[]>>
  readonly order: 'server' | 'client' | 'server-but-chacha-by-client'
  /** Groups of ECDHE before TLS 1.3. */
  readonly groups: readonly number[]
  readonly groupOrder: 'server' | 'client'
  readonly dh: {
    readonly prime: PrimeName
    /** With FFDHE groups in the hello: the same field, that of RFC 7919 §4, or no DHE. */
    readonly withFfdheGroups: 'same' | 'ffdhe2048' | 'none'
    readonly withoutFfdheGroups: 'same' | 'none'
    readonly exportPrime: PrimeName
  }
  /** The same public value in every connection. */
  readonly reuses: { readonly dh: boolean; readonly ecdh: boolean }
  readonly rsaKey: KeyKind & `rsa${string}`
  /** Before TLS 1.3: schemes for ServerKeyExchange in the server's order, RFC 5246 §7.4.1.4.1. */
  readonly signatureSchemes: readonly number[]
  /** In the server's order; 1 is DEFLATE, RFC 3749 §2. */
  readonly compressions: readonly number[]
  readonly tls13: Tls13Habit
  readonly extendedMasterSecret: boolean
  readonly encryptThenMac: boolean
  readonly renegotiationInfo: boolean
  readonly truncatedHmac: boolean
  readonly alpn: readonly string[]
  readonly statusRequest: boolean
  readonly sct: boolean
  /** Extensions that nobody asked for. */
  readonly unsolicited: readonly (readonly [type: number, data: Buffer])[]
  readonly heartbeat: HeartbeatHabit | undefined
  /** `echo` gives a stranger's id back in a full handshake, which looks like a resumption that it is not. */
  readonly sessionIds: 'resumed' | 'forgotten' | 'none' | 'echo'
  readonly tickets: TicketHabit | undefined
  /** A resumed session is answered with the other suite instead of its own. */
  readonly resumesWithSuite: number | undefined
  readonly certificateRequest: { readonly authorities: number; readonly required: boolean } | undefined
  /** RFC 8446 §4.1.3: the last bytes of ServerHello.random. */
  readonly sentinel: boolean
  readonly fallbackScsv: boolean
  readonly readsSupportedVersions: boolean
  /** An SSLv2-format hello for SSLv3 or TLS: answered, or not. */
  readonly sslv2Hello: 'answers' | Reaction
  /** SSLv2 itself. */
  readonly sslv2: Sslv2Habit | undefined
  /** What is said to an unsupported version, to no common suite, to no common group, and to what is no hello at all. */
  readonly refusals: {
    readonly version: Reaction | 'answers-with-best'
    readonly suite: Reaction
    readonly group: Reaction
    readonly nonsense: Reaction
    /** To a hello that asks for SSLv2 and nothing newer. */
    readonly sslv2: Reaction
  }
  /** A hello that this server cannot stand. Asked before everything else. */
  readonly balks: ((hello: ClientHello) => Reaction | undefined) | undefined
  /** Suites that the server chooses and then cannot carry out. */
  readonly poison: { readonly suites: readonly number[]; readonly reaction: Reaction } | undefined
  /** ServerHello fields that are not what was negotiated. */
  readonly lies: {
    readonly version?: (hello: ClientHello) => number
    readonly suite?: (hello: ClientHello) => number
    readonly compression?: number
  }
  readonly earlyCcs: EarlyCcsHabit
  readonly padding: PaddingHabit | undefined
  readonly renegotiation: RenegotiationHabit
  readonly splitting: SplittingHabit
  readonly injection: InjectionHabit
  /** The protocol in which TLS has to be asked for; without one it begins with the connection. */
  readonly starttls: DialogueName | undefined
  /** What is spoken inside TLS where it begins at once. */
  readonly speaks: DialogueName | 'http'
  /** Before each answer of a heartbeat, a key exchange or an early ChangeCipherSpec. */
  readonly delayMs: (nth: number) => number
  /** Bytes at which outgoing records are cut; RFC 5246 §6.2.1 allows 2^14. */
  readonly fragment: number
  /** Stops in the middle of this handshake message, and then does that. */
  readonly cut: { readonly message: number; readonly reaction: Reaction } | undefined
  /** Spoils handshake messages of SSLv3 to TLS 1.2 before they are sent. */
  readonly mangles: ((message: Buffer) => Buffer) | undefined
}

export interface Sslv2Habit {
  readonly kinds: readonly number[]
  /** Lists every kind it has, or only those that the client has too. */
  readonly lists: 'all' | 'common'
  readonly certificate: boolean
}

/** The seven kinds of SSL 2.0: RC4, RC4-export, RC2, RC2-export, IDEA, DES, 3DES. */
export const SSLV2_KINDS: readonly number[] = [0x010080, 0x020080, 0x030080, 0x040080, 0x050080, 0x060040, 0x0700c0]

const DEFAULTS: Omit<Script, 'readsSupportedVersions' | 'sentinel'> = {
  versions: [TLS12],
  suites: [0xc02f, 0xc030, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035],
  order: 'server',
  groups: [Group.x25519, Group.secp256r1, Group.secp384r1],
  groupOrder: 'server',
  dh: { prime: 'modp2048', withFfdheGroups: 'same', withoutFfdheGroups: 'same', exportPrime: 'custom512' },
  reuses: { dh: false, ecdh: false },
  rsaKey: 'rsa2048',
  signatureSchemes: [0x0804, 0x0401, 0x0403, 0x0501, 0x0601, 0x0201, 0x0203, 0x0402, 0x0202],
  compressions: [0],
  tls13: {
    suites: [0x1302, 0x1303, 0x1301],
    groups: [Group.x25519, Group.secp256r1, Group.secp384r1],
    suiteOrder: 'server',
    groupOrder: 'share',
    signatureSchemes: [0x0403, 0x0804, 0x0805, 0x0806],
    tickets: 2,
    ticketLifetime: 7200,
    maxEarlyData: 0,
    acceptsPsk: true,
    leastTicketAge: 0,
    acceptsEarlyData: false,
    cookie: false,
  },
  extendedMasterSecret: true,
  encryptThenMac: false,
  renegotiationInfo: true,
  truncatedHmac: false,
  alpn: [],
  statusRequest: false,
  sct: false,
  unsolicited: [],
  heartbeat: undefined,
  sessionIds: 'none',
  tickets: undefined,
  resumesWithSuite: undefined,
  certificateRequest: undefined,
  fallbackScsv: true,
  sslv2Hello: 'close',
  sslv2: undefined,
  refusals: { version: { alert: 70 }, suite: { alert: 40 }, group: { alert: 40 }, nonsense: 'close', sslv2: 'close' },
  balks: undefined,
  poison: undefined,
  lies: {},
  earlyCcs: { instead: { alert: 10 } },
  padding: undefined,
  renegotiation: 'refuses',
  splitting: 'none',
  injection: 'drops',
  starttls: undefined,
  speaks: 'smtp',
  delayMs: () => 0,
  fragment: 16384,
  cut: undefined,
  mangles: undefined,
}

/** A posture with everything that is not named at its default: TLS 1.2, eight suites, in order, without flaws. */
export function script(given: Partial<Omit<Script, 'tls13'>> & { readonly tls13?: Partial<Tls13Habit> } = {}): Script {
  const { tls13, ...rest } = given
  const versions = given.versions ?? DEFAULTS.versions
  const modern = versions.includes(TLS13)
  return { ...DEFAULTS, sentinel: modern, readsSupportedVersions: modern, ...rest, tls13: { ...DEFAULTS.tls13, ...tls13 } }
}

/** SSLv3 to TLS 1.3. */
export const ALL_VERSIONS: readonly number[] = [SSL3, TLS10, TLS11, TLS12, TLS13]

import { PosternError } from '../errors.ts'
import { resolveCipherList, withoutPskAndSrp } from '../policy/index.ts'
import { groupByName, signatureScheme, suiteByName, type CipherSuite, type ProtocolName } from '../registry/index.ts'

type Offered = Exclude<ProtocolName, 'SSLv2'>

/** What the options of `postern handshake` say about the hello, as they were typed. */
export interface OfferValues {
  readonly ssl3?: true
  readonly tls1?: true
  readonly tls1_1?: true
  readonly tls1_2?: true
  readonly tls1_3?: true
  readonly cipher?: string
  readonly ciphersuites?: string
  readonly groups?: string
  readonly sigalgs?: string
  readonly alpn?: string
  readonly status?: true
}

/** The part of a hello that the options decide. Numbers are those of the wire. */
export interface Offer {
  readonly protocols: readonly Offered[]
  readonly cipherSuites: readonly number[]
  readonly groups?: readonly number[]
  readonly signatureSchemes?: readonly number[]
  readonly alpn: readonly string[]
  readonly statusRequest: boolean
}

const SWITCHES: readonly (readonly [keyof OfferValues, Offered])[] = [
  ['ssl3', 'SSLv3'],
  ['tls1', 'TLSv1'],
  ['tls1_1', 'TLSv1.1'],
  ['tls1_2', 'TLSv1.2'],
  ['tls1_3', 'TLSv1.3'],
]

/** What `openssl s_client` offers by itself reaches no further down either, but its builds differ. */
const USUAL: readonly Offered[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

/** Strong ones first, then what servers of the last thirty years may insist on: whoever asks for a handshake wants to see one. */
const USUAL_SUITES =
  'ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:DHE+AES:kRSA+AESGCM:kRSA+AES:ECDHE+CAMELLIA:DHE+CAMELLIA:kRSA+CAMELLIA'
const OLD_SUITES = 'ECDHE+3DES:DHE+3DES:kRSA+3DES:ECDHE+RC4:kRSA+RC4'

const TLS13_SUITES = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256'

/**
 * The hello that the options ask for.
 *
 * @throws PosternError of the input: `CIPHER_LIST_…`, `SUITE_NAME`, `GROUP_NAME`, `SIGNATURE_NAME`.
 */
export function offerOf(values: OfferValues): Offer {
  const chosen = SWITCHES.filter(([option]) => values[option] === true).map(([, protocol]) => protocol)
  const protocols = chosen.length === 0 ? USUAL : chosen
  const tls13 = protocols.includes('TLSv1.3') ? tls13Suites(values.ciphersuites ?? TLS13_SUITES) : []
  const old = protocols.some((protocol) => protocol !== 'TLSv1.3') ? oldSuites(values.cipher) : []
  return {
    protocols,
    cipherSuites: [...tls13, ...old].map((suite) => suite.code),
    ...(values.groups === undefined ? {} : { groups: words(values.groups).map(groupNamed) }),
    ...(values.sigalgs === undefined ? {} : { signatureSchemes: words(values.sigalgs).map(schemeNamed) }),
    alpn: values.alpn === undefined ? [] : words(values.alpn),
    statusRequest: values.status ?? false,
  }
}

/** Suite names of any age and spelling, or a cipher list as today's OpenSSL reads it, or else as 1.0.2 did. */
function oldSuites(list: string | undefined): readonly CipherSuite[] {
  if (list === undefined) return [...resolved(USUAL_SUITES, '3.5').suites, ...resolved(OLD_SUITES, '1.0.2').suites]
  const named = words(list).map((word) => suiteByName(word))
  if (named.length > 0 && named.every((suite) => suite !== undefined)) return named
  const [today, old] = [resolved(list, '3.5'), resolved(list, '1.0.2')]
  if (today.suites.length > 0) return today.suites
  if (old.suites.length > 0) return old.suites
  const { refused } = today.resolution
  throw new PosternError(
    'input',
    refused?.code ?? 'CIPHER_LIST_EMPTY',
    `Cannot offer ${JSON.stringify(list)}: ${refused?.why ?? 'it is empty'}`,
    {
      remedy: `Name suites, or a list that postern ciphers understands, such as 'HIGH:!aNULL'.`,
    },
  )
}

function resolved(list: string, generation: '3.5' | '1.0.2'): { resolution: ReturnType<typeof resolveCipherList>; suites: CipherSuite[] } {
  const resolution = resolveCipherList(list, { generation })
  return { resolution, suites: withoutPskAndSrp(resolution.suites).filter((suite) => suite.kx !== 'any') }
}

function tls13Suites(list: string): readonly CipherSuite[] {
  return words(list).map((word) => {
    const suite = suiteByName(word)
    if (suite?.kx === 'any') return suite
    const why = suite === undefined ? 'nobody has registered a suite of this name' : 'it is no suite of TLS 1.3'
    throw new PosternError('input', 'SUITE_NAME', `Cannot offer ${JSON.stringify(word)}: ${why}`, {
      remedy: 'Use names such as TLS_AES_128_GCM_SHA256 here, and --cipher for the suites of TLS 1.2 and earlier.',
    })
  })
}

function groupNamed(word: string): number {
  const group = groupByName(word)
  if (group !== undefined) return group.code
  throw new PosternError('input', 'GROUP_NAME', `Cannot offer the group ${JSON.stringify(word)}: nobody has registered it`, {
    remedy: 'Use names such as X25519, P-256, secp384r1, ffdhe2048 or X25519MLKEM768, separated by colons.',
  })
}

const SIGNATURE_PREFIXES: Readonly<Record<string, string>> = {
  RSA: 'rsa_pkcs1_',
  'RSA-PSS': 'rsa_pss_rsae_',
  PSS: 'rsa_pss_rsae_',
  DSA: 'dsa_',
}
const ECDSA: Readonly<Record<string, string>> = {
  SHA1: 'ecdsa_sha1',
  SHA224: 'ecdsa_sha224',
  SHA256: 'ecdsa_secp256r1_sha256',
  SHA384: 'ecdsa_secp384r1_sha384',
  SHA512: 'ecdsa_secp521r1_sha512',
}

/** `rsa_pss_rsae_sha256` as IANA has it, or `RSA-PSS+SHA256` as OpenSSL does. */
function schemeNamed(word: string): number {
  const [key = '', hash] = word.toUpperCase().split('+')
  const translated =
    hash === undefined ? word.toLowerCase() : key === 'ECDSA' ? ECDSA[hash] : `${SIGNATURE_PREFIXES[key] ?? '?'}${hash.toLowerCase()}`
  const name = signatureScheme.names.find((one) => one.toLowerCase() === translated)
  if (name !== undefined) return signatureScheme.code(name)
  throw new PosternError(
    'input',
    'SIGNATURE_NAME',
    `Cannot offer the signature algorithm ${JSON.stringify(word)}: nobody has registered it`,
    {
      remedy: 'Use names such as rsa_pss_rsae_sha256 or RSA+SHA256, separated by colons.',
    },
  )
}

function words(list: string): string[] {
  return list.split(/[:,\s]+/).filter((word) => word !== '')
}

import { oldOpensslNames, suiteByCode, type CipherSuite } from '../../registry/index.ts'
import { AU, ENC, EVERYTHING, KX, MAC, PROTOCOL, type Criteria, type SuiteBits } from './criteria.ts'
import { isSince, type OpensslGeneration } from './generation.ts'
import { suitesOf } from './suite-bits.ts'
import { SuiteOrder } from './suite-order.ts'
import { wordsOf } from './words.ts'

/** What a default build of one generation knows before it reads a list. */
export interface Build {
  readonly generation: OpensslGeneration
  /** Every suite, none of them active, in the order that a bare `ALL` gives. */
  readonly order: SuiteOrder
  /** Words and names of suites. */
  readonly vocabulary: ReadonlyMap<string, Criteria>
}

const builds = new Map<OpensslGeneration, Build>()

/** The build of a generation; made once. */
export function buildOf(generation: OpensslGeneration): Build {
  const known = builds.get(generation)
  if (known !== undefined) return known
  const order = generation === '1.0.2' ? oldOrder() : newOrder(generation)
  const build = { generation, order, vocabulary: vocabulary(generation, order.suites) }
  builds.set(generation, build)
  return build
}

const nowToOld: ReadonlyMap<string, string> = new Map([...oldOpensslNames].map(([old, now]) => [now, old]))

/** The name of a suite in this generation, or undefined where OpenSSL has never had it. */
export function opensslName(suite: CipherSuite, generation: OpensslGeneration): string | undefined {
  if (suite.openssl === undefined || generation !== '1.0.2') return suite.openssl
  return nowToOld.get(suite.openssl) ?? suite.openssl
}

const AES_GCM = ENC.AES128GCM | ENC.AES256GCM
const AES_REST = ENC.AES128 | ENC.AES256 | ENC.AES128CCM | ENC.AES256CCM | ENC.AES128CCM8 | ENC.AES256CCM8

/** The sorting of 1.0.2, ssl_create_cipher_list(): ECDHE, then AES, then the rest, by strength. */
function oldOrder(): SuiteOrder {
  const order = new SuiteOrder(suitesOf('1.0.2'))
  order.apply('add', { ...EVERYTHING, kx: KX.ECDHE })
  order.apply('delete', { ...EVERYTHING, kx: KX.ECDHE })
  order.apply('add', { ...EVERYTHING, enc: AES_GCM | AES_REST })
  order.apply('add', EVERYTHING)
  order.apply('move', { ...EVERYTHING, mac: MAC.MD5 })
  order.apply('move', { ...EVERYTHING, au: AU.NULL })
  order.apply('move', { ...EVERYTHING, au: AU.ECDH })
  order.apply('move', { ...EVERYTHING, kx: KX.RSA })
  order.apply('move', { ...EVERYTHING, kx: KX.PSK })
  order.apply('move', { ...EVERYTHING, enc: ENC.RC4 })
  order.sortByStrength()
  order.apply('delete', EVERYTHING)
  return order
}

/** The sorting since 1.1.0: beyond strength, TLS 1.2 before older, (EC)DHE with AEAD before (EC)DHE before AEAD before the rest. */
function newOrder(generation: OpensslGeneration): SuiteOrder {
  const order = new SuiteOrder(suitesOf(generation))
  order.apply('add', { ...EVERYTHING, kx: KX.ECDHE, au: AU.ECDSA })
  order.apply('add', { ...EVERYTHING, kx: KX.ECDHE })
  order.apply('delete', { ...EVERYTHING, kx: KX.ECDHE })
  order.apply('add', { ...EVERYTHING, enc: AES_GCM })
  order.apply('add', { ...EVERYTHING, enc: ENC.CHACHA20 })
  order.apply('add', { ...EVERYTHING, enc: AES_REST })
  order.apply('add', EVERYTHING)
  order.apply('move', { ...EVERYTHING, mac: MAC.MD5 })
  order.apply('move', { ...EVERYTHING, au: AU.NULL })
  order.apply('move', { ...EVERYTHING, kx: KX.RSA })
  order.apply('move', { ...EVERYTHING, kx: KX.PSK })
  order.apply('move', { ...EVERYTHING, enc: ENC.RC4 })
  order.sortByStrength()
  order.bump({ ...EVERYTHING, protocol: PROTOCOL['TLSv1.2'] })
  order.bump({ ...EVERYTHING, mac: MAC.AEAD })
  order.bump({ ...EVERYTHING, kx: KX.DHE | KX.ECDHE })
  order.bump({ ...EVERYTHING, kx: KX.DHE | KX.ECDHE, mac: MAC.AEAD })
  order.apply('delete', EVERYTHING)
  return order
}

/** Names of suites come before words. IANA names are names since 3.2. */
function vocabulary(generation: OpensslGeneration, suites: readonly SuiteBits[]): Map<string, Criteria> {
  const names = wordsOf(generation)
  for (const bits of suites) {
    const suite = suiteByCode(bits.code)
    if (suite === undefined) continue
    const openssl = opensslName(suite, generation)
    const criteria = nameCriteria(bits, generation)
    if (openssl !== undefined) names.set(openssl, criteria)
    if (isSince(generation, '3.5')) names.set(suite.iana, criteria)
  }
  return names
}

/**
 * A name selects by the algorithms of its suite, whose protocol does not count; since 1.1.0 also by its number. In
 * 1.0.2 a suite with the same algorithms would be selected too.
 */
function nameCriteria(bits: SuiteBits, generation: OpensslGeneration): Criteria {
  const { kx, au, enc, mac, strength, exportGrade, notDefault } = bits
  return { kx, au, enc, mac, strength, exportGrade, notDefault, protocol: 0, code: generation === '1.0.2' ? undefined : bits.code }
}

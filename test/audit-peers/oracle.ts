/**
 * What a server accepts, found out by brute force: one suite or one group on each connection. Slow, simple, and of another make than
 * the audit that it proves: it shares neither the hellos, nor the readers, nor the search with src/.
 */
import { sslv2FormatHello } from '../peers/hellos.ts'
import { sayBytes, sayHello, type Entry, type Reply } from './one-hello.ts'

const span = (from: number, to: number): readonly number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** 0x00c6 and 0x00c7 are of TLS 1.3, and 0x00ff and 0x5600 are signals. */
const OLD_SUITES: readonly number[] = [
  ...span(0x0001, 0x00c5),
  ...span(0xc001, 0xc0b5),
  ...span(0xc100, 0xc106),
  ...span(0xcc13, 0xcc15),
  ...span(0xcca8, 0xccae),
  ...span(0xd001, 0xd005),
  ...span(0xff85, 0xff87),
  ...span(0xfee0, 0xfee1),
  ...span(0xfefe, 0xfeff),
]
const NEW_SUITES: readonly number[] = [...span(0x1301, 0x1307), 0x00c6, 0x00c7]
/** Elliptic curves up to TLS 1.2. */
const CURVES: readonly number[] = span(1, 34)
const P256 = 23
const P384 = 24
const FIELDS: readonly number[] = span(0x0100, 0x0104)
const HYBRIDS: readonly number[] = [0x0200, 0x0201, 0x0202, 0x11eb, 0x11ec, 0x11ed, 0x6399, 0x639a]
/** What ordinary clients name. */
const USUAL_GROUPS: readonly number[] = [29, 23, 24, 25, 30]

export const VERSIONS = { SSLv3: 0x0300, TLSv1: 0x0301, 'TLSv1.1': 0x0302, 'TLSv1.2': 0x0303, 'TLSv1.3': 0x0304 } as const
export type Version = keyof typeof VERSIONS

export interface Truth {
  /** Sorted by number. A version without a suite is not offered. */
  readonly suites: Readonly<Record<Version, readonly number[]>>
  /** Curves that the newest version up to TLS 1.2 takes for ECDHE, by number. */
  readonly curves: readonly number[]
  /** Groups of TLS 1.3, by number. */
  readonly groups: readonly number[]
  /** Bits of every DH modulus seen, ascending. */
  readonly moduli: readonly number[]
  /** A hello in the format of SSLv2 that names every one of these suites is answered with SSLv3 or TLS. */
  readonly sslv2Hello: boolean | 'unknown'
}

/** Asks everything, `parallel` connections at once. `oldSuites`: the suites up to TLS 1.2 that are tried. */
export async function bruteForce(
  entry: Entry,
  { parallel, oldSuites = OLD_SUITES }: { readonly parallel: number; readonly oldSuites?: readonly number[] },
): Promise<Truth> {
  const moduli = new Set<number>()
  const note = (reply: Reply): Reply => {
    if (reply.modulus !== undefined) moduli.add(reply.modulus)
    return reply
  }
  const accepts = async (version: number, suites: readonly number[], groups: readonly number[]): Promise<boolean> => {
    const reply = note(await sayHello(entry, { version, suites, groups }))
    return reply.version === version && reply.suite !== undefined && suites.includes(reply.suite)
  }
  // JSSE takes a list of groups that it does not know for none, and uses what it likes.
  const takesGroup = async (version: number, suites: readonly number[], group: number): Promise<boolean> => {
    // An ECDSA certificate is served only to those who name its curve too, RFC 8422 §5.1.
    for (const groups of [[group], [group, P256], [group, P384]]) {
      const reply = note(await sayHello(entry, { version, suites, groups }))
      if (reply.version === version && reply.group === group) return true
      if (version === VERSIONS['TLSv1.3']) return false
    }
    return false
  }
  const suites: Record<Version, readonly number[]> = { SSLv3: [], TLSv1: [], 'TLSv1.1': [], 'TLSv1.2': [], 'TLSv1.3': [] }
  for (const [name, version] of entriesOf(VERSIONS)) {
    const all =
      version === VERSIONS['TLSv1.3'] ? NEW_SUITES : version === VERSIONS.SSLv3 ? oldSuites.filter((suite) => suite < 0xc023) : oldSuites
    // DHE may depend on whether the client names groups of RFC 7919, in both directions.
    suites[name] = await filter(all, parallel, async (suite) => {
      if (await accepts(version, [suite], [...USUAL_GROUPS, ...FIELDS])) {
        if (DHE.has(suite)) await accepts(version, [suite], USUAL_GROUPS)
        return true
      }
      return DHE.has(suite) && (await accepts(version, [suite], USUAL_GROUPS))
    })
  }
  const newest = (['TLSv1.2', 'TLSv1.1', 'TLSv1'] as const).find((version) => suites[version].length > 0)
  const ecdhe = newest === undefined ? [] : suites[newest].filter((suite) => ECDHE.has(suite))
  // A server that keeps silent about it is waited for while the rest is asked.
  const sslv2Hello = takesSslv2Format(entry, [...new Set(Object.values(suites).flat())])
  return {
    suites,
    curves:
      newest === undefined || ecdhe.length === 0
        ? []
        : await filter(CURVES, parallel, (group) => takesGroup(VERSIONS[newest], ecdhe, group)),
    groups:
      suites['TLSv1.3'].length === 0
        ? []
        : await filter([...CURVES, ...FIELDS, ...HYBRIDS], parallel, (group) => takesGroup(VERSIONS['TLSv1.3'], suites['TLSv1.3'], group)),
    moduli: [...moduli].toSorted((one, other) => one - other),
    sslv2Hello: await sslv2Hello,
  }
}

async function takesSslv2Format(entry: Entry, suites: readonly number[]): Promise<boolean | 'unknown'> {
  const old = suites.filter((suite) => !NEW_SUITES.includes(suite))
  if (old.length === 0) return false
  const { how } = await sayBytes(entry, sslv2FormatHello(VERSIONS['TLSv1.2'], [...old, 0x00ff]))
  return how === 'silent' ? 'unknown' : how === 'server-hello'
}

/** DHE and DH_anon, with every authentication: RFC 5246 §A.5 and the lists after it. */
const DHE: ReadonlySet<number> = new Set([
  ...span(0x11, 0x1b),
  0x2d,
  0x32,
  0x33,
  0x34,
  0x38,
  0x39,
  0x3a,
  0x40,
  0x44,
  0x45,
  0x46,
  ...span(0x60, 0x66),
  0x67,
  0x6a,
  0x6b,
  0x6c,
  0x6d,
  ...span(0x72, 0x79),
  0x87,
  0x88,
  0x89,
  ...span(0x8e, 0x91),
  0x99,
  0x9a,
  0x9b,
  0x9e,
  0x9f,
  0xa2,
  0xa3,
  0xa6,
  0xa7,
  0xaa,
  0xab,
  ...span(0xb2, 0xb5),
  0xbd,
  0xbe,
  0xbf,
  0xc3,
  0xc4,
  0xc5,
  ...span(0xc03c, 0xc047),
  0xc052,
  0xc053,
  0xc056,
  0xc057,
  0xc05a,
  0xc05b,
  0xc066,
  0xc067,
  0xc06c,
  0xc06d,
  0xc07c,
  0xc07d,
  0xc080,
  0xc081,
  0xc084,
  0xc085,
  0xc090,
  0xc091,
  0xc096,
  0xc097,
  0xc09e,
  0xc09f,
  0xc0a2,
  0xc0a3,
  0xc0a6,
  0xc0a7,
  0xc0aa,
  0xc0ab,
  0xcc15,
  0xccaa,
  0xccad,
])

/** ECDHE with RSA, ECDSA or nothing: RFC 4492 §6, RFC 5289 §3, RFC 6367 §2, RFC 6209 §2, RFC 7251 §2, RFC 7905 §2. */
const ECDHE: ReadonlySet<number> = new Set([
  ...span(0xc006, 0xc00a),
  ...span(0xc010, 0xc019),
  0xc023,
  0xc024,
  0xc027,
  0xc028,
  0xc02b,
  0xc02c,
  0xc02f,
  0xc030,
  0xc048,
  0xc049,
  0xc04c,
  0xc04d,
  0xc05c,
  0xc05d,
  0xc060,
  0xc061,
  0xc072,
  0xc073,
  0xc076,
  0xc077,
  0xc086,
  0xc087,
  0xc08a,
  0xc08b,
  ...span(0xc0ac, 0xc0af),
  0xcc13,
  0xcc14,
  0xcca8,
  0xcca9,
])

/** Those for which the answer is yes, by number; `parallel` questions at once. */
async function filter(all: readonly number[], parallel: number, keep: (one: number) => Promise<boolean>): Promise<readonly number[]> {
  const kept: number[] = []
  await inParallel(all, parallel, async (one) => {
    if (await keep(one)) kept.push(one)
  })
  return kept.toSorted((one, other) => one - other)
}

/** Does it for all of them, `parallel` at once. */
export async function inParallel<T>(all: readonly T[], parallel: number, act: (one: T) => Promise<void>): Promise<void> {
  const queue = all.values()
  const work = async (): Promise<void> => {
    for (const one of queue) await act(one)
  }
  await Promise.all(Array.from({ length: parallel }, work))
}

function entriesOf<K extends string, V>(record: Readonly<Record<K, V>>): readonly (readonly [K, V])[] {
  return Object.entries(record) as unknown as readonly (readonly [K, V])[]
}

import { opensslName, resolveCipherList, suiteIs, withoutPskAndSrp, type OpensslGeneration, type Refusal } from '../../policy/index.ts'
import { suiteByName } from '../../registry/index.ts'

/** How a program puts its list into force. */
export interface ListUse {
  readonly generation: OpensslGeneration
  /** The level that the program or its build sets where the list does not. Absent: that of a default build. */
  readonly securityLevel?: number
}

export interface ListMeaning {
  /** IANA names, up to TLS 1.2, in order, without PSK and SRP, which need more than a list. */
  readonly suites: readonly string[]
  readonly refused: Refusal | undefined
}

/** The suites that can be spoken where a program hands this list to OpenSSL. */
export function suitesOfList(list: string, { generation, securityLevel }: ListUse): ListMeaning {
  const level = securityLevel ?? resolveCipherList('DEFAULT', { generation }).securityLevel
  const { suites, refused } = resolveCipherList(list, { generation, ...(level === undefined ? {} : { securityLevel: level }) })
  const names = withoutPskAndSrp(suites).map(({ iana }) => iana)
  return { suites: names.filter((name) => !suiteIs(name, 'tls1.3')), refused }
}

/**
 * Words whose suites are wanted or not wanted together. CBC is not among them: OpenSSL 1.1.1 would ignore it without a word, so that a list
 * made for a newer one would let in what it should not.
 */
const WORDS = [
  'aNULL eNULL kRSA kDHE DHE ECDHE aECDSA aDSS aRSA PSK SRP LOW MEDIUM EXPORT',
  'AES AES128 AES256 AESCCM AESCCM8 CHACHA20 CAMELLIA ARIA SEED IDEA 3DES DES RC4 RC2 MD5 SHA1 SHA256 SHA384 SSLv3',
]
  .join(' ')
  .split(' ')

const wordSuites = new Map<string, ReadonlyMap<string, ReadonlySet<string>>>()

/** What each word selects in a generation, at no level. */
function vocabulary(generation: OpensslGeneration): ReadonlyMap<string, ReadonlySet<string>> {
  const known = wordSuites.get(generation)
  if (known !== undefined) return known
  const made = new Map(
    WORDS.map((word) => [word, new Set(resolveCipherList(word, { generation }).suites.map(({ iana }) => iana))] as const),
  )
  wordSuites.set(generation, made)
  return made
}

/**
 * The shortest list found that means exactly `target`, in this order, where `list` means those and more: what is not wanted
 * taken out of the list as it is, or the names one by one.
 */
export function narrowList(list: string, target: readonly string[], use: ListUse): string | undefined {
  const names = listOfNames(target, use, list)
  const excluded = withExclusions(list, target, use)
  return excluded !== undefined && excluded.length <= (names?.length ?? Infinity) ? excluded : names
}

/** The list for these suites: as little different from the one that stands there as can be, else their names. */
export function listFor(list: string, target: readonly string[], use: ListUse): string | undefined {
  const now = new Set(suitesOfList(list, use).suites)
  return target.every((suite) => now.has(suite)) ? narrowList(list, target, use) : listOfNames(target, use, list)
}

/** A list that names each suite. Undefined where this OpenSSL does not have them all. */
export function listOfNames(target: readonly string[], use: ListUse, instead = ''): string | undefined {
  // 1.0.2 knows no levels, and refuses every list with one.
  const level = use.generation === '1.0.2' ? undefined : /@SECLEVEL=\d/.exec(instead)?.[0]
  const names = target.flatMap((iana) => nameOf(iana, use.generation) ?? [])
  const list = [...names, ...(level === undefined ? [] : [level])].join(':')
  return means(list, target, use) ? list : undefined
}

/** The name that this generation writes: registry names, or the older ones of 1.0.2. */
function nameOf(iana: string, generation: OpensslGeneration): string | undefined {
  const suite = suiteByName(iana)
  return suite === undefined ? undefined : (opensslName(suite, generation) ?? suite.openssl)
}

function means(list: string, target: readonly string[], use: ListUse): boolean {
  const { suites, refused } = suitesOfList(list, use)
  return refused === undefined && suites.length === target.length && suites.every((suite, index) => suite === target[index])
}

function withExclusions(list: string, target: readonly string[], use: ListUse): string | undefined {
  const words = exclusionsFor(list, target, use)
  return words && [list, ...words].join(':!')
}

/** The fewest words found that leave exactly `target` of a list when each is taken out for good. Undefined where no words do. */
export function exclusionsFor(list: string, target: readonly string[], use: ListUse): readonly string[] | undefined {
  const { suites, refused } = suitesOfList(list, use)
  if (refused !== undefined) return undefined
  const wanted = new Set(target)
  const words = [...vocabulary(use.generation)].filter(([, selected]) => !target.some((suite) => selected.has(suite)))
  let left = suites.filter((suite) => !wanted.has(suite))
  // A list that is changed anyway is not left with those.
  if (left.length > 0) left = [...new Set([...left, ...sleepers(list, use).filter((suite) => !wanted.has(suite))])]
  const chosen: string[] = []
  while (left.length > 0) {
    const [word, selected] = best(words, left)
    if (selected === undefined) break
    chosen.push(word)
    left = left.filter((suite) => !selected.has(suite))
  }
  const all = [...chosen, ...left.map((suite) => nameOf(suite, use.generation) ?? '')]
  return means([list, ...all].join(':!'), target, use) ? all : undefined
}

/** Without authentication or encryption, and kept from being used by nothing but the security level, which anybody may lower. */
function sleepers(list: string, { generation }: ListUse): readonly string[] {
  const { suites } = resolveCipherList(list, { generation, securityLevel: 0 })
  return suites.map(({ iana }) => iana).filter((name) => suiteIs(name, 'anonymous') || suiteIs(name, 'null'))
}

/** The word that takes out most of what is left: with a single suite in it the word must be shorter than its name. */
function best(
  words: readonly (readonly [string, ReadonlySet<string>])[],
  left: readonly string[],
): readonly [string, ReadonlySet<string> | undefined] {
  const counted = words.map(([word, selected]) => ({ word, selected, count: left.filter((suite) => selected.has(suite)).length }))
  const first = counted.toSorted((one, other) => other.count - one.count || one.word.length - other.word.length).at(0)
  return first === undefined || first.count === 0 ? ['', undefined] : [first.word, first.selected]
}

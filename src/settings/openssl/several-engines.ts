import type { OpensslGeneration } from '../../policy/index.ts'
import { listOfNames, narrowList, suitesOfList } from './openssl-list.ts'

/** Every OpenSSL that may read a list, where nobody knows which one does. */
export type Engines = readonly OpensslGeneration[]

/** The suites that any of these would use; undefined where all of them refuse the list, after which nobody knows what is in force. */
export function suitesOfEngines(list: string, engines: Engines, securityLevel?: number): readonly string[] | undefined {
  const level = securityLevel === undefined ? {} : { securityLevel }
  const meanings = engines.map((generation) => suitesOfList(list, { generation, ...level })).filter(({ refused }) => refused === undefined)
  return meanings.length === 0 ? undefined : [...new Set(meanings.flatMap(({ suites }) => suites))]
}

/** The shortest list that means these suites to each of the engines, as far as it has them. Undefined where there is none. */
export function listForEngines(current: string | undefined, wanted: readonly string[], engines: Engines): string | undefined {
  const targets = engines.map((generation) => {
    const now = current === undefined ? [] : suitesOfList(current, { generation }).suites
    const kept = now.filter((suite) => wanted.includes(suite))
    return { generation, target: kept.length > 0 ? kept : wanted }
  })
  const candidates = targets.flatMap(({ generation, target }) => [
    ...(current === undefined ? [] : [narrowList(current, target, { generation })]),
    listOfNames(target, { generation }, current),
  ])
  return candidates
    .filter((list) => list !== undefined)
    .filter((list) => targets.every(({ generation, target }) => same(suitesOfList(list, { generation }).suites, target)))
    .toSorted((one, other) => one.length - other.length)[0]
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((suite, index) => suite === other[index])
}

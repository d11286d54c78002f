import { resolveCipherList, STACKS, suiteIs, withoutPskAndSrp, type OpensslGeneration } from '../../policy/index.ts'
import { groupByName, groups } from '../../registry/index.ts'
import type { ProtocolName } from '../../registry/index.ts'
import { defaultTls13Suites } from './tls13-suites.ts'
import type { Ability } from '../wish.ts'

const made = new Map<OpensslGeneration, Ability>()

/** What a program can be told whose TLS is OpenSSL's. */
export function opensslAbility(generation: OpensslGeneration): Ability {
  const known = made.get(generation)
  if (known !== undefined) return known
  const older: readonly ProtocolName[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2']
  const suites = withoutPskAndSrp(resolveCipherList('ALL', { generation, securityLevel: 1 }).suites).map(({ iana }) => iana)
  const ability: Ability = {
    protocols: generation === '1.0.2' ? older : [...older, 'TLSv1.3'],
    suites: suites.filter((suite) => !suiteIs(suite, 'tls1.3')),
    tls13Suites: defaultTls13Suites(generation),
    groups: opensslGroups(generation),
  }
  made.set(generation, ability)
  return ability
}

/** Groups that stand in nobody's default but can be asked for: the brainpool curves of TLS 1.2, and the other hybrids since 3.5. */
const FURTHER = ['brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1']
const HYBRIDS = ['X25519MLKEM768', 'SecP256r1MLKEM768', 'SecP384r1MLKEM1024']

function opensslGroups(generation: OpensslGeneration): readonly string[] {
  return [...new Set([...defaultGroups(generation), ...FURTHER, ...(generation === '3.5' ? HYBRIDS : [])])]
}

/** IANA names of the groups that OpenSSL offers and takes where nobody names any, in its order. */
export function defaultGroups(generation: OpensslGeneration): readonly string[] {
  return STACKS[`openssl-${generation}`].groups
}

/** Where the list above is written. */
export function defaultGroupsSource(generation: OpensslGeneration): string {
  return STACKS[`openssl-${generation}`].source
}

/**
 * The groups of a list as OpenSSL takes it, names with `separator` between. A name behind `?` (3.3 and later) may be unknown; another
 * unknown one makes OpenSSL refuse the whole list, for which the answer is undefined.
 */
export function parseGroups(list: string, separator: RegExp, generation: OpensslGeneration): readonly string[] | undefined {
  const can = opensslGroups(generation)
  const named = list
    .split(separator)
    .filter((name) => name !== '')
    .flatMap((name) => {
      if (name === 'DEFAULT' && generation === '3.5') return defaultGroups(generation)
      const group = groupByName(name.replace(/^[?*]+/, ''))?.name
      return group !== undefined && can.includes(group) ? [group] : name.startsWith('?') ? [] : ['']
    })
  return named.includes('') ? undefined : [...new Set(named)]
}

/** OpenSSL's own names of groups. */
export function opensslGroupNames(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => groups.find((group) => group.name === name)?.openssl ?? [])
}

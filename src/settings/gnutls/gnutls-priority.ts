import { parseGnutlsPriority, printGnutlsPriority, suiteIs, type Policy } from '../../policy/index.ts'
import { groupByName, suiteByName, type ProtocolName } from '../../registry/index.ts'
import { suiteIsOf } from '../posture-of-words.ts'
import type { Wish } from '../wish.ts'
import { gnutlsAbility, meaningOfPriority } from './gnutls-words.ts'

/** What a priority string should come to. */
interface Target {
  readonly protocols: readonly ProtocolName[]
  readonly suites: ReadonlySet<string>
  readonly groups: readonly string[]
  readonly order: 'server' | 'client'
}

/**
 * The priority string that grants a wish: the one that stands there with as little as possible behind it, else one that names
 * everything. GnuTLS multiplies key exchanges, ciphers and MACs, so that some suites may go that could stay; none comes that should not.
 * `policy`: what to take where the wish does not make a string, or the one that stands there is none. Undefined where no string leaves a suite to each protocol.
 */
export function priorityFor(current: string, wish: Wish, policy: Pick<Policy, 'suites' | 'order'>): string | undefined {
  const now = meaningOfPriority(current)
  const part = (tls13: boolean): readonly string[] => now.suites.filter((suite) => suiteIs(suite, 'tls1.3') === tls13)
  const target: Target = {
    protocols: wish.protocols ?? now.protocols,
    suites: new Set([...(wish.tls13Suites ?? part(true)), ...(wish.suites ?? part(false))]),
    groups: wish.groups ?? now.groups,
    order: wish.order ?? (now.refused === undefined || policy.order === 'any' ? now.order : policy.order),
  }
  const can = gnutlsAbility()
  const wide = { ...target, suites: new Set([...can.tls13Suites, ...can.suites].filter((suite) => policy.suites.includes(suite))) }
  const begun = [
    ...(now.refused === undefined ? [[withoutMore(current, target), target] as const] : []),
    [fromNothing(target), target] as const,
  ]
  return [...begun, [fromNothing(wide), wide] as const]
    .flatMap(([one, goal]) => onlyWanted(one, goal) ?? [])
    .find((one) => grants(one, target))
}

/** Versions, groups and the order, by items behind those that stand there. */
function withoutMore(current: string, { protocols, groups, order }: Target): string {
  const { protocols: now, groups: have, order: whose } = meaningOfPriority(current)
  const base = order === 'client' && whose === 'server' ? withoutPrecedence(current) : current
  const known = have.filter((group) => !groups.includes(group))
  return [
    base,
    ...now.filter((one) => !protocols.includes(one)).map((one) => `-${versionItem(one)}`),
    ...protocols.filter((one) => !now.includes(one)).map((one) => `+${versionItem(one)}`),
    ...known.map((group) => `-GROUP-${gnutlsGroup(group)}`),
    ...groups.filter((group) => !have.includes(group)).map((group) => `+GROUP-${gnutlsGroup(group)}`),
    ...(order === 'server' && whose === 'client' ? ['%SERVER_PRECEDENCE'] : []),
  ].join(':')
}

function withoutPrecedence(priority: string): string {
  return priority
    .split(':')
    .filter((item) => item.trim().toUpperCase() !== '%SERVER_PRECEDENCE')
    .join(':')
}

function versionItem(protocol: ProtocolName): string {
  return protocol === 'TLSv1' ? 'VERS-TLS1.0' : `VERS-${protocol.replace('v', '')}`
}

function gnutlsGroup(name: string): string {
  return groupByName(name)?.gnutls ?? name
}

function fromNothing({ protocols, suites, groups, order }: Target): string {
  const { priority } = printGnutlsPriority({
    protocols: protocols.toReversed(),
    suites: [...suites].flatMap((suite) => suiteByName(suite) ?? []),
    groups,
    serverPrecedence: order === 'server',
  })
  return priority
}

/** Takes out the item with the most unwanted suites and the fewest wanted ones until none is left that is not wanted. */
function onlyWanted(priority: string, target: Target): string | undefined {
  let text = priority
  for (;;) {
    const { lists } = parseGnutlsPriority(text)
    const { unwanted, wanted } = countsOf(text, target)
    if (unwanted === 0) return text
    const candidates = [...lists.kx, ...lists.ciphers, ...lists.macs]
      .map((item) => `${text}:-${item}`)
      .map((one) => ({ one, counts: countsOf(one, target) }))
      .map(({ one, counts }) => ({ one, gain: unwanted - counts.unwanted, loss: wanted - counts.wanted }))
      .filter(({ gain }) => gain > 0)
      .toSorted((one, other) => one.loss / one.gain - other.loss / other.gain || other.gain - one.gain)
    const [best] = candidates
    if (best === undefined) return undefined
    text = best.one
  }
}

function countsOf(priority: string, { suites }: Target): { readonly wanted: number; readonly unwanted: number } {
  const have = meaningOfPriority(priority).suites
  const wanted = have.filter((suite) => suites.has(suite)).length
  return { wanted, unwanted: have.length - wanted }
}

function grants(priority: string, target: Target): boolean {
  const { protocols, suites, groups, order, refused } = meaningOfPriority(priority)
  return (
    refused === undefined &&
    protocols.join() === target.protocols.join() &&
    protocols.every((protocol) => suites.some((suite) => suiteIsOf(suite, protocol))) &&
    groups.every((group) => target.groups.includes(group)) &&
    order === target.order
  )
}

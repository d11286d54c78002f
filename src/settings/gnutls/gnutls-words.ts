import { parseGnutlsPriority, suiteIs, withoutPskAndSrp, type GnutlsRefusal } from '../../policy/index.ts'
import { groupByName, suiteByName, type ProtocolName } from '../../registry/index.ts'
import { CLIENT_DH, CLIENT_ORDER } from '../openssl/openssl-words.ts'
import type { Ability } from '../wish.ts'
import type { LegWords, Origin, Role } from '../words.ts'

/** What a priority string leaves on, in the terms of settings. */
export interface PriorityMeaning {
  /** In the order of versions. */
  readonly protocols: readonly ProtocolName[]
  /** IANA names, in order, without PSK and SRP, which need more than a priority string. */
  readonly suites: readonly string[]
  readonly groups: readonly string[]
  readonly order: 'server' | 'client'
  readonly refused: GnutlsRefusal | undefined
}

const ORDER: readonly ProtocolName[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

/** What GnuTLS 3.7 and 3.8 make of a priority string. */
export function meaningOfPriority(priority: string): PriorityMeaning {
  const { protocols, suites, groups, options, refused } = parseGnutlsPriority(priority)
  const older = protocols.some((protocol) => protocol !== 'TLSv1.3')
  const usable = withoutPskAndSrp(suites).map(({ iana }) => iana)
  return {
    protocols: ORDER.filter((protocol) => protocols.includes(protocol)),
    suites: usable.filter((suite) => (suiteIs(suite, 'tls1.3') ? protocols.includes('TLSv1.3') : older)),
    groups,
    order: options.includes('SERVER_PRECEDENCE') ? 'server' : 'client',
    refused,
  }
}

const SSLV2_SOURCE = 'https://gitlab.com/gnutls/gnutls/-/blob/3.7.9/lib/sslv2_compat.c'

/** The words of a priority string; `dh` is more than the string tells. A refused string tells nothing: no handshake succeeds with it. */
export function gnutlsWords(priority: string, origin: Origin, role: Role, dh: LegWords['dh']): LegWords {
  const { protocols, suites, groups, order, refused } = meaningOfPriority(priority)
  const known = refused === undefined
  const older = known ? protocols.some((protocol) => protocol !== 'TLSv1.3') : 'unknown'
  const why = role === 'server' ? 'GnuTLS answers them and has no switch for it' : 'GnuTLS sends none'
  return {
    protocols: { value: known ? protocols : 'unknown', origin },
    suites: { value: known ? suites : 'unknown', origin },
    order: role === 'client' ? CLIENT_ORDER : { value: known ? order : 'unknown', origin },
    groups: { value: known ? groups : 'unknown', origin },
    dh,
    sslv2Hello: { value: role === 'server' && older, origin: { kind: 'fixed', why, source: SSLV2_SOURCE } },
  }
}

const DH_SOURCE = 'https://gitlab.com/gnutls/gnutls/-/blob/3.7.9/lib/dh.c'

/**
 * The least size of DHE: that of the parameters for clients that name no group, or of a named group of the string (RFC 7919 §4).
 * `file`: the parameters' bits, undefined where none are set, `unknown` where they cannot be read.
 */
export function gnutlsDhWord(
  priority: string,
  role: Role,
  file: { readonly bits: number | 'unknown'; readonly origin: Origin } | undefined,
): LegWords['dh'] {
  if (role === 'client') return CLIENT_DH
  const named = meaningOfPriority(priority).groups.flatMap((name) => sizeOf(name) ?? [])
  const own = { kind: 'fixed', why: 'GnuTLS takes a group that the client names', source: DH_SOURCE } as const
  if (file === undefined) return { value: named.length === 0 ? null : Math.min(...named), origin: own }
  return { value: file.bits === 'unknown' ? 'unknown' : Math.min(file.bits, ...named), origin: file.origin }
}

function sizeOf(group: string): number | undefined {
  const known = groupByName(group)
  return known?.kind === 'ffdhe' ? Number(known.name.replace(/\D/g, '')) : undefined
}

let made: Ability | undefined

/** What a program can be told whose TLS is GnuTLS's. */
export function gnutlsAbility(): Ability {
  made ??= abilityOf(meaningOfPriority('NORMAL:+CIPHER-ALL:+GROUP-ALL'))
  return made
}

function abilityOf({ protocols, suites, groups }: PriorityMeaning): Ability {
  return {
    protocols,
    suites: suites.filter((suite) => suiteByName(suite) !== undefined && !suiteIs(suite, 'tls1.3')),
    tls13Suites: suites.filter((suite) => suiteIs(suite, 'tls1.3')),
    groups,
  }
}

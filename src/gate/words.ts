import { groupByCode, protocolVersion, suiteName } from '../registry/index.ts'
import type { Offer } from '../wire/index.ts'
import type { ConnectionRecord, HelloRecord } from './record.ts'
import { newestIn } from './seen/sentence.ts'

/** More than any program offers. A hello has room for thirty thousand, and each connection is a line of the log. */
const MOST = { versions: 16, suites: 512, groups: 64, alpn: 16 }

/** RFC 1035 §2.3.4. */
const LONGEST_NAME = 255

/** What a hello offers, in names. */
export function helloRecordOf(offer: Offer): HelloRecord {
  const { versions = [offer.newest], suites, groups = [], sslv2Format, serverName, alpn } = offer
  return {
    versions: named(versions, MOST.versions, (code) => protocolVersion.name(code)),
    suites: named(suites, MOST.suites, suiteName),
    groups: named(groups, MOST.groups, (code) => groupByCode(code)?.name ?? `0x${code.toString(16).padStart(4, '0')}`),
    ...(sslv2Format ? { sslv2Format: true as const } : {}),
    ...(serverName === undefined ? {} : { serverName: serverName.slice(0, LONGEST_NAME) }),
    ...(alpn.length === 0 ? {} : { alpn: named(alpn, MOST.alpn, (name) => name) }),
  }
}

/** The names of the first of them, and how many others there are. */
function named<T>(all: readonly T[], most: number, nameOf: (one: T) => string): readonly string[] {
  const names = all.slice(0, most).map(nameOf)
  return all.length > most ? [...names, `and ${all.length - most} more`] : names
}

/** A sentence for whoever has no certificate where one is needed. */
function certificateWords(why: string): string {
  return `This server wants a certificate of its clients. ${why}`
}

/** A sentence for whoever comes in plain text behind TLS that did not come about. */
export function plainWords(why: string): string {
  return `${why.replace(/\.?$/, '.')} After that nothing is taken in plain text here: STARTTLS first`
}

/**
 * For whoever is turned away: what was negotiated, or offered, and what is needed. ASCII, without a line break: it stands in replies of mail protocols.
 * Undefined for a client that can do what is wanted.
 */
export function refusalWords(
  { verdict, hello, negotiated }: Pick<ConnectionRecord, 'verdict' | 'hello' | 'negotiated'>,
  { policy, server }: { readonly policy: string; readonly server: { readonly versions: readonly string[] } },
): string | undefined {
  if (verdict?.meets !== false) return undefined
  if (verdict.reason === 'client-certificate') return certificateWords(verdict.why)
  const found =
    negotiated === undefined ? `${newestIn(hello?.versions)} is the newest that you offer` : `${negotiated.version} was negotiated`
  const why =
    verdict.reason === 'version'
      ? `${found}, ${server.versions.join(' or ')} is needed (${policy})`
      : `${negotiated === undefined ? '' : `${negotiated.version} with ${negotiated.suite} was negotiated. `}${verdict.why} Needed: ${policy}`
  return `Your TLS is too weak for this server. ${why}`.replaceAll(/[^\x20-\x7e]+/g, ' ')
}

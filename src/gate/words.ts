import { groupByCode, protocolVersion, suiteName } from '../registry/index.ts'
import type { Offer } from '../wire/index.ts'
import type { HelloRecord } from './record.ts'

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
export function certificateWords(why: string): string {
  return `This server wants a certificate of its clients. ${why}`
}

/** A sentence for whoever comes in plain text behind TLS that did not come about. */
export function plainWords(why: string): string {
  return `${why.replace(/\.?$/, '.')} After that nothing is taken in plain text here: STARTTLS first`
}

/** A sentence for whoever is turned away. ASCII, without a line break: it stands in replies of mail protocols. */
export function refusalWords(why: string, policy: string): string {
  return `Your TLS is too weak for this server. ${why} Needed: ${policy}`.replaceAll(/[^\x20-\x7e]+/g, ' ')
}

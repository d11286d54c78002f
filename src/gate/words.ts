import { groupByCode, protocolVersion, suiteName } from '../registry/index.ts'
import type { Offer } from '../wire/index.ts'
import type { HelloRecord } from './record.ts'

/** What a hello offers, in names. */
export function helloRecordOf(offer: Offer): HelloRecord {
  const { versions = [offer.newest], suites, groups = [], sslv2Format, serverName, alpn } = offer
  return {
    versions: versions.map((code) => protocolVersion.name(code)),
    suites: suites.map(suiteName),
    groups: groups.map((code) => groupByCode(code)?.name ?? `0x${code.toString(16).padStart(4, '0')}`),
    ...(sslv2Format ? { sslv2Format: true as const } : {}),
    ...(serverName === undefined ? {} : { serverName }),
    ...(alpn.length === 0 ? {} : { alpn }),
  }
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

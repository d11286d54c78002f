import { isIP } from 'node:net'
import { isLoopback, placeOf, placeText } from '../config/places.ts'

/** Where a resolver answers. */
export interface ResolverPlace {
  readonly address: string
  readonly port: number
  /** DNS over TLS (RFC 7858 §3.1). Its certificate is made out to `name`, or to the address where there is none. */
  readonly tls?: { readonly name: string | undefined }
}

/** Why a text names no resolver. */
export interface ResolverMistake {
  readonly what: string
  readonly remedy: string
}

const DNS = 53
const DNS_OVER_TLS = 853

/** Reads `127.0.0.1`, `[::1]:5353`, `tls://9.9.9.9#dns.quad9.net`. */
export function readResolver(text: string): ResolverPlace | ResolverMistake {
  const [, tls, where = '', , name] = /^(tls:\/\/)?([^#/]+)(#([A-Za-z0-9.-]+))?$/.exec(text) ?? []
  const place = isIP(where) === 0 ? placeOf(where) : { host: where, port: tls === undefined ? DNS : DNS_OVER_TLS }
  const address = place?.host ?? ''
  if (place === undefined || place.port === 0 || isIP(address) === 0 || (name !== undefined && tls === undefined)) {
    return { what: 'it is not the address of a resolver', remedy: 'Write it as 127.0.0.1, [::1]:5353 or tls://9.9.9.9#dns.quad9.net.' }
  }
  return { address, port: place.port, ...(tls === undefined ? {} : { tls: { name } }) }
}

/** As the configuration names it. */
export function resolverText({ address, port, tls }: ResolverPlace): string {
  const usual = port === (tls === undefined ? DNS : DNS_OVER_TLS)
  const where = usual ? address : placeText({ host: address, port })
  return tls === undefined ? where : `tls://${where}${tls.name === undefined ? '' : `#${tls.name}`}`
}

/** Whether nobody on the way can change what it says (RFC 7672 §2.1.3, RFC 6840 §5.7). */
export function isTrusted({ address, port, tls }: ResolverPlace): boolean {
  return tls !== undefined || isLoopback({ host: address, port })
}

/** The resolvers of resolv.conf(5); this machine where it names none. */
export function systemResolvers(text: string): readonly ResolverPlace[] {
  const places = text.split('\n').flatMap((line) => {
    const [, address = ''] = /^nameserver[ \t]+(\S+)/.exec(line) ?? []
    return isIP(address) === 0 ? [] : [{ address, port: DNS }]
  })
  return places.length === 0 ? [{ address: '127.0.0.1', port: DNS }] : places
}

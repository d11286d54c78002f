import { BROWSERS } from './catalogue/browsers.ts'
import { DEVICES } from './catalogue/devices.ts'
import { EXCHANGE_CLIENTS, EXCHANGE_SERVERS } from './catalogue/exchange.ts'
import { gnutlsClients } from './catalogue/gnutls.ts'
import { JAVA_CLIENTS } from './catalogue/java.ts'
import { mailServers } from './catalogue/mail-servers.ts'
import { MOBILE } from './catalogue/mobile.ts'
import { opensslClients } from './catalogue/openssl.ts'
import type { CataloguedClient, CataloguedServer, PeerUse } from './catalogue/peer.ts'
import { RECEIVING_PROVIDERS, SENDING_PROVIDERS } from './catalogue/providers.ts'
import { WINDOWS_CLIENTS } from './catalogue/windows.ts'

export type { CataloguedClient, CataloguedPeer, CataloguedServer, Certainty, PeerUse } from './catalogue/peer.ts'

/** Peers of one kind, under a heading. */
export interface CatalogueFamily<T> {
  readonly title: string
  readonly rows: readonly T[]
}

let clients: readonly CatalogueFamily<CataloguedClient>[] | undefined
let servers: readonly CatalogueFamily<CataloguedServer>[] | undefined

/** The clients by family, in the order in which people read them. Made at the first call, since cipher lists are resolved for it. */
export function clientFamilies(): readonly CatalogueFamily<CataloguedClient>[] {
  clients ??= [
    { title: 'Browsers and mail programs of Windows', rows: WINDOWS_CLIENTS },
    { title: 'Browsers and mail programs with a TLS of their own', rows: BROWSERS },
    { title: 'Android and Apple', rows: MOBILE },
    { title: 'Java', rows: JAVA_CLIENTS },
    { title: 'Programs with OpenSSL', rows: opensslClients() },
    { title: 'Programs with GnuTLS', rows: gnutlsClients() },
    { title: 'Providers that deliver mail', rows: SENDING_PROVIDERS },
    { title: 'Exchange, delivering', rows: EXCHANGE_CLIENTS },
    { title: 'Printers', rows: DEVICES },
  ]
  return clients
}

/** The servers that others deliver to, by family. */
export function serverFamilies(): readonly CatalogueFamily<CataloguedServer>[] {
  servers ??= [
    { title: 'Providers that take mail', rows: RECEIVING_PROVIDERS },
    { title: 'Exchange, receiving', rows: EXCHANGE_SERVERS },
    { title: 'Other mail servers', rows: mailServers() },
  ]
  return servers
}

let everyClient: readonly CataloguedClient[] | undefined
let everyServer: readonly CataloguedServer[] | undefined

/** Clients with the settings that they come with; the same objects at every call, so that negotiate() knows them again. */
export function cataloguedClients(): readonly CataloguedClient[] {
  everyClient ??= clientFamilies().flatMap(({ rows }) => rows)
  return everyClient
}

/** Servers with the settings that they come with; the same objects at every call. */
export function cataloguedServers(): readonly CataloguedServer[] {
  everyServer ??= serverFamilies().flatMap(({ rows }) => rows)
  return everyServer
}

let old: readonly CataloguedClient[] | undefined

/**
 * Clients that speak nothing newer than TLS 1.2 and come for one of these uses, or all of them. Whoever speaks TLS 1.3 is not cut off when
 * old things go: what takes their place is there for it too.
 */
export function oldClients(uses?: readonly PeerUse[]): readonly CataloguedClient[] {
  old ??= [
    ...WINDOWS_CLIENTS,
    ...BROWSERS,
    ...MOBILE,
    ...JAVA_CLIENTS,
    ...opensslClients('old'),
    ...SENDING_PROVIDERS,
    ...EXCHANGE_CLIENTS,
    ...DEVICES,
  ].filter(({ client }) => !client.versions.includes('TLSv1.3'))
  return uses === undefined ? old : old.filter((one) => one.uses.some((use) => uses.includes(use)))
}

/** The same of servers that others deliver to. */
export function oldServers(uses?: readonly PeerUse[]): readonly CataloguedServer[] {
  const all = cataloguedServers().filter(({ server }) => !server.versions.includes('TLSv1.3'))
  return uses === undefined ? all : all.filter((one) => one.uses.some((use) => uses.includes(use)))
}

import type { ProductName } from '../adapter.ts'
import { placeIn, type Place, type SettingsFile } from '../settings-file.ts'
import { attributeValue } from '../xml/references.ts'
import { valueOf } from '../xml/edits.ts'
import { withDescendants, type XmlElement } from '../xml/element.ts'
import { since, type TomcatVersion } from './versions.ts'

/**
 * Which grammar an element's attributes have: those of OpenSSL through the native library (APR), those of Java (JSSE), those of
 * `SSLHostConfig`, which the old attributes are other names for in 8.5 and 9, or none, where nothing is read.
 */
export type Grammar = 'apr' | 'jsse' | 'host' | 'alias' | 'either' | 'none'

/** Something with a handshake: a Connector, or one of its hosts. */
export interface Site {
  readonly door: string
  readonly dmz: boolean
  readonly connector: XmlElement
  /** Whose attributes count. */
  readonly holder: XmlElement
  readonly grammar: Grammar
  /** Names of attributes that are read, the first being the one to add. */
  readonly names: Readonly<Record<'protocols' | 'ciphers' | 'order', readonly string[]>>
}

const DMZ_HANDLER = 'com.globalscape.protocolhandler.DMZProtocolHandler'

/** Every Connector with TLS. */
export function sitesOf(product: ProductName, root: XmlElement, version: TomcatVersion): readonly Site[] {
  const connectors = withDescendants(root).filter(({ name }) => name === 'Connector')
  const sites = connectors.filter((connector) => hasTls(product, connector)).flatMap((connector) => sitesIn(product, connector, version))
  const count = new Map<string, number>()
  return sites.map((site) => {
    const number = (count.get(site.door) ?? 0) + 1
    count.set(site.door, number)
    return number === 1 ? site : { ...site, door: `${site.door} (${number})` }
  })
}

/** `${name}` and `${name:-default}`: a property of Java or of catalina.properties, which Tomcat puts in its place. */
export function isProperty(value: string): boolean {
  return value.includes('${')
}

export function isDmz(connector: XmlElement): boolean {
  return valueOf(connector, 'protocol') === DMZ_HANDLER
}

/** Mail Express's Connectors have TLS by its own doing, and its page names them by these attributes alone. */
function hasTls(product: ProductName, connector: XmlElement): boolean {
  const enabled = valueOf(connector, 'SSLEnabled') ?? ''
  if (isDmz(connector) || enabled.trim().toLowerCase() === 'true' || isProperty(enabled)) return true
  return product === 'mail-express' && (valueOf(connector, 'SSLProtocol') ?? valueOf(connector, 'sslEnabledProtocols')) !== undefined
}

function sitesIn(product: ProductName, connector: XmlElement, version: TomcatVersion): readonly Site[] {
  const address = valueOf(connector, 'address')
  const port = `port ${valueOf(connector, 'port') ?? 'unknown'}${address === undefined ? '' : ` on ${address}`}`
  const dmz = isDmz(connector)
  const common = { door: dmz ? 'DMZ Gateway' : port, dmz, connector, holder: connector }
  if (since(version, '8.5.0') !== true) return [{ ...common, ...(own(product, connector, version) ?? grammarOf(connector, version)) }]
  const hosts = connector.children.filter(({ name }) => name === 'SSLHostConfig')
  if (hosts.length > 0) {
    return hosts.map((host) => {
      const name = valueOf(host, 'hostName')
      const door = name === undefined || name === '_default_' ? common.door : `${common.door}, host ${name}`
      return { ...common, door, holder: host, grammar: 'host', names: HOST_NAMES }
    })
  }
  if (since(version, '10.0.0') === true) return [{ ...common, grammar: 'none', names: { protocols: [], ciphers: [], order: [] } }]
  const native = hasNative(connector) && !hasJava(connector)
  return [{ ...common, grammar: 'alias', names: native ? ALIASES_NATIVE : ALIASES }]
}

const HOST_NAMES: Site['names'] = { protocols: ['protocols'], ciphers: ['ciphers'], order: ['honorCipherOrder'] }
const ALIASES: Site['names'] = {
  protocols: ['sslEnabledProtocols', 'SSLProtocol'],
  ciphers: ['ciphers', 'SSLCipherSuite'],
  order: ['useServerCipherSuitesOrder', 'SSLHonorCipherOrder'],
}
const ALIASES_NATIVE: Site['names'] = {
  protocols: ALIASES.protocols.toReversed(),
  ciphers: ALIASES.ciphers.toReversed(),
  order: ALIASES.order.toReversed(),
}

/** What the pages of Mail Express say of its two Connectors: by these attributes, unless a class says otherwise. */
function own(product: ProductName, connector: XmlElement, version: TomcatVersion): Pick<Site, 'grammar' | 'names'> | undefined {
  if (isDmz(connector)) return { grammar: 'jsse', names: { ...jsse(version).names, protocols: OLD_JAVA } }
  const named = /\.Http11/.test(valueOf(connector, 'protocol') ?? '')
  if (product !== 'mail-express' || named || valueOf(connector, 'SSLProtocol') === undefined) return undefined
  return valueOf(connector, 'sslEnabledProtocols') === undefined ? apr(version) : undefined
}

/** Up to 8.0 the class decides, and for `HTTP/1.1` whether the native library is there, which the attributes show. */
function grammarOf(connector: XmlElement, version: TomcatVersion): Pick<Site, 'grammar' | 'names'> {
  const protocol = valueOf(connector, 'protocol') ?? 'HTTP/1.1'
  if (/Apr/.test(protocol)) return apr(version)
  if (/\.Http11(?:Nio2?)?Protocol$/.test(protocol)) return jsse(version)
  if (hasNative(connector) && !hasJava(connector)) return apr(version)
  if (hasJava(connector) && !hasNative(connector)) return jsse(version)
  return { grammar: 'either', names: { protocols: [], ciphers: [], order: [] } }
}

function hasNative(connector: XmlElement): boolean {
  return connector.attributes.some(({ name }) => /^SSL(?!Enabled$)/.test(name))
}

function hasJava(connector: XmlElement): boolean {
  return connector.attributes.some(({ name }) => /^(?:keystore|truststore|sslEnabledProtocols$|sslProtocol|ciphers$|keyAlias$)/.test(name))
}

function apr(version: TomcatVersion): Pick<Site, 'grammar' | 'names'> {
  const order = since(version, '7.0.30') === true ? ['SSLHonorCipherOrder'] : []
  return { grammar: 'apr', names: { protocols: ['SSLProtocol'], ciphers: ['SSLCipherSuite'], order } }
}

const OLD_JAVA: readonly string[] = ['sslProtocols', 'protocols', 'sslEnabledProtocols']

/** `sslProtocols` is another name of `protocols` up to the first releases of 7.0. */
function jsse(version: TomcatVersion): Pick<Site, 'grammar' | 'names'> {
  const order = since(version, '7.0.60') === true ? ['useServerCipherSuitesOrder'] : []
  const protocols = since(version, '7.0.0') === true ? ['sslEnabledProtocols'] : OLD_JAVA
  return { grammar: 'jsse', names: { protocols, ciphers: ['ciphers'], order } }
}

/** An attribute as it stands there. */
export interface Given {
  readonly name: string
  readonly value: string
  readonly place: Place
}

/** The attributes of a site that say the same thing. */
export function givenFor(file: SettingsFile, { holder, names }: Site, what: keyof Site['names']): readonly Given[] {
  return holder.attributes
    .filter(({ name }) => names[what].includes(name))
    .map(({ name, raw, valueStart, valueEnd }) => ({ name, value: attributeValue(raw), place: placeIn(file, valueStart, valueEnd) }))
}

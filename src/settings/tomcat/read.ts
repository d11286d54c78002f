import { UNKNOWN_PROTOCOL, suiteIs } from '../../policy/index.ts'
import type { ProductName, Reading, ReadOptions } from '../adapter.ts'
import { settingsFinding } from '../finding.ts'
import { listenTarget } from '../listens.ts'
import { postureOfWords } from '../posture-of-words.ts'
import type { SettingsFile } from '../settings-file.ts'
import type { Leg, SettingsFinding } from '../words.ts'
import { valueOf } from '../xml/edits.ts'
import { withDescendants } from '../xml/element.ts'
import { parseXml } from '../xml/parse-xml.ts'
import { findingsOf, findingsOfAll } from './findings.ts'
import { sitesOf } from './sites.ts'
import { versionOf, type TomcatVersion } from './versions.ts'
import { protocolsMeant, wordsOf, type Scene } from './words.ts'

/** What each Connector with TLS comes to. */
export function scenesOf(product: ProductName, file: SettingsFile, options: ReadOptions): readonly Scene[] {
  const root = parseXml(file)
  const version = versionOf(product, root, options)
  return sitesOf(product, root, version).map((site) => ({ file, site, version, openssl: options.openssl }))
}

/** Every Connector with TLS. Errors: `SETTINGS_MALFORMED`, `SETTINGS_VERSION`. */
export function readTomcat(product: ProductName, file: SettingsFile, options: ReadOptions): Reading {
  const root = parseXml(file)
  const version = versionOf(product, root, options)
  const scenes = scenesOf(product, file, options)
  const connectors = withDescendants(root).filter(({ name }) => name === 'Connector')
  return {
    product,
    version: version.reading,
    files: [file],
    legs: scenes.map(legOf),
    findings: [...assumed(version), ...scenes.flatMap(findingsOf), ...findingsOfAll(file, connectors, scenes)],
  }
}

function legOf(scene: Scene): Leg {
  const words = wordsOf(scene)
  const posture = postureOfWords('server', words)
  const { maybe } = protocolsMeant(scene)
  const protocols = { ...posture.protocols }
  for (const protocol of maybe) protocols[protocol] = UNKNOWN_PROTOCOL
  // The native library has its own suites of TLS 1.3, and Java those of the list: a list without any leaves open which.
  const tls13 = words.suites.value !== 'unknown' && words.suites.value.some((suite) => suiteIs(suite, 'tls1.3'))
  if (!tls13 && protocols['TLSv1.3'].offered === true) protocols['TLSv1.3'] = UNKNOWN_PROTOCOL
  const target = listensAt(scene)
  const bound = boundTo(scene)
  return {
    door: scene.site.door,
    role: 'server',
    words,
    posture: { ...posture, protocols },
    ...(target === undefined ? {} : { listens: [target] }),
    ...(bound === undefined ? {} : { bound }),
  }
}

/** Hosts beside the default one answer by name, and the gateway's Connector to the gateway alone. */
function listensAt({ site }: Scene): string | undefined {
  const { connector, dmz } = site
  if (dmz || hostOf(site) !== undefined) return undefined
  return listenTarget('tls', valueOf(connector, 'address') ?? '', valueOf(connector, 'port') ?? '')
}

/** The name that a host beside the default one answers to. */
function hostOf({ connector, holder }: Scene['site']): string | undefined {
  const name = holder === connector ? undefined : valueOf(holder, 'hostName')
  return name === (valueOf(connector, 'defaultSSLHostConfigName') ?? '_default_') ? undefined : name
}

function boundTo({ site }: Scene): Leg['bound'] {
  const port = valueOf(site.connector, 'port') ?? ''
  if (!/^\d{1,5}$/.test(port)) return undefined
  const host = hostOf(site)
  return { address: valueOf(site.connector, 'address') ?? '', port: Number(port), ...(host === undefined ? {} : { host }) }
}

function assumed({ reading }: TomcatVersion): readonly SettingsFinding[] {
  if (reading.from !== 'assumed') return []
  const fact = `The file does not say which Tomcat reads it; it was read as ${reading.text} does, and since 10 attributes of the Connector itself count no more.`
  return [settingsFinding({ id: 'settings-version', verdict: 'unknown', fact, remedy: 'Say which it is with --product-version.' })]
}

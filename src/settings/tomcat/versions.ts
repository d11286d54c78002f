import { PosternError } from '../../errors.ts'
import type { ProductName, Reading, ReadOptions } from '../adapter.ts'
import { compareVersions } from '../versions.ts'
import { valueOf } from '../xml/edits.ts'
import { withDescendants, type XmlElement } from '../xml/element.ts'

/** A version of Tomcat, as far as it is known. */
export interface TomcatVersion {
  /** Such as `9.0.85`, or `7.0` where only the line is known. */
  readonly number: string
  /** Whether the last number is known. Without it, what changed within a line is unknown. */
  readonly exact: boolean
  readonly reading: Reading['version']
}

/** The newest of each line: whoever says `7` is taken to have it. */
const LAST: Readonly<Record<string, string>> = {
  '6': '6.0.53',
  '6.0': '6.0.53',
  '7': '7.0.109',
  '7.0': '7.0.109',
  '8': '8.5.100',
  '8.0': '8.0.53',
  '8.5': '8.5.100',
  '9': '9.0.999',
  '9.0': '9.0.999',
  '10': '10.1.999',
  '10.0': '10.0.27',
  '10.1': '10.1.999',
  '11': '11.0.999',
  '11.0': '11.0.999',
}

/** Whether it has what came with `first`. */
export function since({ number, exact }: TomcatVersion, first: string): boolean | 'unknown' {
  if (!exact && first.startsWith(`${number}.`)) return 'unknown'
  return compareVersions(number, first) >= 0
}

/**
 * Whether the suites of TLS 1.3 are set apart, by `cipherSuites`. In 10.1 that came late: 10.1.60 has it; which release was the first
 * to is not known, and without it an older one ignores the attribute.
 */
export function setsTls13Apart(version: TomcatVersion): boolean {
  return since(version, '10.1.60') === true
}

/** The version that was told, or that the file shows. Errors: `SETTINGS_VERSION`. */
export function versionOf(product: ProductName, root: XmlElement, { version }: ReadOptions): TomcatVersion {
  if (product === 'mail-express') return mailExpress(root, version)
  if (version === undefined) return shown(root)
  const number = /^\s*v?(\d+(?:\.\d+){0,2})/.exec(version)?.[1]
  if (number === undefined || compareVersions(number, '6') < 0) throw noVersion('Tomcat', version, '9.0.85')
  return { number: LAST[number] ?? number, exact: true, reading: { text: `Tomcat ${number}`, from: 'told' } }
}

/** Mail Express 3 has the attributes of Tomcat 6, and 4 cites the manual of Tomcat 7. */
function mailExpress(root: XmlElement, version: string | undefined): TomcatVersion {
  const told = version === undefined ? undefined : /^\s*v?(\d+)/.exec(version)?.[1]
  if (version !== undefined && told !== '3' && told !== '4') throw noVersion('Mail Express', version, '3.3')
  const attributes = attributeNames(root)
  const old = attributes.has('SSLProtocol') || attributes.has('sslProtocols')
  const major = told ?? (!old && attributes.has('sslEnabledProtocols') ? '4' : '3')
  const number = major === '3' ? '6.0.53' : '7.0'
  const text = `Mail Express ${version?.trim() ?? major}, which has Tomcat ${major === '3' ? 6 : 7}`
  return { number, exact: major === '3', reading: { text, from: told === undefined ? 'file' : 'told' } }
}

/** Listeners and attributes that came and went with lines of Tomcat. */
function shown(root: XmlElement): TomcatVersion {
  const classes = new Set(withDescendants(root).flatMap((element) => valueOf(element, 'className')?.split('.').at(-1) ?? []))
  const attributes = attributeNames(root)
  const hosts = withDescendants(root).some(({ name }) => name === 'SSLHostConfig')
  const by = (number: string): TomcatVersion => ({
    number: LAST[number] ?? number,
    exact: true,
    reading: { text: `Tomcat ${number}`, from: 'file' },
  })
  if (!hosts && (classes.has('ServerLifecycleListener') || attributes.has('sslProtocols'))) return by('6')
  if (!hosts && classes.has('JasperListener')) return by(classes.has('ThreadLocalLeakPreventionListener') ? '7' : '6')
  // Tomcat 9 is the newest that heeds the old attributes.
  const old = !hosts && ['SSLProtocol', 'sslEnabledProtocols', 'keystoreFile', 'SSLCertificateFile'].some((name) => attributes.has(name))
  const number = old ? '9' : '11'
  return { ...by(number), reading: { text: `Tomcat ${number}`, from: 'assumed' } }
}

function attributeNames(root: XmlElement): ReadonlySet<string> {
  const connectors = withDescendants(root).filter(({ name }) => name === 'Connector')
  return new Set(connectors.flatMap(({ attributes }) => attributes.map(({ name }) => name)))
}

function noVersion(product: string, version: string, example: string): PosternError {
  return new PosternError('input', 'SETTINGS_VERSION', `Cannot read ${JSON.stringify(version)} as a version of ${product}`, {
    remedy: `Give it as the product shows it, such as ${example}.`,
  })
}

import { settingsFinding } from '../finding.ts'
import { placeIn, type SettingsFile } from '../settings-file.ts'
import type { SettingsFinding } from '../words.ts'
import { valueOf } from '../xml/edits.ts'
import type { XmlAttribute, XmlElement } from '../xml/element.ts'
import { givenFor, isDmz, isProperty, type Site } from './sites.ts'
import { setsTls13Apart, since, type TomcatVersion } from './versions.ts'
import { ciphersMeant, only, protocolsMeant, type Scene } from './words.ts'

/** What the owner of one Connector should know beside what rulebooks say. */
export function findingsOf(scene: Scene): readonly SettingsFinding[] {
  return [
    ...protocolFindings(scene),
    ...cipherFindings(scene),
    ...twice(scene),
    ...ignored(scene),
    ...misread(scene),
    ...nothingRead(scene),
    ...undecided(scene),
  ]
}

const DECISIVE = ['SSLEnabled', 'protocols', 'ciphers', 'cipherSuites', 'honorCipherOrder', 'hostName', 'port', 'address']

/** What a property decides that is not in this file. */
function undecided({ file, site }: Scene): readonly SettingsFinding[] {
  const read = new Set([...Object.values(site.names).flat(), ...DECISIVE])
  const both = new Set([...site.connector.attributes, ...site.holder.attributes])
  return [...both]
    .filter(({ name, raw }) => read.has(name) && isProperty(raw))
    .map(({ name, raw, start, end }) =>
      settingsFinding({
        id: 'settings-undecided',
        verdict: 'unknown',
        fact: `${site.door}: ${name} cannot be told: it is ${raw}, a property of Java or of catalina.properties.`,
        subjects: [name],
        remedy: name === 'SSLEnabled' ? 'Audit the door: it is read here as if it had TLS.' : 'Write its value, or audit the door.',
        place: placeIn(file, start, end),
      }),
    )
}

function protocolFindings(scene: Scene): readonly SettingsFinding[] {
  const { problem, protocols } = protocolsMeant(scene)
  const given = only(givenFor(scene.file, scene.site, 'protocols'))
  const place = given === undefined || given === 'several' ? undefined : given.place
  const findings: SettingsFinding[] = []
  if (problem !== undefined) {
    const verdict = problem.id === 'settings-unknown-protocol' ? 'weak' : 'bad'
    const { id, fact, remedy } = problem
    findings.push(settingsFinding({ id, verdict, fact: `${scene.site.door}: ${fact}`, subjects: [scene.site.door], remedy, place }))
  }
  const young = protocols !== 'unknown' && protocols.length > 0 && protocols.every((one) => one !== 'TLSv1' && one !== 'SSLv3')
  if (problem === undefined && scene.site.grammar === 'jsse' && young && since(scene.version, '7.0.36') !== true) {
    const fact = `${scene.site.door}: ${protocols.join(' and ')} need Java 7 or later; with an older Java this list would turn everything on.`
    const remedy = 'Check which Java runs it, and prove the change on the wire.'
    findings.push(settingsFinding({ id: 'settings-java', verdict: 'unknown', fact, subjects: [scene.site.door], remedy, place }))
  }
  return findings
}

function cipherFindings(scene: Scene): readonly SettingsFinding[] {
  const { odd } = ciphersMeant(scene)
  const given = only(givenFor(scene.file, scene.site, 'ciphers'))
  if (odd.length === 0 || given === undefined || given === 'several') return []
  const java = scene.site.grammar === 'jsse'
  const names = java ? 'no suite as Java names it' : 'nothing that Tomcat has a suite for'
  return [
    settingsFinding({
      id: 'settings-cipher-list',
      verdict: 'weak',
      fact: `${scene.site.door}: ${given.name} has ${odd.join(', ')}, which is ${names}.`,
      subjects: odd,
      remedy: java
        ? 'Write names as Java has them, such as TLS_RSA_WITH_AES_128_CBC_SHA, with commas between.'
        : 'Correct it, or take it out.',
      place: given.place,
    }),
  ]
}

function twice(scene: Scene): readonly SettingsFinding[] {
  return (['protocols', 'ciphers', 'order'] as const).flatMap((what) => {
    const given = givenFor(scene.file, scene.site, what)
    if (only(given) !== 'several') return []
    const names = given.map(({ name }) => name).join(' and ')
    return settingsFinding({
      id: 'settings-given-twice',
      verdict: 'bad',
      fact: `${scene.site.door}: ${names} say different things, and which of them counts is not known.`,
      subjects: given.map(({ name }) => name),
      remedy: 'Leave one of them.',
      place: given[0]?.place,
    })
  })
}

/** Attributes that restrict TLS somewhere, in some version. */
const RESTRICTING = [
  'SSLProtocol',
  'SSLCipherSuite',
  'SSLHonorCipherOrder',
  'sslProtocols',
  'sslEnabledProtocols',
  'ciphers',
  'useServerCipherSuitesOrder',
]
const OF_HOSTS = ['protocols', 'ciphers', 'honorCipherOrder', 'cipherSuites']

function ignored({ file, site, version }: Scene): readonly SettingsFinding[] {
  const read = Object.values(site.names).flat()
  const known = [...RESTRICTING, ...OF_HOSTS]
  const onHolder = site.holder.attributes.filter(({ name }) => known.some((one) => one.toLowerCase() === name.toLowerCase()))
  const onConnector = site.holder === site.connector ? [] : site.connector.attributes.filter(({ name }) => RESTRICTING.includes(name))
  const unread = onHolder.filter(({ name }) => name !== 'sslProtocol' && !read.includes(name) && !isOwn(name, site, version))
  return [...unread, ...onConnector].map((attribute) =>
    settingsFinding({
      id: 'settings-ignored',
      verdict: 'bad',
      fact: `${site.door}: ${version.reading.text} ${onConnector.includes(attribute) ? 'does not agree with itself about' : 'ignores'} ${attribute.name}${why(attribute, site, version)}.`,
      subjects: [attribute.name],
      remedy: remedyFor(attribute, site, version),
      place: placeIn(file, attribute.start, attribute.end),
    }),
  )
}

function isOwn(name: string, { grammar }: Site, version: TomcatVersion): boolean {
  return name === 'cipherSuites' && grammar === 'host' && setsTls13Apart(version)
}

function why({ name }: XmlAttribute, site: Site, version: TomcatVersion): string {
  if (site.holder !== site.connector && RESTRICTING.includes(name)) return ', which stands beside an SSLHostConfig'
  if (![...RESTRICTING, ...OF_HOSTS].includes(name)) return ': names of attributes count to the letter'
  if (site.grammar === 'none' && since(version, '10.0.0') === true)
    return ': since 10 the old attributes count no more, so what they forbid is open'
  return site.grammar === 'apr' ? ', which is for Java and not for the native library' : ', which is not read here'
}

function remedyFor({ name }: XmlAttribute, site: Site, version: TomcatVersion): string {
  const exact = [...RESTRICTING, ...OF_HOSTS].find((one) => one.toLowerCase() === name.toLowerCase() && one !== name)
  if (exact !== undefined) return `Write ${exact}.`
  if (since(version, '8.5.0') === true) return 'Write it into an <SSLHostConfig> as protocols, ciphers or honorCipherOrder.'
  return `Use ${Object.values(site.names).flat().join(' and ') || 'attributes of one kind only'}.`
}

/** `sslProtocol` looks like a restriction and is none. */
function misread({ file, site }: Scene): readonly SettingsFinding[] {
  const found = site.holder.attributes.find(({ name }) => name === 'sslProtocol')
  if (found === undefined || found.raw.trim().toUpperCase() === 'TLS' || site.grammar === 'none') return []
  return [
    settingsFinding({
      id: 'settings-no-restriction',
      verdict: 'weak',
      fact: `${site.door}: sslProtocol="${found.raw}" names a kind of context, and restricts no versions.`,
      subjects: ['sslProtocol'],
      remedy: `Use ${site.names.protocols[0] ?? 'protocols'} for that, and sslProtocol="TLS".`,
      place: placeIn(file, found.start, found.end),
    }),
  ]
}

function nothingRead({ file, site, version }: Scene): readonly SettingsFinding[] {
  const place = placeIn(file, site.connector.start, site.connector.contentStart)
  const common = { subjects: [site.door], place }
  if (site.grammar === 'none') {
    const fact = `${site.door} has no SSLHostConfig, without which ${version.reading.text} has no TLS settings for it.`
    const remedy = 'Write an <SSLHostConfig> with its <Certificate> into the Connector.'
    return [settingsFinding({ id: 'settings-no-host', verdict: 'bad', fact, remedy, ...common })]
  }
  if (site.grammar !== 'either') return []
  const fact = `${site.door} has attributes of Java and of the native library, or of neither; which of the two runs it is not in the file.`
  const remedy = 'Name the class in protocol=, such as org.apache.coyote.http11.Http11NioProtocol.'
  return [settingsFinding({ id: 'settings-two-libraries', verdict: 'unknown', fact, remedy, ...common })]
}

/** Settings of TLS on a Connector without TLS, and the two doors of Mail Express that should be alike. */
export function findingsOfAll(file: SettingsFile, connectors: readonly XmlElement[], scenes: readonly Scene[]): readonly SettingsFinding[] {
  const withTls = new Set(scenes.map(({ site }) => site.connector))
  const plain = connectors.filter(
    (connector) => !withTls.has(connector) && connector.attributes.some(({ name }) => RESTRICTING.includes(name)),
  )
  return [
    ...plain.map((connector) =>
      settingsFinding({
        id: 'settings-no-tls',
        verdict: 'bad',
        fact: `The Connector of port ${valueOf(connector, 'port') ?? 'unknown'} has settings of TLS, and no SSLEnabled="true": it speaks no TLS.`,
        subjects: ['SSLEnabled'],
        remedy: 'Add SSLEnabled="true", or take the settings out.',
        place: placeIn(file, connector.start, connector.contentStart),
      }),
    ),
    ...apart(scenes),
  ]
}

function apart(scenes: readonly Scene[]): readonly SettingsFinding[] {
  const gateway = scenes.find(({ site }) => isDmz(site.connector))
  const listeners = scenes.filter(({ site }) => !isDmz(site.connector))
  if (gateway === undefined) return []
  const versions = (scene: Scene): string => {
    const { protocols } = protocolsMeant(scene)
    return protocols === 'unknown' ? 'unknown' : protocols.filter((one) => one !== 'SSLv2').join(', ')
  }
  return listeners
    .filter((listener) => versions(listener) !== versions(gateway))
    .map((listener) =>
      settingsFinding({
        id: 'settings-connectors-differ',
        verdict: 'weak',
        fact: `${listener.site.door} speaks ${versions(listener)}, and ${gateway.site.door} ${versions(gateway)}: what the Internet gets through the gateway is the second.`,
        subjects: [listener.site.door, gateway.site.door],
        remedy: 'Set both Connectors to the same.',
        place: givenFor(gateway.file, gateway.site, 'protocols')[0]?.place,
      }),
    )
}

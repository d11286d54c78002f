import { suiteIs, type Policy } from '../../policy/index.ts'
import type { ProtocolName } from '../../registry/index.ts'
import type { Change, Edits, Inexpressible, Reading, ReadOptions, Wanted } from '../adapter.ts'
import { defaultTls13Suites } from '../openssl/tls13-suites.ts'
import { wishOf, type Ability, type Wish } from '../wish.ts'
import { placeIn } from '../settings-file.ts'
import type { LegWords } from '../words.ts'
import { addAttribute, setAttribute, valueOf } from '../xml/edits.ts'
import { attributeOf } from '../xml/element.ts'
import { printCiphers, writableSuites } from './ciphers.ts'
import { meaningOf, printProtocols, writable } from './protocols.ts'
import { scenesOf } from './read.ts'
import { givenFor } from './sites.ts'
import { setsTls13Apart } from './versions.ts'
import { wordsOf, type Scene } from './words.ts'

type Missing = Pick<Inexpressible, 'word' | 'why'>

/** Attributes and what they should be, and what cannot be said. */
interface Part {
  readonly values?: readonly (readonly [attribute: string, value: string])[]
  readonly missing?: readonly Missing[]
}

export function writeTomcat(reading: Reading, wanted: readonly Wanted[], options: ReadOptions): Edits {
  const [file] = reading.files
  if (file === undefined) return { changes: [], inexpressible: [] }
  const scenes = scenesOf(reading.product, file, options)
  const done = wanted.flatMap(({ door, policy }) => {
    const scene = scenes.find(({ site }) => site.door === door)
    return scene === undefined ? [] : [{ scene, parts: partsOf(scene, policy) }]
  })
  return {
    changes: done.flatMap(({ scene, parts }) =>
      parts.flatMap(({ values = [] }) => values.flatMap(([name, value]) => changeOf(scene, name, value))),
    ),
    inexpressible: done.flatMap(({ scene, parts }) =>
      parts.flatMap(({ missing = [] }) => missing.map((one) => ({ door: scene.site.door, role: 'server' as const, ...one }))),
    ),
  }
}

function changeOf({ file, site: { door, holder } }: Scene, name: string, value: string): readonly Change[] {
  const before = valueOf(holder, name)
  if (before === value) return []
  const attribute = attributeOf(holder, name)
  const edit = attribute === undefined ? addAttribute(file, holder, name, value) : setAttribute(file, attribute, value)
  const place = placeIn(file, edit.start, edit.end)
  return [{ door, role: 'server', setting: `${name} of ${holder.name}`, before, after: value, place, edits: [edit] }]
}

function partsOf(scene: Scene, policy: Policy): readonly Part[] {
  const words = wordsOf(scene)
  const wish = wishOf(words, policy, abilityOf(scene, policy))
  const parts = { missing: [...wish.impossible, ...beyond(scene, wish)] }
  // Where no version is left to speak, nothing is changed.
  if (Object.keys(wish).length === 1) return [parts]
  return [protocolPart(scene, wish, words, policy), ...cipherParts(scene, wish, words, policy), orderPart(scene, wish), parts]
}

function abilityOf({ site, version, openssl }: Scene, policy: Policy): Ability {
  const protocols = writable(site, version)
  const tls13Suites = protocols.includes('TLSv1.3') && site.grammar !== 'apr' ? defaultTls13Suites('1.1.1') : []
  return { protocols, suites: writableSuites(site, version, openssl), tls13Suites, groups: policy.groups }
}

function beyond({ site }: Scene, wish: Wish): readonly Missing[] {
  const nothing = Object.keys(wish).length === 1 ? 'nothing is changed where no version is left to speak' : undefined
  const where = site.grammar === 'apr' ? 'it may stand in the certificate file' : 'it is a property of Java, jdk.tls.ephemeralDHKeySize'
  return [
    { word: 'groups', why: 'no attribute that Postern writes names the curves' },
    ...(wish.dh === undefined ? [] : [{ word: 'dh', why: `no attribute sets the size of DHE: ${where}` } as const]),
    ...(nothing === undefined ? [] : (['suites', 'order', 'dh', 'sslv2Hello'] as const).map((word) => ({ word, why: nothing }))),
  ]
}

function protocolsAfter(wish: Wish, { protocols }: LegWords): readonly ProtocolName[] {
  return wish.protocols ?? (protocols.value === 'unknown' ? [] : protocols.value)
}

function protocolPart(scene: Scene, wish: Wish, words: LegWords, policy: Policy): Part {
  const { file, site, version } = scene
  if (wish.protocols === undefined && wish.sslv2Hello === undefined) return {}
  const given = givenFor(file, site, 'protocols').map(({ name }) => name)
  const names = given.length === 0 ? site.names.protocols.slice(0, 1) : given
  const after = protocolsAfter(wish, words)
  const values = names.flatMap((name) => {
    // Two names of one setting have to agree to the letter.
    const text = printProtocols(site, names.length > 1 ? 'SSLProtocol' : name, after, version)
    return text === undefined ? [] : [[name, text] as const]
  })
  const [first] = values
  if (first === undefined || values.length < names.length) {
    const why = `${names.join(' and ') || 'this Connector'} of this version has no words for ${after.join(' and ')} alone`
    return {
      missing: [
        { word: 'protocols', why },
        { word: 'sslv2Hello', why },
      ],
    }
  }
  const hello = !policy.sslv2Hello && meaningOf(site, first[1], version).sslv2Hello !== false
  const why = 'the native library answers hellos in the format of SSL 2.0 wherever it speaks more than one version'
  return { values, ...(hello ? { missing: [{ word: 'sslv2Hello', why }] } : {}) }
}

function cipherParts(scene: Scene, wish: Wish, words: LegWords, policy: Policy): readonly Part[] {
  const { file, site, version, openssl } = scene
  const now = words.suites.value === 'unknown' ? [] : words.suites.value
  const after = protocolsAfter(wish, words)
  const spoken = after.includes('TLSv1.3')
  const newer = wish.tls13Suites ?? now.filter((suite) => suiteIs(suite, 'tls1.3'))
  const separate = setsTls13Apart(version)
  // A list that stops the start does so although only TLS 1.3 is spoken, which has its own.
  const broken = separate && words.suites.value === 'unknown' && wish.suites === undefined
  const older = wish.suites ?? (broken ? allowed(scene, policy) : now.filter((suite) => !suiteIs(suite, 'tls1.3')))
  const parts: Part[] = []
  if (wish.tls13Suites !== undefined && separate) parts.push({ values: [['cipherSuites', newer.join(':')]] })
  if (wish.tls13Suites !== undefined && site.grammar === 'apr') {
    parts.push({ missing: [{ word: 'suites', why: 'no attribute sets the suites of TLS 1.3 for the native library' }] })
  }
  const together = wish.tls13Suites !== undefined && !separate && site.grammar !== 'apr'
  if (wish.suites === undefined && !together && !broken) return parts
  const given = givenFor(file, site, 'ciphers')
  const decided = spoken && !separate && site.grammar !== 'apr'
  const list = printCiphers(site, given[0]?.value, { older, newer: decided ? newer : undefined }, version, openssl)
  const names = given.length === 0 ? site.names.ciphers.slice(0, 1) : given.map(({ name }) => name)
  if (list === undefined)
    return [...parts, { missing: [{ word: 'suites', why: `no list of ${names.join(' and ')} means just these suites` }] }]
  // Those named in the old list held for TLS 1.3 as well; without them a default would, which has more.
  const kept = separate && wish.tls13Suites === undefined && givenFor(file, site, 'ciphers').length > 0 && newer.length > 0
  const held = kept && valueOf(site.holder, 'cipherSuites') === undefined && newer.join() !== defaultTls13Suites('1.1.1').join()
  const moved: readonly Part[] = held ? [{ values: [['cipherSuites', newer.join(':')]] }] : []
  return [...parts, ...moved, { values: names.map((name) => [name, list] as const) }]
}

function allowed({ site, version, openssl }: Scene, policy: Policy): readonly string[] {
  const able = writableSuites(site, version, openssl)
  return policy.suites.filter((suite) => able.includes(suite))
}

function orderPart({ file, site }: Scene, { order }: Wish): Part {
  if (order === undefined) return {}
  const given = givenFor(file, site, 'order').map(({ name }) => name)
  const names = given.length === 0 ? site.names.order.slice(0, 1) : given
  if (names.length === 0) return { missing: [{ word: 'order', why: 'this version has no attribute for who chooses the suite' }] }
  return { values: names.map((name) => [name, String(order === 'server')] as const) }
}

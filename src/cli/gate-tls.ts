import { basename } from 'node:path'
import { PosternError } from '../errors.ts'
import type { GivenTls } from '../gate/index.ts'
import { resolveCipherList, STACKS, suiteIs, type AllowedKey, type KeyType, type Policy } from '../policy/index.ts'
import { groups, PROTOCOLS, suiteByName, type ProtocolName } from '../registry/index.ts'
import type { Leg, LegWords, Word } from '../settings/index.ts'

/** Settings that a gate is to run, as far as its policies name them. */
export interface LegSource {
  /** Their path. */
  readonly file: string
  /** Product and version. */
  readonly edition: string
  /** ISO 8601. */
  readonly date: string
}

/** A leg as the gate is to serve it. */
export interface LegTls extends GivenTls {
  /** What the settings leave open, and what is done instead, in sentences. */
  readonly notes: readonly string[]
}

/** What nobody says is served as of today: what is older has to be asked for. */
const SAFE_PROTOCOLS: readonly ProtocolName[] = ['TLSv1.2', 'TLSv1.3']
const SAFE_CIPHERS = 'HIGH:!aNULL:!aDSS:!PSK:!SRP'
const SAFE_DH = 2048
/** Smaller parameters than any product is told to have. */
const SMALLEST_DH = 512

/**
 * The TLS of a leg in the terms of the gate. Where a value stands in the file and nobody knows what its product makes of it, the gate does not guess:
 * throws `GATE_SETTINGS`, `input`. What the file does not decide at all is said in notes.
 */
export function tlsOfLeg(leg: Leg, source: LegSource): LegTls {
  const { words, posture, door } = leg
  for (const name of ['protocols', 'suites', 'order', 'dh'] as const) refuseUnknown(words[name], door, source)
  const protocols = protocolsOf(leg)
  const dh = words.dh.value
  const policy: Policy = {
    name: `${basename(source.file)}, ${door}${leg.role === 'client' ? ', as a client' : ''}`,
    title: `${door} as ${basename(source.file)} has it`,
    edition: source.edition,
    date: source.date,
    source: source.file,
    protocols: { allowed: protocols, required: [] },
    suites: suitesOf(words, protocols),
    groups: groupsOf(words),
    signatureSchemes: OURS.signatureSchemes.filter((scheme) => !scheme.startsWith('dsa_')),
    dh: { minBits: typeof dh === 'number' ? Math.max(dh, SMALLEST_DH) : SAFE_DH },
    order: words.order.value === 'unknown' ? 'any' : words.order.value,
    sslv2Hello: words.sslv2Hello.value !== false,
    certificate: { keys: EVERY_KEY, hashes: EVERY_HASH },
    features: { required: [], forbidden: [] },
  }
  const splits = posture.features.recordSplitting
  const wishes = { ...(typeof dh === 'number' ? { dhBits: dh } : {}), ...(splits === false ? { emptyFragments: false } : {}) }
  return { policy, wishes, notes: [...notesOf(leg), ...anonymousNote(door, policy.suites)] }
}

/** The gate's own library, whose defaults hold where settings decide nothing. */
const OURS = STACKS['openssl-3.5']
const KEY_TYPES: readonly KeyType[] = ['RSA', 'RSA-PSS', 'ECDSA', 'Ed25519', 'Ed448']
const EVERY_KEY: readonly AllowedKey[] = KEY_TYPES.map((type) => ({ type }))
const EVERY_HASH = ['MD5', 'SHA-1', 'SHA-224', 'SHA-256', 'SHA-384', 'SHA-512', 'none']

function refuseUnknown({ value, origin }: Word<unknown>, door: string, { file }: LegSource): void {
  if (value !== 'unknown' || origin.kind !== 'file') return
  throw new PosternError(
    'input',
    'GATE_SETTINGS',
    `Cannot run ${basename(file)}:${origin.place.line}:${origin.place.column}, ${door}: nobody knows what ${origin.setting} means as it stands there`,
    {
      remedy: `Type \`postern settings show ${basename(file)}\` and correct it, or give the service a policy in the configuration beside.`,
    },
  )
}

/** With those that depend on a library which nobody names: the gate's has them. */
function protocolsOf({ words, posture }: Leg): readonly ProtocolName[] {
  if (words.protocols.value === 'unknown') return SAFE_PROTOCOLS
  return PROTOCOLS.filter((protocol) => posture.protocols[protocol].offered !== false)
}

/** Those that one of the versions has: what only others have is nothing that is missed. */
function suitesOf({ suites }: LegWords, protocols: readonly ProtocolName[]): readonly string[] {
  const listed = suites.value === 'unknown' ? safeSuites() : suites.value
  const older = listed.filter((suite) => protocols.some((protocol) => protocol !== 'TLSv1.3' && isOf(suite, protocol)))
  if (!protocols.includes('TLSv1.3')) return older
  const newer = listed.filter((suite) => suiteIs(suite, 'tls1.3'))
  return [...(newer.length > 0 ? newer : TLS13_SUITES), ...older]
}

function safeSuites(): readonly string[] {
  return resolveCipherList(SAFE_CIPHERS, { generation: '3.5' }).suites.map(({ iana }) => iana)
}

function isOf(suite: string, protocol: ProtocolName): boolean {
  const first = suiteByName(suite)?.protocol
  return first === undefined || PROTOCOLS.indexOf(first) <= PROTOCOLS.indexOf(protocol)
}

/** RFC 8446 §9.1, in OpenSSL's order. */
const TLS13_SUITES = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256']

/** Curves are those of the gate unless ECDHE is off; in a finite field TLS 1.3 has nothing smaller than what DHE is to have. */
function groupsOf({ groups: { value }, dh }: LegWords): readonly string[] {
  const curves = value === 'unknown' ? OURS.groups.filter((name) => !isField(name)) : value.filter((name) => !isField(name))
  if (dh.value === null) return curves
  const smallest = typeof dh.value === 'number' ? dh.value : SAFE_DH
  const largest = Math.max(smallest, USUAL_FIELD)
  const fields = groups.filter(({ kind, bits }) => kind === 'ffdhe' && bits >= smallest && bits <= largest).map(({ name }) => name)
  return [...curves, ...fields]
}

/** Larger ones cost a server more than its clients. */
const USUAL_FIELD = 3072

function isField(name: string): boolean {
  return name.startsWith('ffdhe')
}

/** They are served as the list says: a client that offers them asks for it. */
function anonymousNote(door: string, suites: readonly string[]): readonly string[] {
  const bare = suites.filter((suite) => {
    const { au, enc } = suiteByName(suite) ?? {}
    return au === 'anon' || enc === 'NULL'
  })
  if (bare.length === 0) return []
  return [`${door}: its list has suites without a certificate or without encryption (${bare.join(', ')}); !aNULL:!eNULL takes them out.`]
}

/** Only of what the settings might have decided. */
function notesOf({ words, posture, door }: Leg): readonly string[] {
  const { protocols } = words
  const maybe = PROTOCOLS.filter(
    (one) => posture.protocols[one].offered === 'unknown' && !(protocols.value === 'unknown' || protocols.value.includes(one)),
  )
  const said = (word: Word<unknown>, what: string, instead: string): readonly string[] =>
    word.value === 'unknown' ? [`${door}: the settings do not tell ${what}; ${instead}.`] : []
  return [
    ...(maybe.length === 0
      ? []
      : [`${door}: whether ${maybe.join(' and ')} are spoken depends on the library of the product; they are here.`]),
    ...said(protocols, 'which versions are spoken', `it is ${SAFE_PROTOCOLS.join(' and ')} here`),
    ...said(words.suites, 'which suites are used', `it is those of ${SAFE_CIPHERS} here`),
    ...said(words.dh, 'the size of DHE', `it is ${SAFE_DH} bits here`),
    ...said(words.order, 'who chooses the suite', 'it is the gate'),
  ]
}

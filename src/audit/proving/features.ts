import { FEATURES, type FeatureName, type FeaturePosture } from '../../policy/index.ts'
import { alertDescription, suiteByCode } from '../../registry/index.ts'
import { EXTENSION_TYPE, findExtension } from '../../wire/index.ts'
import { OLD_GROUPS } from '../candidates.ts'
import { helloFeatures } from '../facts.ts'
import type { HelloProtocol } from '../hello.ts'
import { observe } from '../observation.ts'
import type { AnyProbe, ProbeFacts } from '../probe.ts'
import { fallbackScsv } from '../probes/fallback-scsv.ts'
import { helloFeatures as helloFeatureProbe } from '../probes/hello-features.ts'
import { clientRenegotiation } from '../probes/renegotiation.ts'
import { resumption } from '../probes/resumption.ts'
import { evidenceIn, type Check, type Draft } from './check.ts'
import { commonest, SHORT_HELLO } from './pieces.ts'
import type { Scene } from './scene.ts'

/** What each feature that is not in every ServerHello is asked with, and in which versions. */
const PROBES: readonly { readonly names: readonly FeatureName[]; readonly probe: AnyProbe; readonly only?: HelloProtocol }[] = [
  { names: ['compression', 'heartbeat', 'truncatedHmac'], probe: helloFeatureProbe },
  { names: ['clientRenegotiation'], probe: clientRenegotiation },
  { names: ['fallbackScsv'], probe: fallbackScsv },
  { names: ['earlyData'], probe: resumption, only: 'TLSv1.3' },
]

/** Features that the policy requires or forbids. Nothing is said of those that make no sense in the versions that are spoken. */
export const checkFeatures: Check = async (scene) => {
  const { required, forbidden } = scene.policy.features
  const asked = FEATURES.filter(({ name }) => required.includes(name) || forbidden.includes(name))
  if (asked.length === 0 || scene.spoken.length === 0) return []
  const wanted = PROBES.filter(({ names }) => names.some((name) => asked.some((feature) => feature.name === name)))
  const found = await Promise.all(
    wanted.map(async ({ probe, only }) => {
      const protocols = scene.protocolsSpoken.filter((protocol) => only === undefined || protocol === only)
      const server = scene.server(protocols)
      const facts = await probe.run(server)
      noteRefusal(scene, facts, () => probe.run(server))
      return facts
    }),
  )
  const etm = asked.some(({ name }) => name === 'encryptThenMac') ? await encryptThenMac(scene) : undefined
  const probed = found.map(({ features }) => features)
  const facts: Partial<FeaturePosture> = Object.assign({}, helloFeatures(scene.notes.observations), ...probed, etm)
  const proofs = found.flatMap((one) => one.proofs ?? [])
  return asked.flatMap(({ name, finding }) => {
    const fact = facts[name]
    if (fact === 'not-applicable') return []
    const want = required.includes(name)
    const verdict: Draft['verdict'] = fact === undefined || fact === 'unknown' ? 'unknown' : fact === want ? 'kept' : 'broken'
    return [
      {
        id: `feature-${name}`,
        demand: `${WORDS[name]} is ${want ? 'there' : 'not there'}`,
        rule: scene.ruleOn([{ subject: 'behaviour', id: finding, kept: false }]),
        verdict,
        fact: verdict === 'unknown' ? `It could not be found out whether ${WORDS[name]} is there.` : factOf(name, fact === true),
        ...evidenceIn(proofs.find((one) => one.fact === `features.${name}`)?.answer ?? helloThatShows(name, scene)),
      },
    ]
  })
}

const INAPPROPRIATE_FALLBACK = alertDescription.code('inappropriate_fallback')

/** Doors that refuse a needless fallback as they refuse everything may have refused for another reason. */
function noteRefusal(scene: Scene, { features, proofs = [] }: ProbeFacts, again: () => Promise<ProbeFacts>): void {
  const proof = proofs.find(({ fact }) => fact === 'features.fallbackScsv')
  // The description stands last in an alert, RFC 8446 §6.
  if (features?.fallbackScsv !== true || proof?.answer.at(-1) === INAPPROPRIATE_FALLBACK) return
  const isThere = async (): Promise<string | undefined> => ((await again()).features?.fallbackScsv === true ? 'refused' : undefined)
  scene.refused.noteHow('TLS_FALLBACK_SCSV', 'refused', isThere)
}

/** The ServerHello of those versions in which the feature can be seen. */
function helloThatShows(name: FeatureName, { notes }: Scene): Uint8Array | undefined {
  const old = notes.observations.filter(({ protocol }) => protocol !== 'TLSv1.3')
  const shows = name === 'encryptThenMac' ? old.findLast(({ suite }) => suite?.mode === 'CBC') : old[0]
  return shows?.answer.bytes
}

function factOf(name: FeatureName, there: boolean): string {
  const words = `${WORDS[name]} is ${there ? '' : 'not '}there.`
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const WORDS: Readonly<Record<FeatureName, string>> = {
  extendedMasterSecret: 'the extended master secret',
  encryptThenMac: 'encrypt-then-MAC with CBC suites',
  secureRenegotiation: 'secure renegotiation',
  clientRenegotiation: 'renegotiation that the client starts',
  compression: 'compression',
  heartbeat: 'heartbeat',
  truncatedHmac: 'truncated HMAC',
  earlyData: 'early data (0-RTT)',
  fallbackScsv: 'protection from needless fallback (TLS_FALLBACK_SCSV)',
  downgradeSentinel: 'the mark of a downgrade in the server’s random value',
}

/** A server that would rather use AEAD suites shows it only when it is offered CBC suites alone. RFC 7366 §3. */
async function encryptThenMac(scene: Scene): Promise<Pick<FeaturePosture, 'encryptThenMac'>> {
  const protocol = scene.protocolsSpoken.find((one) => one !== 'TLSv1.3' && one !== 'SSLv3')
  const suites = protocol === undefined ? [] : scene.allowedSuites(protocol).filter((code) => suiteByCode(code)?.mode === 'CBC')
  if (protocol === undefined || suites.length === 0) return { encryptThenMac: 'not-applicable' }
  const offered = scene.breaks === 'not' ? suites : commonest(suites, SHORT_HELLO)
  const [offer, answer] = await scene.ask({ protocol, suites: offered, groups: OLD_GROUPS })
  const seen = observe(offer, answer)
  if (seen !== undefined)
    return { encryptThenMac: findExtension(seen.answer.hello.extensions, EXTENSION_TYPE.encrypt_then_mac) !== undefined }
  return { encryptThenMac: answer.kind === 'alert' || answer.kind === 'closed' ? 'not-applicable' : 'unknown' }
}

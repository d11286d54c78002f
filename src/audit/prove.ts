import { performance } from 'node:perf_hooks'
import { PosternError } from '../errors.ts'
import { allows, FEATURES, forbiddenBy, type FeatureName, type FeaturePosture, type Policy } from '../policy/index.ts'
import {
  protocolVersion,
  signatureScheme,
  suiteByCode,
  suiteByName,
  suiteName,
  supportedGroup,
  type ProtocolName,
} from '../registry/index.ts'
import type { AuditDoor } from './audit.ts'
import { OLD_CURVES, OLD_GROUPS, OLD_SUITES, SIGNATURE_SCHEMES, TLS13_GROUPS, TLS13_SUITES } from './candidates.ts'
import { judgeChain } from './chain.ts'
import { describeAnswer, type Answer } from './exchange.ts'
import { dhPosture, helloFeatures, hex } from './facts.ts'
import { sniName, type HelloOffer, type HelloProtocol } from './hello.ts'
import { Lanes } from './lanes.ts'
import { Notes } from './notes.ts'
import { groupName, observe, observedGroup, type Observation } from './observation.ts'
import { helloFeatures as helloFeatureProbe } from './probes/hello-features.ts'
import { clientRenegotiation } from './probes/renegotiation.ts'
import { resumption } from './probes/resumption.ts'
import type { Cost } from './result.ts'
import { Server, type Known } from './server.ts'
import { askSslv2 } from './sslv2-hello.ts'
import type { TrustStore } from './trust.ts'

/** One thing that a policy demands, and whether the door keeps to it. */
export interface ProofCheck {
  /** Such as `refuses-protocols`. */
  readonly id: string
  readonly demand: string
  readonly verdict: 'kept' | 'broken' | 'unknown'
  /** What was seen, in one sentence. */
  readonly fact: string
  /** Hex of the answer that proves it. */
  readonly evidence?: string
}

/** Whether a door keeps to a policy. `unknown` in any check is never a pass. */
export interface Proof {
  readonly target: string
  readonly address: string | null
  readonly policy: { readonly name: string; readonly title: string; readonly edition: string }
  readonly keeps: 'yes' | 'no' | 'unknown'
  readonly checks: readonly ProofCheck[]
  readonly problem: { readonly code: string; readonly message: string; readonly remedy?: string } | null
  readonly cost: Cost
}

export interface ProveOptions {
  readonly parallel: number
  /** Milliseconds. */
  readonly timeout: number
  readonly trust: TrustStore
  readonly now: Date
  readonly pause?: number
}

const PATIENCE_MS = 5000
/** What breaks the policy is listed so far; a longer list proves no more. */
const MOST_SHOWN = 12

/**
 * Answers only whether a door keeps to a policy, with about ten connections however many suites it has: what is forbidden is offered alone
 * and must be refused, what is allowed is offered and must be accepted. Whoever wants the whole picture audits.
 */
export async function prove(door: AuditDoor, policy: Policy, options: ProveOptions): Promise<Proof> {
  const began = performance.now()
  const lanes = new Lanes(door, options)
  const proving = new Proving(door, policy, lanes, options)
  let problem: PosternError | undefined
  try {
    await proving.all()
  } catch (error) {
    if (!(error instanceof PosternError) || error.fault === 'bug') throw error
    problem = error
  } finally {
    lanes.close()
  }
  const { checks } = proving
  return {
    target: door.url,
    address: door.address,
    policy: { name: policy.name, title: policy.title, edition: policy.edition },
    keeps: verdictOf(checks, problem),
    checks,
    problem:
      problem === undefined
        ? null
        : { code: problem.code, message: problem.message, ...(problem.remedy === undefined ? {} : { remedy: problem.remedy }) },
    cost: { connections: lanes.connections, milliseconds: Math.round(performance.now() - began) },
  }
}

function verdictOf(checks: readonly ProofCheck[], problem: PosternError | undefined): Proof['keeps'] {
  if (checks.some((check) => check.verdict === 'broken')) return 'no'
  if (problem !== undefined || checks.length === 0 || checks.some((check) => check.verdict === 'unknown')) return 'unknown'
  return 'yes'
}

/** What became of a question that has to be refused. */
interface Refusal {
  readonly accepted: readonly string[]
  readonly answer: Answer
}

class Proving {
  readonly checks: ProofCheck[] = []
  readonly #door: AuditDoor
  readonly #policy: Policy
  readonly #options: ProveOptions
  readonly #server: Server
  readonly #notes = new Notes()
  readonly #lanes: Lanes

  constructor(door: AuditDoor, policy: Policy, lanes: Lanes, options: ProveOptions) {
    this.#door = door
    this.#policy = policy
    this.#options = options
    this.#lanes = lanes
    this.#server = this.#serverFor([])
  }

  async all(): Promise<void> {
    const [newest, older] = await Promise.all([this.#accepts('TLSv1.3'), this.#accepts('TLSv1.2')])
    this.#checkRequired([...newest, ...older])
    const observations = [...newest, ...older]
    await Promise.all([
      this.#refusesProtocols(observations),
      this.#refusesSslv2(),
      this.#refusesSuites(observations),
      this.#refusesGroups(observations),
      this.#refusesSchemes(observations),
      this.#dhSizes(observations),
    ])
    await this.#features(observations)
    this.#certificates()
  }

  /** Offers what the policy allows, once for each kind of certificate, and hears what is chosen. */
  async #accepts(protocol: 'TLSv1.2' | 'TLSv1.3'): Promise<readonly Observation[]> {
    if (!allows(this.#policy, { protocol })) return []
    const allowed = this.#allowedSuites(protocol)
    const lists = protocol === 'TLSv1.3' ? [allowed] : ['RSA', 'ECDSA'].map((au) => allowed.filter((code) => suiteByCode(code)?.au === au))
    const answers = await Promise.all(
      lists.filter((suites) => suites.length > 0).map((suites) => this.#hello({ protocol, suites, groups: this.#allowedGroups(protocol) })),
    )
    return answers
      .map(([offer, answer]) => observe(offer, answer))
      .filter((one) => one?.protocol === protocol)
      .filter((one) => one !== undefined)
  }

  #checkRequired(observations: readonly Observation[]): void {
    const spoken = new Set(observations.map((one) => one.protocol))
    for (const protocol of this.#policy.protocols.required) {
      if (protocol !== 'TLSv1.2' && protocol !== 'TLSv1.3') continue
      const kept = spoken.has(protocol)
      this.#add(
        'accepts-protocol',
        `${protocol} with an allowed suite is accepted`,
        kept ? 'kept' : 'broken',
        kept ? `${protocol} is accepted.` : `${protocol} with the allowed suites is refused.`,
      )
    }
    const shown = observations.map((one) => `${one.protocol} with ${suiteName(one.answer.hello.cipherSuite)}`)
    this.#add(
      'accepts-allowed',
      'something that is allowed is accepted',
      shown.length > 0 ? 'kept' : 'broken',
      shown.length > 0 ? `Accepted: ${shown.join(', ')}.` : 'Nothing that the policy allows is accepted.',
    )
  }

  /** The newest of the forbidden old versions is offered: a server answers with it or with an older one that it has. */
  async #refusesProtocols(spoken: readonly Observation[]): Promise<void> {
    const forbidden = forbiddenBy(this.#policy).protocols
    for (const protocol of highestOfRuns(forbidden)) {
      const suites = protocol === 'TLSv1.3' ? TLS13_SUITES : OLD_SUITES
      const [, answer] = await this.#hello({ protocol, suites, groups: protocol === 'TLSv1.3' ? TLS13_GROUPS : OLD_GROUPS })
      const version = answer.kind === 'server-hello' ? protocolVersion.name(answer.version) : undefined
      const hit = forbidden.find((one) => one === version)
      this.#refusal(
        'refuses-protocols',
        `${forbidden.filter((one) => one !== 'SSLv2').join(', ')} are refused (offered: up to ${protocol})`,
        { accepted: hit === undefined ? [] : [hit], answer },
        spoken,
      )
    }
  }

  async #refusesSslv2(): Promise<void> {
    if (allows(this.#policy, { protocol: 'SSLv2' })) return
    const answer = await askSslv2(this.#lanes, 'SSLv2', PATIENCE_MS)
    this.#refusal('refuses-sslv2', 'SSL 2.0 is refused', { accepted: answer.kind === 'sslv2-server-hello' ? ['SSLv2'] : [], answer }, [])
    if (this.#policy.sslv2Hello) return
    const format = await askSslv2(this.#lanes, 'TLSv1.2', PATIENCE_MS)
    this.#refusal(
      'refuses-sslv2-hello',
      'a hello in SSL 2.0 format is refused',
      { accepted: format.kind === 'server-hello' ? ['an SSLv2-format hello'] : [], answer: format },
      [],
    )
  }

  /** Offers forbidden suites alone, in the newest allowed protocols; what is taken is taken away, so that the report names all. */
  async #refusesSuites(spoken: readonly Observation[]): Promise<void> {
    const { suites, tls13Suites } = forbiddenBy(this.#policy)
    const oldProtocols = (['TLSv1.2', 'TLSv1.1', 'TLSv1', 'SSLv3'] as const).filter((protocol) => allows(this.#policy, { protocol }))
    for (const protocol of oldProtocols) {
      const refusal = await this.#removing({ protocol, suites: codesOf(suites), groups: OLD_GROUPS })
      this.#refusal('refuses-suites', `forbidden suites are refused in ${protocol}`, refusal, spoken)
    }
    if (!allows(this.#policy, { protocol: 'TLSv1.3' }) || tls13Suites.length === 0) return
    const refusal = await this.#removing({ protocol: 'TLSv1.3', suites: codesOf(tls13Suites), groups: TLS13_GROUPS })
    this.#refusal('refuses-suites', 'forbidden suites are refused in TLSv1.3', refusal, spoken)
  }

  async #refusesGroups(spoken: readonly Observation[]): Promise<void> {
    const forbidden = new Set(forbiddenBy(this.#policy).groups.map((name) => supportedGroup.find(name)))
    for (const protocol of ['TLSv1.2', 'TLSv1.3'] as const) {
      const basis = spoken.find((one) => one.protocol === protocol && (protocol === 'TLSv1.3' || one.suite?.kx === 'ECDHE'))
      const groups = (protocol === 'TLSv1.3' ? TLS13_GROUPS : OLD_CURVES).filter((group) => forbidden.has(group))
      if (basis === undefined || groups.length === 0) continue
      const suites = this.#allowedSuites(protocol).filter((code) => protocol === 'TLSv1.3' || suiteByCode(code)?.kx === 'ECDHE')
      const [offer, answer] = await this.#hello({ protocol, suites, groups })
      const seen = observe(offer, answer)
      const group = seen?.protocol === protocol ? observedGroup(seen) : undefined
      const accepted = group !== undefined && forbidden.has(group) ? [groupName(group)] : []
      this.#refusal('refuses-groups', `forbidden groups are refused in ${protocol}`, { accepted, answer }, spoken)
    }
  }

  async #refusesSchemes(spoken: readonly Observation[]): Promise<void> {
    const forbidden = forbiddenBy(this.#policy)
      .signatureSchemes.map((name) => signatureScheme.find(name))
      .filter((code) => code !== undefined)
    const basis = spoken.find((one) => one.protocol === 'TLSv1.2' && one.keyExchange?.signature !== undefined)
    if (basis === undefined || forbidden.length === 0) return
    const suites = this.#allowedSuites('TLSv1.2').filter((code) => ['ECDHE', 'DHE'].includes(suiteByCode(code)?.kx ?? ''))
    const [offer, answer] = await this.#hello({
      protocol: 'TLSv1.2',
      suites,
      groups: this.#allowedGroups('TLSv1.2'),
      signatureSchemes: forbidden,
    })
    const algorithm = observe(offer, answer)?.keyExchange?.signature?.algorithm
    const accepted = algorithm !== undefined && forbidden.includes(algorithm) ? [signatureScheme.name(algorithm)] : []
    this.#refusal('refuses-signatures', 'forbidden signature schemes are refused in TLSv1.2', { accepted, answer }, spoken)
  }

  /** DHE with groups of RFC 7919 and without: servers may have parameters of their own beside them. */
  async #dhSizes(spoken: readonly Observation[]): Promise<void> {
    const suites = this.#allowedSuites('TLSv1.2').filter((code) => suiteByCode(code)?.kx === 'DHE')
    if (suites.length === 0 || !spoken.some((one) => one.protocol === 'TLSv1.2')) return
    const seen = await Promise.all([OLD_GROUPS, OLD_CURVES].map((groups) => this.#hello({ protocol: 'TLSv1.2', suites, groups })))
    const observed = seen.map(([offer, answer]) => observe(offer, answer)).filter((one) => one !== undefined)
    const found = dhPosture(observed)
    const small = found?.all.filter((one) => !allows(this.#policy, { dh: one })) ?? []
    const evidence = seen.map(([, answer]) => answer).find((answer) => answer.kind === 'server-hello')
    if (small.length > 0)
      this.#add(
        'dh-size',
        this.#dhDemand(),
        'broken',
        `DHE with ${small.map((one) => `${one.bits} bits (${one.prime})`).join(', ')} is accepted.`,
        evidence,
      )
    else this.#add('dh-size', this.#dhDemand(), 'kept', found === null ? 'DHE is not accepted.' : `DHE uses ${found.bits} bits or more.`)
  }

  #dhDemand(): string {
    return `DHE uses ${this.#policy.dh.minBits} bits or more`
  }

  async #features(spoken: readonly Observation[]): Promise<void> {
    const { required, forbidden } = this.#policy.features
    const asked = FEATURES.filter(({ name }) => required.includes(name) || forbidden.includes(name)).map(({ name }) => name)
    if (asked.length === 0 || spoken.length === 0) return
    const server = this.#serverFor(spoken)
    const probes = [
      ...(asked.some((name) => ['compression', 'heartbeat', 'truncatedHmac'].includes(name)) ? [helloFeatureProbe] : []),
      ...(asked.includes('clientRenegotiation') ? [clientRenegotiation] : []),
      ...(asked.includes('earlyData') ? [resumption] : []),
    ]
    const found: Partial<FeaturePosture> = Object.assign(
      helloFeatures(this.#notes.observations),
      ...(await Promise.all(probes.map(async (probe) => (await probe.run(server)).features))),
    )
    for (const name of asked) this.#feature(name, required.includes(name), found[name])
  }

  #feature(name: FeatureName, wanted: boolean, fact: FeaturePosture[FeatureName] | undefined): void {
    if (fact === 'not-applicable' || ((name === 'fallbackScsv' || name === 'downgradeSentinel') && fact === undefined)) return
    const verdict = fact === undefined || fact === 'unknown' ? 'unknown' : fact === wanted ? 'kept' : 'broken'
    this.#add(`feature-${name}`, `${name} is ${wanted ? 'there' : 'not there'}`, verdict, `${name}: ${String(fact ?? 'unknown')}.`)
  }

  #certificates(): void {
    for (const served of this.#notes.chains) {
      const chain = judgeChain(served, this.#door.serverName, this.#options.trust, this.#options.now)
      const [leaf] = chain.certificates
      if (leaf === undefined) continue
      const key = { type: leaf.keyType, bits: leaf.keyBits, curve: leaf.curve }
      const keyKept = allows(this.#policy, { certificateKey: key })
      this.#add(
        'certificate-key',
        'the certificate has an allowed key',
        keyKept ? 'kept' : 'broken',
        `${leaf.subject}: ${leaf.keyType} ${leaf.curve ?? `${leaf.keyBits} bits`}.`,
      )
      const hashKept = allows(this.#policy, { certificateHash: leaf.signatureHash })
      this.#add(
        'certificate-hash',
        'the certificate is signed with an allowed hash',
        hashKept || leaf.signatureHash === 'none' ? 'kept' : 'broken',
        `${leaf.subject}: ${leaf.signatureAlgorithm}.`,
      )
    }
  }

  #refusal(id: string, demand: string, { accepted, answer }: Refusal, _spoken: readonly Observation[]): void {
    if (accepted.length > 0)
      return this.#add(
        id,
        demand,
        'broken',
        `Accepted: ${accepted.slice(0, MOST_SHOWN).join(', ')}${accepted.length > MOST_SHOWN ? ` and ${accepted.length - MOST_SHOWN} more` : ''}.`,
        answer,
      )
    const refused = answer.kind === 'alert' || answer.kind === 'closed' || answer.kind === 'sslv2-error' || answer.kind === 'server-hello'
    this.#add(
      id,
      demand,
      refused ? 'kept' : 'unknown',
      refused ? `Refused: ${describeAnswer(answer)}.` : `No clear answer: ${describeAnswer(answer)}.`,
      answer,
    )
  }

  #add(id: string, demand: string, verdict: ProofCheck['verdict'], fact: string, answer?: Answer): void {
    const evidence = answer === undefined || answer.bytes.length === 0 ? {} : { evidence: hex(answer.bytes.subarray(0, 160)) }
    this.checks.push({ id, demand, verdict, fact, ...evidence })
  }

  /** Asks until what is offered is refused; gives everything that was accepted. */
  async #removing(offer: Pick<HelloOffer, 'protocol' | 'suites' | 'groups'>): Promise<Refusal> {
    const accepted: string[] = []
    let suites = offer.suites
    let last: Answer | undefined
    while (suites.length > 0) {
      const [sent, answer] = await this.#hello({ ...offer, suites })
      const seen = observe(sent, answer)
      if (seen?.protocol !== offer.protocol || !suites.includes(seen.answer.hello.cipherSuite)) return { accepted, answer: last ?? answer }
      accepted.push(suiteName(seen.answer.hello.cipherSuite))
      suites = suites.filter((code) => code !== seen.answer.hello.cipherSuite)
      last ??= answer
    }
    return { accepted, answer: last ?? { kind: 'closed', bytes: new Uint8Array(0) } }
  }

  async #hello(change: Pick<HelloOffer, 'protocol' | 'suites' | 'groups'> & Partial<HelloOffer>): Promise<readonly [HelloOffer, Answer]> {
    const offer: HelloOffer = { signatureSchemes: SIGNATURE_SCHEMES, serverName: sniName(this.#door.serverName), keyShares: [], ...change }
    return [offer, await this.#server.hello(offer)]
  }

  #allowedSuites(protocol: HelloProtocol): readonly number[] {
    return codesOf(this.#policy.suites).filter((code) => (suiteByCode(code)?.protocol === 'TLSv1.3') === (protocol === 'TLSv1.3'))
  }

  #allowedGroups(protocol: HelloProtocol): readonly number[] {
    const allowed = new Set(this.#policy.groups.map((name) => supportedGroup.find(name)))
    return (protocol === 'TLSv1.3' ? TLS13_GROUPS : OLD_GROUPS).filter((group) => allowed.has(group))
  }

  #serverFor(spoken: readonly Observation[]): Server {
    const protocols = (['TLSv1.3', 'TLSv1.2'] as const).filter((protocol) => spoken.some((one) => one.protocol === protocol))
    const known: Known = {
      protocols,
      suites: (protocol) =>
        spoken
          .filter((one) => one.protocol === protocol)
          .map((one) => one.suite)
          .filter((suite) => suite !== undefined),
      tls13Groups: spoken.map((one) => one.answer.group).filter((group) => group !== undefined),
      dialect: this.#door.dialect,
      beginning: this.#door.beginning,
      serverName: sniName(this.#door.serverName),
      order: () => 'unknown',
    }
    return new Server(this.#lanes, known, {
      patience: PATIENCE_MS,
      heard: (offer, answer) => this.#notes.heard(offer, answer),
      saw: (events, serverName) => this.#notes.saw(events, serverName),
    })
  }
}

/** The newest of each run of neighbours: SSLv3, TLSv1 and TLSv1.1 need one question, SSLv3 and TLSv1.1 two. SSLv2 is asked otherwise. */
function highestOfRuns(forbidden: readonly ProtocolName[]): readonly HelloProtocol[] {
  const order: readonly HelloProtocol[] = ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
  return order.filter((protocol, index) => {
    const next = order[index + 1]
    return forbidden.includes(protocol) && (next === undefined || !forbidden.includes(next) || next === 'TLSv1.3')
  })
}

function codesOf(names: readonly string[]): readonly number[] {
  return names.map((name) => suiteByName(name)?.code).filter((code) => code !== undefined)
}

import { performance } from 'node:perf_hooks'
import { PosternError } from '../errors.ts'
import { unknownPosture, type ClearPosture, type Posture } from '../policy/index.ts'
import { protocolVersion, suiteName } from '../registry/index.ts'
import { describeAnswer, type Answer } from './exchange.ts'
import { dhPosture, ecdhReuse, helloFeatures, hex } from './facts.ts'
import { sniName, type HelloOffer } from './hello.ts'
import { Inventory } from './inventory.ts'
import { Lanes, type Door, type LaneOptions } from './lanes.ts'
import { groupName, observe, type Observation } from './observation.ts'
import { RANKINGS } from './rankings.ts'
import type { Cost, Evidence } from './result.ts'
import { searchAll } from './search.ts'
import type { Manners } from './suite-search.ts'

export interface MeasureOptions extends LaneOptions {
  /** Only protocols and suites, without certificates, features and flaws. */
  readonly only?: 'suites'
}

/** What was found out about one door. */
export interface Measurement {
  readonly posture: Posture
  readonly evidence: readonly Evidence[]
  readonly cost: Cost
  /** Why the posture is not whole, when it is not. */
  readonly problem: PosternError | undefined
  /** Some connection got as far as a ClientHello. */
  readonly reachable: boolean
}

/** An answer is waited for so long, in milliseconds; longer where the server needs long for everything. */
const ANSWER_PATIENCE_MS = 5000
/** Bytes of an answer that are kept as evidence: the ServerHello and the record header. */
const EVIDENCE_LENGTH = 160

/** Measures the TLS of one door. Never throws for what the server does: that is in `problem`. */
export async function measure(door: Door, options: MeasureOptions): Promise<Measurement> {
  const began = performance.now()
  const lanes = new Lanes(door, options)
  const notes = new Notes()
  const manners: Manners = {
    mostSuites: Number.POSITIVE_INFINITY,
    patience: ANSWER_PATIENCE_MS,
    refusalStyle: undefined,
    heard: (offer, answer) => notes.heard(offer, answer),
  }
  const inventory = new Inventory({ serverName: sniName(door.serverName), manners, rankings: RANKINGS })
  let problem: PosternError | undefined
  try {
    await searchAll(lanes, inventory.searches)
  } catch (error) {
    if (!(error instanceof PosternError) || error.fault === 'bug') throw error
    problem = error
  } finally {
    lanes.close()
  }
  return {
    posture: postureOf(inventory, notes.observations, lanes),
    evidence: notes.evidence,
    cost: { connections: lanes.connections, milliseconds: Math.round(performance.now() - began) },
    problem,
    reachable: lanes.reached,
  }
}

function postureOf(inventory: Inventory, observations: readonly Observation[], lanes: Lanes): Posture {
  const empty = unknownPosture('server')
  return {
    ...empty,
    protocols: inventory.posture(observations),
    sslv2Hello: inventory.sslv2Hello,
    groups: inventory.tls13Groups.map(groupName),
    dh: dhPosture(observations),
    features: { ...empty.features, ...(observations.length > 0 ? helloFeatures(observations) : {}), ecdhReuse: ecdhReuse(observations) },
    tolerance: { ...empty.tolerance, manySuites: inventory.manySuites },
    clear: clearOf(lanes),
  }
}

function clearOf(lanes: Lanes): ClearPosture | null {
  const { clear } = lanes
  if (clear === undefined || lanes.implicit) return null
  const { banner, capabilities, starttls, authBeforeTls, textAfterGoAhead } = clear
  return { banner, capabilities, starttls, authBeforeTls, textAfterGoAhead }
}

/** Everything that was heard, as far as it is needed later. */
class Notes {
  readonly observations: Observation[] = []
  readonly evidence: Evidence[] = []
  readonly #proved = new Set<string>()

  heard(offer: HelloOffer, answer: Answer): void {
    const observation = observe(offer, answer)
    const asked = `${offer.protocol} hello with ${offer.suites.length} suites`
    if (observation === undefined) {
      this.#prove(`protocols.${offer.protocol}.refusal`, asked, answer)
      return
    }
    this.observations.push(observation)
    const protocol = protocolVersion.name(observation.answer.version)
    this.#prove(`protocols.${protocol}.suites.${suiteName(observation.answer.hello.cipherSuite)}`, asked, answer)
  }

  /** The first answer that shows a fact is its proof. */
  #prove(fact: string, asked: string, answer: Answer): void {
    if (this.#proved.has(fact)) return
    this.#proved.add(fact)
    this.evidence.push({ fact, asked: `${asked}: ${describeAnswer(answer)}`, answer: hex(answer.bytes.subarray(0, EVIDENCE_LENGTH)) })
  }
}

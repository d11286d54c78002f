import type { Policy, Thing } from '../../policy/index.ts'
import { judge, rulebookByName, rulebookOf, type Rulebook } from '../../policy/index.ts'
import { groupByCode, supportedGroup, suiteByCode, suiteByName, type CipherSuite, type ProtocolName } from '../../registry/index.ts'
import type { AuditDoor } from '../audit.ts'
import { canSpeakSuite, SUPPORTED_GROUPS } from '../../wire/index.ts'
import { OLD_GROUPS, SIGNATURE_SCHEMES, TLS13_GROUPS } from '../candidates.ts'
import { describeAnswer, type Answer } from '../exchange.ts'
import { sniName, type HelloOffer, type HelloProtocol } from '../hello.ts'
import { keySharesOf } from '../key-shares.ts'
import type { Lanes } from '../lanes.ts'
import { Notes } from '../notes.ts'
import type { Observation } from '../observation.ts'
import type { LastOffer } from './last-offer.ts'
import { withoutDhe } from './pieces.ts'
import type { Choice } from './preference.ts'
import { keyOf, Refused } from './refused.ts'
import { Server, type Known } from '../server.ts'
import { encodeSslv2Offer } from '../sslv2-hello.ts'
import type { TrustStore } from '../trust.ts'
import { Turns, type Expectation } from './turns.ts'
import { isOfVersion, suits, type Subject } from './words.ts'

/** What is offered in one question; the rest of the hello is what an ordinary client sends. */
export type Question = Pick<HelloOffer, 'protocol' | 'suites' | 'groups'> & Partial<HelloOffer>

export interface SceneOptions {
  readonly trust: TrustStore
  readonly now: Date
  /** Milliseconds to wait for an answer. */
  readonly patience: number
  /** Told after each answer how many there are. */
  readonly progress: ((answered: number) => void) | undefined
  /** No refusal is believed because of what stands around it. */
  readonly twice: boolean
}

/** TLS_NULL_WITH_NULL_NULL must never be negotiated, RFC 5246 §A.5: whoever is offered only this refuses. */
const NEVER_ACCEPTED = 0x0000
/** Probes that make whole handshakes offer no more: some servers stand no long hellos. */
const MOST_SUITES = 100
const MOST_LONG_SHARES = 2

export const BEFORE_TLS13: readonly Exclude<HelloProtocol, 'TLSv1.3'>[] = ['TLSv1.2', 'TLSv1.1', 'TLSv1', 'SSLv3']

/** One door, the policy that it has to keep to, and everything that was heard so far. */
export class Scene {
  readonly door: AuditDoor
  readonly policy: Policy
  readonly options: SceneOptions
  readonly lanes: Lanes
  readonly notes: Notes
  /** What was accepted of all that is allowed. */
  spoken: readonly Observation[] = []
  /** A question that was answered with a ServerHello or an alert. */
  answered: Question | undefined
  /** Offers were refused although something in them would be taken, see `stillAnswers()`: then a refusal says nothing of a whole offer. */
  breaks: 'not' | 'in-company' | 'at-length' = 'not'
  /** A question that has to be refused was answered so, in passing: `style()` need not ask. */
  refusedSo: string | undefined
  /** Forbidden suites have been taken, not all of which may be known. */
  takesForbidden = false
  readonly refused: Refused = new Refused()
  /** In TLS 1.3 the name that was asked for was acknowledged. */
  goesByName = false
  /** Clients that name no server were refused everything that is allowed, at once. */
  refusesNameless = false
  /** What they were answered with where it was not. */
  readonly seenNameless: Observation[] = []
  /** The suites that they are not answered with, for they would have been. */
  passedOverNameless: ReadonlySet<number> = new Set()
  /** The schemes that handshakes of TLS 1.3 were signed with, out of those that they offered. */
  readonly signed: Choice[] = []
  /** Those of handshakes in which clients named no server. */
  readonly signedNameless: number[] = []
  /** What is allowed with ECDSA, up to TLS 1.2, where RSA was taken in front of it. */
  otherKind: readonly number[] = []
  /** Whether it is there is asked with the forbidden suites: then that is known. */
  otherKindHeard: PromiseWithResolvers<void> = Promise.withResolvers()
  /** Suites with RSA are taken, up to TLS 1.2, but ECDSA is where both are offered: some servers look first which certificate a client can read. */
  hidesRsa = false
  /** What `isHarmless()` has found out. */
  readonly controls: Map<string, Promise<boolean>> = new Map()
  readonly turns: Turns
  /** A list of versions without TLS 1.3 was refused, and one of what is allowed was taken: then the first was read. */
  lists: 'not-asked' | 'refused' | 'read' = 'not-asked'
  /** Those of `last-offer.ts` that were made ahead, by what was to be offered. */
  readonly lastOffers: Map<Question, LastOffer> = new Map()
  /** Versions in which what is forbidden broke a whole offer down. */
  readonly broken: Set<HelloProtocol> = new Set()
  /** What has to be taken, and will be asked in any case: asked ahead where something has to stand between two refusals. */
  takable: (() => void)[] = []
  readonly #ahead = new Map<string, Promise<readonly [HelloOffer, Answer]>>()
  readonly #server: Server
  readonly #servers = new Map<string, Server>()
  readonly #rulebook: Rulebook
  #style: Promise<string> | undefined
  #sslv2: Promise<Answer> | undefined
  #answered = 0

  constructor(door: AuditDoor, policy: Policy, lanes: Lanes, options: SceneOptions) {
    this.door = door
    this.policy = policy
    this.lanes = lanes
    this.options = options
    this.notes = new Notes(sniName(door.serverName))
    const published = rulebookByName(policy.name)
    this.turns = new Turns({ twice: options.twice, follow: (count) => lanes.expect(count), takable: () => this.#askTakable() })
    this.#rulebook = published?.source === policy.source ? published : rulebookOf(policy)
    this.#server = this.server([])
  }

  /** Asks one question, on a connection of its own; once more where it was reset or nothing came. Its refusal is noted in `refused`. */
  async ask(question: Question, expected: Expectation = 'taken', subject: Subject = 'offer'): Promise<readonly [HelloOffer, Answer]> {
    const [offer, answer] = await this.askAsControl(question, expected)
    this.noteRefusal(question, answer, { subject })
    return [offer, answer]
  }

  /** Where this is a refusal, it has to be borne out. `again`: the question that may do so; default the same. */
  noteRefusal(
    question: Question,
    answer: Answer,
    { again = question, subject = 'offer' }: { again?: Question; subject?: Subject } = {},
  ): void {
    this.turns.learn(subject, answer)
    this.refused.noteQuestion(question, answer, () => this.#server.hello(this.offerOf(again)), subject)
  }

  /** The same of what was taken before: that it is refused now is a fact about its company, and nothing that anybody believes. */
  askAsControl(question: Question, expected: Expectation = 'taken'): Promise<readonly [HelloOffer, Answer]> {
    return this.answerTo(question, () =>
      this.turns.take(expected, async () => {
        const offer = this.offerOf(question)
        return [offer, await this.#server.hello(offer)]
      }),
    )
  }

  /** What came of a question that was asked ahead, once, or what comes of it now. */
  answerTo(question: Question, ask: () => Promise<readonly [HelloOffer, Answer]>): Promise<readonly [HelloOffer, Answer]> {
    const key = keyOf(question)
    const ahead = this.#ahead.get(key)
    this.#ahead.delete(key)
    return ahead ?? ask()
  }

  /** Asks now what will be asked in the same words. `unless`: an answer to which it is asked again then. */
  askAhead(question: Question, ask: () => Promise<readonly [HelloOffer, Answer]>, unless: (answer: Answer) => boolean = () => false): void {
    const key = keyOf(question)
    const asked = ask()
    this.#ahead.set(key, asked)
    const forget = (): void => void this.#ahead.delete(key)
    asked.then(([, answer]) => (unless(answer) ? forget() : undefined), forget)
  }

  #askTakable(): void {
    const ahead = this.takable.shift()
    if (ahead !== undefined) ahead()
    else if (this.spoken.length > 0 && this.answered !== undefined) void this.askAsControl(this.answered).catch(() => undefined)
  }

  /** How an offer is refused in a version that may not be spoken. */
  wordIn(protocol: HelloProtocol): Subject {
    return this.protocolsSpoken.includes(protocol) ? 'offer' : 'version'
  }

  /** Refusals that no single time of refusing can have been need not be heard twice. */
  believeHeardOnce(): void {
    this.refused.settleHeard(({ answer, subject, question }) => {
      if (question?.extensions !== undefined && this.lists !== 'read') return false
      const isMissing = question !== undefined && !this.protocolsSpoken.includes(question.protocol)
      const isOfAnyWord = subject === 'version' && question === undefined
      return (
        (suits(answer, subject) || (isMissing && isOfVersion(answer)) || (isOfAnyWord && suits(answer, 'offer'))) &&
        this.turns.standsAlone(answer)
      )
    })
  }

  /** A question with what an ordinary client says besides: some servers refuse hellos of TLS 1.3 without a key share. */
  offerOf(question: Question): HelloOffer {
    const keyShares = question.protocol === 'TLSv1.3' ? this.#keyShares(question.groups) : []
    return { signatureSchemes: SIGNATURE_SCHEMES, serverName: sniName(this.door.serverName), keyShares, ...question }
  }

  /** Asks in the bytes of a hello in another format. */
  async say(hello: Uint8Array): Promise<Answer> {
    const answer = await this.turns.take('version', () => this.sayAsControl(hello))
    const again = (): Promise<Answer> => this.sayAsControl(hello)
    if (!this.options.twice || !isOfVersion(answer)) this.refused.note(Buffer.from(hello).toString('hex'), answer, again)
    return answer
  }

  /** Asks for SSL 2.0 itself, once. */
  askSslv2(): Promise<Answer> {
    this.#sslv2 ??= this.say(encodeSslv2Offer('SSLv2'))
    return this.#sslv2
  }

  async sayAsControl(hello: Uint8Array): Promise<Answer> {
    const answer = await this.#server.raw(hello)
    this.options.progress?.(++this.#answered)
    return answer
  }

  /** Forgets what follows from answers that will be asked for anew. */
  beginAnew(): void {
    this.refused.forget()
    this.controls.clear()
    this.#ahead.clear()
    this.lastOffers.clear()
    this.broken.clear()
    this.lists = 'not-asked'
    this.refusesNameless = false
    this.passedOverNameless = new Set()
    this.#style = undefined
    this.#sslv2 = undefined
  }

  /** How this door refuses a hello that offers nothing it could take. */
  style(): Promise<string> {
    const protocol = this.#spokenBefore13()?.offer.protocol ?? 'TLSv1.2'
    this.#style ??=
      this.refusedSo === undefined
        ? this.askAsControl({ protocol, suites: [NEVER_ACCEPTED], groups: OLD_GROUPS }, 'offer').then(([, answer]) =>
            describeAnswer(answer),
          )
        : Promise.resolve(this.refusedSo)
    return this.#style
  }

  /** The suites up to TLS 1.2 that the door was seen to take. */
  get working(): readonly number[] {
    return this.spoken.filter((one) => one.protocol !== 'TLSv1.3').map((one) => one.answer.hello.cipherSuite)
  }

  /** Of the curves among these groups, or else of a few others: they make a hello long. */
  #keyShares(groups: readonly number[]): NonNullable<HelloOffer['keyShares']> {
    const able = groups.filter((group) => SUPPORTED_GROUPS.includes(group))
    const curves = able.filter((group) => groupByCode(group)?.kind === 'ecdhe')
    return keySharesOf(curves.length > 0 ? curves : able.slice(0, MOST_LONG_SHARES))
  }

  #spokenBefore13(): Observation | undefined {
    return this.spoken.find((one) => one.protocol !== 'TLSv1.3')
  }

  /**
   * The door for probes, which are told that it speaks these protocols, with the suites that it has taken or these. It is the same as long as
   * no more is known of the door: what several probes look at is asked once.
   */
  server(protocols: readonly HelloProtocol[], suites?: readonly CipherSuite[]): Server {
    if (suites !== undefined) return this.#makeServer(protocols, () => suites)
    const key = [...protocols, ...this.spoken.map((one) => one.answer.hello.cipherSuite)].join(' ')
    const server = this.#servers.get(key) ?? this.#makeServer(protocols, (protocol) => this.#suitesForProbes(protocol))
    this.#servers.set(key, server)
    return server
  }

  #makeServer(protocols: readonly HelloProtocol[], suites: Known['suites']): Server {
    const known: Known = {
      protocols,
      suites,
      tls13Groups: [...new Set([...this.#groupsSpoken(), ...this.allowedGroups('TLSv1.3')])],
      dialect: this.door.dialect,
      beginning: this.door.beginning,
      serverName: sniName(this.door.serverName),
      order: () => 'unknown',
    }
    return new Server(this.lanes, known, {
      patience: this.options.patience,
      heard: (offer, answer) => {
        this.notes.heard(offer, answer)
        this.options.progress?.(++this.#answered)
      },
      saw: (events, options) => {
        this.notes.saw(events, options)
        this.turns.saw(events)
      },
      answered: (answer) => this.turns.heard(answer),
    })
  }

  /** The versions up to TLS 1.2 that the policy allows, newest first. */
  get allowedBefore13(): readonly HelloProtocol[] {
    return BEFORE_TLS13.filter((protocol) => this.policy.protocols.allowed.includes(protocol))
  }

  /** Newest first. */
  get protocolsSpoken(): readonly HelloProtocol[] {
    return (['TLSv1.3', ...BEFORE_TLS13] as const).filter((protocol) => this.spoken.some((one) => one.protocol === protocol))
  }

  /** The name in the hellos; undefined where the door is an address. */
  get asksFor(): string | undefined {
    return sniName(this.door.serverName)
  }

  /** Whether what clients get that name no server is looked at in this version. */
  isLookedAtNameless(protocol: HelloProtocol): boolean {
    return this.asksFor !== undefined && (protocol !== 'TLSv1.3' || this.protocolsSpoken.every((one) => one === 'TLSv1.3'))
  }

  allowedSuites(protocol: HelloProtocol): readonly number[] {
    return codesOf(this.policy.suites).filter((code) => isTls13(code) === (protocol === 'TLSv1.3'))
  }

  allowedGroups(protocol: HelloProtocol): readonly number[] {
    const allowed = new Set(this.policy.groups.map((name) => supportedGroup.find(name)))
    return (protocol === 'TLSv1.3' ? TLS13_GROUPS : OLD_GROUPS).filter((group) => allowed.has(group))
  }

  /** What the policy says of some things, with the place: `MUST NOT (RFC 8996 §5)`. Its title where it is silent. */
  ruleOn(things: readonly Thing[]): string {
    const words = things.flatMap((thing) => {
      const word = judge(this.#rulebook, thing, this.options.now)
      return word === undefined || word.verdict === 'good' ? [] : [`${word.says} (${word.section})`]
    })
    return words.length === 0 ? this.policy.title : [...new Set(words)].slice(0, MOST_RULES).join('; ')
  }

  /** Those that the door has taken; where no handshake can be made with them, all that are allowed behind them. */
  #suitesForProbes(protocol: HelloProtocol): readonly CipherSuite[] {
    const taken = this.spoken.filter((one) => one.protocol === protocol).map((one) => one.answer.hello.cipherSuite)
    const known = (codes: readonly number[]): readonly CipherSuite[] =>
      codes.map((code) => suiteByCode(code)).filter((suite) => suite !== undefined)
    if (known(taken).some((suite) => canSpeakSuite(suite))) return known([...new Set(taken)])
    return known([...new Set([...taken, ...withoutDhe(this.allowedSuites(protocol))])].slice(0, MOST_SUITES))
  }

  #groupsSpoken(): readonly number[] {
    return this.spoken.map((one) => one.answer.group).filter((group) => group !== undefined)
  }
}

const MOST_RULES = 3

export function codesOf(names: readonly string[]): readonly number[] {
  return names.map((name) => suiteByName(name)?.code).filter((code) => code !== undefined)
}

function isTls13(code: number): boolean {
  return suiteByCode(code)?.protocol === 'TLSv1.3'
}

/** `TLS 1.2` for `TLSv1.2`. */
export function title(protocol: ProtocolName): string {
  const words = protocol.replace('v', ' ')
  return words.includes('.') ? words : `${words}.0`
}

import { protocolVersion, suiteName } from '../registry/index.ts'
import {
  decodeCertificate,
  decodeCertificateStatus,
  EXTENSION_TYPE,
  decodeSignedCertificateTimestampList,
  findExtension,
  MalformedError,
  type SessionEvent,
  type SessionOptions,
} from '../wire/index.ts'
import { CertificateRequests } from './certificate-requests.ts'
import type { ServedChain } from './chain.ts'
import { describeAnswer, type Answer } from './exchange.ts'
import { evidenceOf } from './evidence.ts'
import { sha256 } from './facts.ts'
import type { HelloOffer } from './hello.ts'
import { observe, type Observation } from './observation.ts'
import type { Evidence } from './result.ts'
import { sessionProofs } from './session-proofs.ts'

type ServedFor = ServedChain['servedFor'][number]

/** Everything that was heard, as far as it is needed later. */
export class Notes {
  readonly observations: Observation[] = []
  readonly evidence: Evidence[] = []
  /** Whether the server asks for client certificates, as far as that was heard in passing. */
  readonly certificateRequests: CertificateRequests = new CertificateRequests()
  readonly #proved = new Set<string>()
  readonly #chains = new Map<string, ServedChain>()
  readonly #serverName: string | undefined

  /** `serverName`: what hellos to this door name. Those without it may meet another server, so that only their certificates count. */
  constructor(serverName?: string) {
    this.#serverName = serverName
  }

  /** In an order that does not depend on which answer came first. */
  get chains(): readonly ServedChain[] {
    return [...this.#chains].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, chain]) => chain)
  }

  /** A hello and what it was answered with. */
  heard(offer: HelloOffer, answer: Answer): void {
    const observation = observe(offer, answer)
    if (this.#maybeOthers(offer.serverName)) {
      if (observation !== undefined) this.#noteFlight(observation)
      return
    }
    const asked = `${offer.protocol} hello with ${offer.suites.length} suites`
    if (observation === undefined) {
      this.#prove(`protocols.${offer.protocol}.refusal`, `${asked}: ${describeAnswer(answer)}`, answer.bytes)
      return
    }
    this.observations.push(observation)
    const protocol = protocolVersion.name(observation.answer.version)
    this.#prove(`protocols.${protocol}.suites.${suiteName(observation.answer.hello.cipherSuite)}`, asked, answer.bytes)
    this.#noteFlight(observation)
    this.certificateRequests.heard(observation)
  }

  /** What a session showed that was asked with these options. */
  saw(events: readonly SessionEvent[], options: Partial<SessionOptions>): void {
    const { serverName } = options
    this.certificateRequests.saw(events, serverName)
    const proofs = this.#maybeOthers(serverName) ? [] : sessionProofs(events, options)
    for (const { fact, asked, answer } of proofs) this.#prove(fact, asked, answer)
    const certificate = events.find((event) => event.kind === 'certificate')
    if (certificate === undefined) return
    const status = events.find((event) => event.kind === 'certificate-status')
    const hello = events.find((event) => event.kind === 'server-hello')
    const scts =
      findExtension(certificate.extensions, EXTENSION_TYPE.signed_certificate_timestamp) ??
      findExtension(hello?.hello.extensions, EXTENSION_TYPE.signed_certificate_timestamp)
    const whole = events.some(({ kind }) => kind === 'certificate-verify' || kind === 'server-hello-done')
    const none = options.statusRequest === true && whole ? null : 'unknown'
    const staple = status?.status.kind === 'ocsp' ? status.status.ocspResponse : none
    this.#noteChain(certificate.chain, serverName === undefined ? 'no-sni' : 'sni', staple, scts)
  }

  #maybeOthers(serverName: string | undefined): boolean {
    return serverName === undefined && this.#serverName !== undefined
  }

  #noteFlight({ offer, answer }: Observation): void {
    const { flight, hello } = answer
    if (flight.certificate === undefined) return
    try {
      const { certificateList } = decodeCertificate(flight.certificate)
      const scts = findExtension(hello.extensions, EXTENSION_TYPE.signed_certificate_timestamp)
      this.#noteChain(
        certificateList,
        offer.serverName === undefined ? 'no-sni' : 'sni',
        asked(offer) ? stapleOf(flight.certificateStatus) : 'unknown',
        scts,
      )
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
    }
  }

  #noteChain(ders: readonly Uint8Array[], servedFor: ServedFor, staple: ServedChain['staple'], sctList: Uint8Array | undefined): void {
    const key = ders.map(sha256).join(' ')
    const known = this.#chains.get(key)
    const sctsInHandshake = Math.max(
      known?.sctsInHandshake ?? 0,
      sctList === undefined ? 0 : decodeSignedCertificateTimestampList(sctList).length,
    )
    this.#chains.set(key, {
      ders,
      servedFor: [...new Set([...(known?.servedFor ?? []), servedFor])],
      staple: better(known?.staple, staple),
      sctsInHandshake,
    })
  }

  /** The first answer that shows a fact is its proof. */
  #prove(fact: string, asked: string, answer: Uint8Array): void {
    if (this.#proved.has(fact)) return
    this.#proved.add(fact)
    this.evidence.push(evidenceOf({ fact, asked, answer }))
  }
}

function asked(offer: HelloOffer): boolean {
  return offer.extensions?.some((extension) => extension.type === EXTENSION_TYPE.status_request) === true
}

/** Where a staple was asked for, a flight without one says that there is none. */
function stapleOf(body: Uint8Array | undefined): ServedChain['staple'] {
  if (body === undefined) return null
  const status = decodeCertificateStatus(body)
  return status.kind === 'ocsp' ? status.ocspResponse : 'unknown'
}

/** A response beats its absence, and both beat not knowing: servers staple only when they have fetched one. */
function better(known: ServedChain['staple'] | undefined, now: ServedChain['staple']): ServedChain['staple'] {
  if (known === undefined || known === 'unknown') return now
  return known === null && now instanceof Uint8Array ? now : known
}

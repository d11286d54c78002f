import { createHash } from 'node:crypto'
import { TLSSocket } from 'node:tls'
import { PosternError } from '../errors.ts'
import type { Policy } from '../policy/index.ts'
import { stageAt, type RuleConfig, type ServiceConfig, type TlsWishes } from './config/config.ts'
import { isPassedOn } from './config/tls-mode.ts'
import { ofNode } from './byte-stream.ts'
import { HandshakeEnded, type Rules, type Secure, type Secured } from './front.ts'
import { withoutDisused } from './disused.ts'
import { lenient } from './lenient.ts'
import { TcpStream } from './handles/tcp-stream.ts'
import type { TlsStream } from './handles/tls-stream.ts'
import { isAmong } from './networks.ts'
import { passedServer } from './passthrough.ts'
import { newTicketKeys, TicketKeys } from './ticket-keys.ts'
import { handshakeServer } from './tls/certificate-choice.ts'
import { loadIdentity, type LoadedIdentity } from './tls/identities.ts'
import { clientCertificate } from './tls/client-certificate.ts'
import { negotiated } from './tls/negotiated.ts'
import { openPolicyServer, type HandshakeOutcome, type PolicyServer, type PolicyServerSettings } from './tls/policy-server.ts'
import { Staples } from './tls/staples.ts'
import type { Offer } from '../wire/index.ts'

/** Makes what is in force for each client of a service, by its address. Rejects with what is wrong with policies and keys. */
export async function makeRules(config: ServiceConfig, shared: SharedTls, now: () => Date): Promise<(address: string) => Rules> {
  const rules = await Promise.all(config.rules.map(async (rule) => withStage(await ruleFor(rule, config, shared, now()))))
  return (address) => {
    const found = rules.find(({ fits }) => fits(address))
    if (found === undefined) throw new PosternError('bug', 'GATE_RULE', `Cannot find a rule for ${address}: the last fits everybody`)
    return found.always ?? { ...found.rules, stage: stageAt(found.stages, now()) }
  }
}

/** What all services of a gate share in TLS. */
export interface SharedTls {
  readonly ticketKeys: TicketKeys
  readonly staples: Staples
}

/** For each rule of a service, in their order, what of its policy this machine cannot keep, in clauses. Rejects as `Gate.open()` does. */
export async function lossesOf(
  service: ServiceConfig,
): Promise<readonly { readonly rule: RuleConfig; readonly policy: string; readonly losses: readonly string[] }[]> {
  return Promise.all(
    service.rules.map(async (rule) => {
      const { policy, wishes } = rule
      if (isElsewhere(service)) return { rule, policy: policy.name, losses: [] }
      const { context } = await policyServer(
        policy,
        service,
        { ticketKeys: new TicketKeys(newTicketKeys()), staples: new Staples() },
        wishes,
      )
      // Schemes that a rulebook only does not forbid are of interest to nobody.
      const told = context.inexpressible.filter(({ part, demanded }) => demanded || part !== 'signatureScheme')
      return { rule, policy: policy.name, losses: told.map(({ name, why }) => `${name}: ${why}`) }
    }),
  )
}

interface Rule {
  readonly fits: (address: string) => boolean
  readonly rules: Omit<Rules, 'stage'>
  readonly stages: RuleConfig['stages']
}

/** Most rules are in one stage for good. */
function withStage(rule: Rule): Rule & { readonly always?: Rules } {
  const [first, ...others] = rule.stages
  if (first === undefined || first.from !== undefined || others.length > 0) return rule
  return { ...rule, always: { ...rule.rules, stage: first.stage } }
}

async function ruleFor(rule: RuleConfig, config: ServiceConfig, shared: SharedTls, now: Date): Promise<Rule> {
  const { networks, stages, wishes } = rule
  const policy = withoutDisused(rule.policy, now)
  const fits = networks === undefined ? () => true : isAmong(networks)
  if (isElsewhere(config)) return { fits, stages, rules: passedRules(policy) }
  const clients = clientsOf(rule)
  const strict = await policyServer(policy, config, shared, wishes, clients)
  const watched = stages.some(({ stage }) => stage !== 'refuse') || stages.every(({ from }) => from !== undefined)
  const spare = watched ? await policyServer(lenient(policy), config, shared, wishes, clients) : strict
  return {
    fits,
    stages,
    rules: {
      policy: policy.name,
      server: handshakeServer(policy, strict.context, pairsOf(config)),
      sslv2Hello: strict.context.sslv2Hello,
      ...(rule.clientCertificates === undefined ? {} : { clientCertificates: rule.clientCertificates.mode }),
      strict: securing(strict),
      lenient: securing(spare),
    },
  }
}

/** TLS is carried out by the server behind, or not at all: no certificate is needed, and no context can be made. */
function isElsewhere({ tls }: ServiceConfig): boolean {
  return isPassedOn(tls) || tls === 'none'
}

function passedRules(policy: Policy): Omit<Rules, 'stage'> {
  const never = (): never => {
    throw new PosternError('bug', 'GATE_RULE', 'Cannot carry out TLS where there is none of the gate')
  }
  return { policy: policy.name, server: passedServer(policy), sslv2Hello: policy.sslv2Hello, strict: never, lenient: never }
}

/** Where every client that has none is refused, it gets an alert; where some are told or let in, the handshake has to come about first. */
function clientsOf({ clientCertificates, stages }: RuleConfig): PolicyServerSettings['clientCertificates'] {
  if (clientCertificates === undefined) return undefined
  const { ca, mode } = clientCertificates
  return { ca, rejects: mode === 'require' && stages.every(({ stage, from }) => stage === 'refuse' && from === undefined) }
}

/** Sessions live on where policy, wishes and certificates are the same, and who vouches for clients. */
async function policyServer(
  policy: Policy,
  { identities, timeouts, dialect, alpn }: ServiceConfig,
  { ticketKeys, staples }: SharedTls,
  wishes: TlsWishes = {},
  clientCertificates?: PolicyServerSettings['clientCertificates'],
): Promise<PolicyServer> {
  const server = await openPolicyServer({
    ...wishes,
    policy,
    clientCertificates,
    identities: identities.map(({ pairs }) => ({
      pairs: pairs.map(({ certificate, key, ocsp }) => ({ chain: certificate, key, stapled: ocsp !== undefined })),
    })),
    staples,
    ticketKeys: ticketKeys.current,
    revision: createHash('sha256')
      .update(JSON.stringify([policy, wishes, clientCertificates]))
      .digest('hex'),
    handshakeTimeout: timeouts.handshake,
    alpn: dialect === 'http' ? HTTP_ALPN : alpn,
  })
  ticketKeys.join(server)
  return server
}

/** RFC 7301 §6: no other HTTP is understood here, so that a client has to be told. */
const HTTP_ALPN = ['http/1.1']

function securing(server: PolicyServer): Secure {
  const groups = new WeakMap<Offer, Map<string, string | undefined>>()
  const groupsOf = (offer: Offer): Map<string, string | undefined> => {
    const known = groups.get(offer)
    if (known !== undefined) return known
    const found = new Map<string, string | undefined>()
    groups.set(offer, found)
    return found
  }
  return (socket, offer, { secured, failed }) => {
    const { serverName } = offer
    const outcome: HandshakeOutcome<TLSSocket | TlsStream> = {
      secured: (stream) => secured(securedOver(stream, groupsOf(offer))),
      failed: ({ reason }) => failed(new HandshakeEnded(reason)),
    }
    if (socket instanceof TcpStream) server.takeHandle(socket, serverName, outcome, offer)
    else server.take(ofNode(socket), serverName, outcome, offer)
  }
}

function securedOver(stream: TLSSocket | TlsStream, groups: Map<string, string | undefined>): Secured {
  const { protocol, suite, group, resumed, alpn } = negotiated(stream, groups)
  // Over handles nobody is asked for one.
  const shown = stream instanceof TLSSocket ? clientCertificate(stream) : undefined
  // Filled in one after the other: one for each connection.
  const found: { -readonly [Field in keyof Secured['negotiated']]: Secured['negotiated'][Field] } = { version: protocol, suite, resumed }
  if (group !== undefined) found.group = group
  if (alpn !== undefined) found.alpn = alpn
  return shown === undefined ? { stream, negotiated: found } : { stream, negotiated: found, clientCertificate: shown }
}

function pairsOf({ identities }: ServiceConfig): LoadedIdentity['pairs'] {
  return identities.flatMap(
    ({ pairs }) => loadIdentity({ pairs: pairs.map(({ certificate, key }) => ({ chain: certificate, key })) }).pairs,
  )
}

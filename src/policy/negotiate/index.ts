/**
 * What a handshake between two ends comes to, without one: `negotiate(client, server)`. An end is a posture in a few words, and names
 * the program behind it where that is known, for programs differ from the specification and from each other.
 *
 *     negotiate({ stack: 'jsse-17', versions: ['TLSv1'], suites: […] }, { stack: 'openssl-3.5', versions: ['TLSv1.2', 'TLSv1.3'], … })
 *     // { agreed: false, by: 'server', alert: 'protocol_version', reason: 'version', why: 'The client speaks TLSv1, the server …' }
 *
 * It does not look at trust, dates and names of certificates, at resumption, and at pre-shared keys.
 */
export { BEHAVIOURS, type Behaviour, type BehaviourId } from './behaviours.ts'
export {
  cataloguedClients,
  cataloguedServers,
  clientFamilies,
  serverFamilies,
  type CataloguedClient,
  type CataloguedPeer,
  type CataloguedServer,
  type CatalogueFamily,
  type Certainty,
  type PeerUse,
} from './catalogue.ts'
export type { HandshakeCertificate, HandshakeClient, HandshakeServer } from './ends.ts'
export { clientOfPosture, handshakeServerOf } from './from-posture.ts'
export type { Hello } from './hello.ts'
export { helloOf, negotiate } from './negotiate.ts'
export { REFUSAL_REASONS, type Agreement, type Outcome, type Refusal, type RefusalReason } from './outcome.ts'
export { STACKS, type Stack, type StackName } from './stacks.ts'

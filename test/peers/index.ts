/**
 * Real servers for tests: programs of Debian and Nodes of every age, on loopback, with settings in general terms. What
 * they speak was written by others, which is the point. Hostile peers and byte-exact fakes are not here.
 *
 *     test('…', { skip: needPeer('postfix') }, async (t) => {
 *       const postfix = await startPeer('postfix', { protocols: ['TLSv1', 'TLSv1.2'], certificates: ['rsa', 'ecdsa'] }, t)
 *       await audit(`smtp://${postfix.host}:${postfix.doors.smtp}`)
 *     })
 */
export { awkwardSmtp, type AwkwardSmtp, type Backend, type Manners } from './awkward-smtp.ts'
export {
  certificates,
  leafNames,
  SERVER_NAME,
  type Certificates,
  type ChainShape,
  type DhName,
  type LeafFiles,
  type LeafName,
} from './certificates.ts'
export { delayed } from './delay.ts'
export type { Loopback } from './loopback.ts'
export { needPackages, needPeer, peerNames, startPeer, type Peer, type PeerDoor, type PeerName, type PeerSettings } from './start.ts'
export type { Settings, TlsSettings } from './server.ts'

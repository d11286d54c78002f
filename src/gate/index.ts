/**
 * The running edge: services that stand in front of servers, look into every hello, choose a policy before TLS begins, and carry what is said to and fro.
 * It takes no responsibility for a message: whatever the server behind has not acknowledged, nobody has. It reads no logs, and changes no settings of others.
 *
 *     const gate = await Gate.open(await readGateConfig('postern.yaml', new Date()), { name: hostname(), now, log })
 *     gate.services // [{ name: 'mx', place: { host: '0.0.0.0', port: 25 } }]
 *     await gate.close(30_000)
 */
export type { BackendState } from './backends.ts'
export { Gate, type GateOptions, type OpenService } from './gate.ts'
export { identitiesOf, type GateConfig, type ServiceConfig } from './config/config.ts'
export type { Given, GivenService, GivenTls } from './config/given.ts'
export { loopsByName } from './config/loops.ts'
export { readGateBeside, readGateConfig } from './config/read-config.ts'
export { joinGate } from './links/enrolment.ts'
export { INSIDE_NAME, InsideList } from './links/inside-list.ts'
export { printInvitation, readInvitation } from './links/invitation.ts'
export { writeLinkFile } from './links/link-file.ts'
export { explainOutlet, usualOutlet, type ExplainedHop, type Explanation } from './outlet/explain.ts'
export type { OutletConfig } from './outlet/outlet-config.ts'
export { placeOf, placeText, type Place } from './config/places.ts'
export type { CertificateFacts, ClientFacts, TlsFacts } from './facts.ts'
export { Crew, workersOf, type CrewOptions } from './workers/crew.ts'
export { work } from './workers/worker.ts'
export type { ConnectionRecord } from './record.ts'
export { lossesOf } from './rules.ts'
export { Notifier } from './systemd/notifier.ts'
export { handedOver, withSockets } from './systemd/sockets.ts'
export { isPassedOn } from './config/tls-mode.ts'
export { beyondUnit, printUnit, stateFolder, unitName } from './systemd/unit.ts'
export { Counts } from './seen/counts.ts'
export { merge, type LiveConnection, type ServiceSnapshot, type Snapshot } from './seen/snapshot.ts'
export { certificateStates, type CertificateState } from './tls/certificate-state.ts'
export { Upkeep, type Kept, type UpkeepOptions } from './upkeep.ts'
export { askAdmin, askStatus } from './seen/admin-client.ts'
export { AdminServer } from './seen/admin-server.ts'
export { GateControl, type RunningGate } from './seen/control.ts'
export { droppedLine, LogWriter, recordLine } from './seen/log-writer.ts'
export { MetricsServer } from './seen/metrics-server.ts'
export type { GateStatus, ServiceStatus } from './seen/status.ts'

/**
 * The running edge: services that stand in front of servers, look into every hello, choose a policy before TLS begins, and carry what is said to and fro.
 * It takes no responsibility for a message: whatever the server behind has not acknowledged, nobody has. It reads no logs, and changes no settings of others.
 *
 *     const verdict = verdictOn(offer, serverOf(policy, certificates), 'observe')
 *     // { kind: 'fails', refusal: { reason: 'version', … }, served: true, … }
 */
export { serverOf, verdictOn, type Stage, type Verdict } from './verdict.ts'

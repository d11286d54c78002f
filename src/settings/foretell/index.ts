/**
 * What a change of settings does to known clients and servers, foretold without a handshake. It knows what the catalogue of
 * `policy/negotiate` knows, and nothing of the users of this very server: logs tell of those. A door of its own, so that commands which
 * foretell nothing need not load the catalogue.
 *
 *     for (const { door, peers } of foretell(plan)) console.log(door, peers.filter(({ change }) => change === 'cut-off'))
 */
export { changeOf, foretell } from './foretell.ts'
export type { Foretold, ForetoldLeg, ForetoldPeer, PeerCase, PeerChange } from './foretold.ts'
export { usesOfDoor } from './uses-of-door.ts'

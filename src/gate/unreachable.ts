import { Duplex } from 'node:stream'
import type { Relay } from '../dialects/index.ts'
import type { Pump } from './pump.ts'

/** In place of a server that cannot be reached, for as long as a client needs to hear so. */
export function nowhere(): Duplex {
  return new Duplex({ read: () => {}, write: (_bytes, _encoding, done) => done() })
}

/** Lets the relay tell the client so, at once or in answer to what it says. */
export function withoutServer(pump: Pump, relay: Relay): void {
  if (relay.unreachable !== undefined) return pump.perform(relay.unreachable())
  pump.perform(relay.serverLost())
  pump.end('server-lost')
}

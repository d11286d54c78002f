import type { Relay } from '../dialects/index.ts'
import type { Pump } from './pump.ts'

/** Lets the relay tell the client that no server can be reached, at once or in answer to what it says. */
export function withoutServer(pump: Pump, relay: Relay): void {
  const { unreachable } = relay
  if (unreachable !== undefined) return pump.tell(() => unreachable.call(relay))
  pump.perform(relay.serverLost())
  pump.end('server-lost')
}

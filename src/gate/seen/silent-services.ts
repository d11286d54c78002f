import { connectPlain } from '../backend.ts'
import type { BackendConfig, GateConfig } from '../config/config.ts'
import { proxyHeaderFor } from '../proxy-protocol.ts'

const ANSWER_MS = 2000

/** Services of which no server behind takes a connection. Those behind a link, and services without a server behind, are not asked. Never rejects. */
export async function silentServices({ services }: Pick<GateConfig, 'services'>): Promise<readonly string[]> {
  const asked = services.map(async ({ name, backends }) => {
    if (backends.length === 0 || backends.some(({ link }) => link !== undefined)) return []
    return (await Promise.any(backends.map(knock)).then(
      () => true,
      () => false,
    ))
      ? []
      : [name]
  })
  return (await Promise.all(asked)).flat()
}

/** Connects, and leaves. A server that waits for a header of the PROXY protocol hears that the connection is the gate's own, and has nothing to complain of. */
async function knock({ place, proxy }: BackendConfig): Promise<void> {
  const socket = await connectPlain(place, ANSWER_MS)
  if (!proxy) return void socket.destroy()
  socket.once('close', () => clearTimeout(timer)).resume()
  const timer = setTimeout(() => socket.destroy(), ANSWER_MS)
  socket.end(proxyHeaderFor(undefined))
}

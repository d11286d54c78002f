import { guessByBanner } from '../dialects/index.ts'
import { PosternError } from '../errors.ts'
import type { AuditDoor } from './audit.ts'
import { Line } from './line.ts'
import type { Endpoint } from './resolve.ts'
import { targetUrl } from './target.ts'

/** Whoever speaks first has done so by then, or is asked for TLS. */
const BANNER_PATIENCE_MS = 1500
const CONNECT_PATIENCE_MS = 5000

/** The door at an endpoint. Where nothing is known of the port, one connection listens whether the server speaks first. */
export async function doorOf({ target, address, port }: Endpoint, serverName: string = target.host): Promise<AuditDoor> {
  const door = { url: targetUrl({ ...target, port }), address, port, dialect: target.dialect, beginning: target.tls, serverName }
  if (target.guessed !== 'banner') return door
  const dialect = guessByBanner(await listenFor(address, port))
  if (dialect === undefined) return door
  const scheme = dialect.doors.find(({ tls }) => tls === 'starttls')?.scheme ?? target.scheme
  return { ...door, url: targetUrl({ scheme, host: target.host, port }), dialect, beginning: 'starttls' }
}

/** What the server says by itself, as latin1; empty when it says nothing or cannot be reached, which the audit will find out. */
async function listenFor(address: string, port: number): Promise<string> {
  try {
    const line = await Line.open(address, port, CONNECT_PATIENCE_MS)
    const heard = await line.receive(BANNER_PATIENCE_MS)
    void line.close()
    return typeof heard === 'string' ? '' : Buffer.from(heard).toString('latin1')
  } catch (error) {
    if (error instanceof PosternError) return ''
    throw error
  }
}

import { type } from '../cli-session.ts'

const OPTIONS = { TLSv1: '--tls1', 'TLSv1.2': '--tls1_2' } as const

/** Whether a handshake with this version alone ends in it: a server may answer with an older one. */
export async function speaks(door: string, protocol: keyof typeof OPTIONS): Promise<boolean> {
  const { out } = await type(['handshake', door, OPTIONS[protocol], '--json'])
  return out.includes(`"protocol": "${protocol}"`)
}

import type { PeerUse } from '../policy/negotiate/catalogue/index.ts'
import type { Door } from './door.ts'

/** Port 25 is where senders go on in plain text when TLS fails, RFC 9325 §5.2. */
export const MX_PORT = 25

const USES: Readonly<Record<string, readonly PeerUse[]>> = {
  submission: ['mail'],
  imap: ['mail'],
  pop3: ['mail'],
  sieve: ['mail'],
  ftp: ['ftp'],
}

/** Ports where TLS begins at once and a browser comes. */
const WEB_PORTS: readonly number[] = [443, 8443]

/** What the peers of a door come for; undefined where anybody may come. */
export function usesOf({ dialect: { name }, port }: Pick<Door, 'dialect' | 'port'>): readonly PeerUse[] | undefined {
  if (name === 'smtp') return port === MX_PORT ? ['smtp'] : ['mail', 'smtp']
  return name === 'tls' && WEB_PORTS.includes(port) ? ['web'] : USES[name]
}

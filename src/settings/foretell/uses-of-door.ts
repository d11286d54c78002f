import type { PeerUse } from '../../policy/negotiate/index.ts'
import type { ProductName } from '../adapter.ts'
import type { Role } from '../words.ts'

const EVERYBODY: readonly PeerUse[] = ['web', 'mail', 'smtp', 'ftp']
const MAIL_SERVER: readonly PeerUse[] = ['smtp', 'mail']

/** Who comes to a product whose door says nothing else. */
const CALLERS: Readonly<Record<ProductName, readonly PeerUse[]>> = {
  'kerio-connect': ['web', 'mail'],
  'mail-express': ['web'],
  tomcat: ['web'],
  postfix: MAIL_SERVER,
  dovecot: ['mail'],
  exim: MAIL_SERVER,
  opensmtpd: MAIL_SERVER,
  nginx: ['web'],
  haproxy: EVERYBODY,
  courier: ['mail'],
  cyrus: ['mail'],
  sendmail: MAIL_SERVER,
  vsftpd: ['ftp'],
  proftpd: ['ftp'],
}

/** Products whose client role goes to mail servers. */
const DELIVERING: readonly ProductName[] = ['kerio-connect', 'postfix', 'exim', 'opensmtpd', 'courier', 'sendmail']

/** Ports and names of services that people give to doors. */
const SIGNS: readonly (readonly [sign: RegExp, use: PeerUse])[] = [
  [/\b(?:587|465|submissions?|smtps|143|993|110|995|4190|imaps?|pop3s?|sieve|managesieve)\b/i, 'mail'],
  [/\b(?:25|smtp|smtpd|esmtpd?)\b/i, 'smtp'],
  [/\b(?:443|8443|https?)\b/i, 'web'],
  [/\b(?:21|990|ftps?)\b/i, 'ftp'],
]

/**
 * What the peers of a leg come for, by its product, the words of its door and where it listens; none where a client may go anywhere.
 */
export function usesOfDoor(product: ProductName, name: string, role: Role, listens: readonly string[] = []): readonly PeerUse[] {
  const door = [name, ...listens].join(' ')
  if (role === 'client') return DELIVERING.includes(product) ? ['smtp'] : signsIn(door).filter((use) => use !== 'web' && use !== 'ftp')
  if (product === 'kerio-connect') return name === 'SMTP' ? MAIL_SERVER : CALLERS[product]
  if (product === 'nginx') return usesOfBlock(door)
  if (product === 'postfix' && door.includes('mandatory')) return ['mail']
  // With the ports of submission named too, `smtp` in a name of a service is no second sign.
  const signs = signsIn(door)
  return signs.length === 0 ? CALLERS[product] : signs.slice(0, 1)
}

function usesOfBlock(door: string): readonly PeerUse[] {
  if (door.startsWith('http')) return ['web']
  const signs = signsIn(door)
  if (signs.length > 0) return signs
  return door.startsWith('mail') ? ['mail'] : EVERYBODY
}

function signsIn(door: string): readonly PeerUse[] {
  return SIGNS.filter(([sign]) => sign.test(door)).map(([, use]) => use)
}

import { isIP } from 'node:net'
import type { GivenService } from '../gate/index.ts'
import type { Leg, Reading } from '../settings/index.ts'

/** Services of a product, and the legs that govern them. */
export interface Doors {
  readonly services: readonly GivenService[]
  /** Undefined: none does. */
  readonly legOf: (name: string, dialect: string) => Leg | undefined
  /** Of their client role; undefined: none does. */
  readonly outwards?: (dialect: string) => Leg | undefined
  /** What cannot be served as the settings have it, in sentences. */
  readonly notes: readonly string[]
}

/** What the settings of a product make listen. */
export function doorsOf(reading: Reading): Doors {
  return reading.product === 'kerio-connect' ? kerioDoors(reading) : connectorDoors(reading)
}

/** Ports that Kerio Connect's services have when it is installed. Its file is not read for them: which one runs, whoever names a server behind it says. */
const KERIO_SERVICES: readonly GivenService[] = (
  [
    ['smtp', 25, 'smtp', 'starttls'],
    ['smtps', 465, 'submission', 'implicit'],
    ['submission', 587, 'submission', 'starttls'],
    ['imap', 143, 'imap', 'starttls'],
    ['imaps', 993, 'imap', 'implicit'],
    ['pop3', 110, 'pop3', 'starttls'],
    ['pop3s', 995, 'pop3', 'implicit'],
    ['https', 443, 'http', 'implicit'],
    ['nntps', 563, 'tls', 'implicit'],
    ['ldaps', 636, 'tls', 'implicit'],
    ['xmpps', 5223, 'xmpp', 'implicit'],
  ] as const
).map(([name, port, dialect, tls]) => ({ name, listen: `:${port}`, dialect, tls, always: false }))

const SMTP: readonly string[] = ['smtp', 'submission', 'lmtp']

/** `SmtpSecurity` governs whatever speaks SMTP, and `Security` everything else. */
function kerioDoors({ legs }: Reading): Doors {
  const door = (dialect: string): string => (SMTP.includes(dialect) ? 'SMTP' : 'everything but SMTP')
  return {
    services: KERIO_SERVICES,
    legOf: (_name, dialect) => legs.find((leg) => leg.role === 'server' && leg.door === door(dialect)),
    outwards: (dialect) => legs.find((leg) => leg.role === 'client' && leg.door === door(dialect)),
    notes: [],
  }
}

/** As the settings of Mail Express call the Connector whose clients a DMZ Gateway brings. */
const DMZ_DOOR = 'DMZ Gateway'

/** Every Connector with TLS. Its hosts beside the first get what the first one has: on one port a gate has one policy. */
function connectorDoors({ legs }: Reading): Doors {
  const own = legs.filter(({ bound }) => bound?.host === undefined)
  const others = legs.filter(({ bound }) => bound?.host !== undefined)
  return {
    services: own.map(({ door, bound }) => ({
      name: door,
      ...(bound === undefined ? {} : { listen: listenOf(bound) }),
      ...(door === DMZ_DOOR ? { linked: true } : {}),
      dialect: 'http',
      tls: 'implicit',
      always: true,
    })),
    legOf: (name) => own.find(({ door }) => door === name),
    notes: others.map(({ door }) => `${door}: a gate has one TLS on a port, so that this host gets that of the default one.`),
  }
}

function listenOf({ address, port }: NonNullable<Leg['bound']>): string {
  return `${isIP(address) === 6 ? `[${address}]` : address}:${port}`
}

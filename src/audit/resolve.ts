import { isIP } from 'node:net'
import { guessDoor } from '../dialects/index.ts'
import { PosternError } from '../errors.ts'
import { isLocalhost, readHost } from './host.ts'
import { findOpenDoors, type KnockOptions } from './open-doors.ts'
import type { Address, MailExchanger, Resolver } from './resolver.ts'
import type { DomainTarget, DoorTarget, Target } from './target.ts'

/** A door at one of its addresses. */
export interface Endpoint {
  readonly target: DoorTarget
  readonly address: string
  readonly family: 4 | 6
  readonly port: number
  /** False for doors that nobody named: audited where they answer. */
  readonly certain: boolean
  /** Preference of the MX record that led here. */
  readonly preference?: number
}

/** A host of which nothing can be audited, and why. */
export interface ResolveProblem {
  readonly host: string
  readonly error: PosternError
}

export interface Resolution {
  readonly endpoints: readonly Endpoint[]
  readonly problems: readonly ResolveProblem[]
}

/** Addresses to use for a host instead of what DNS says. */
export interface Override {
  /** A name in lower case, or `*` for every host. */
  readonly host: string
  /** Undefined for every port. */
  readonly port: number | undefined
  readonly addresses: readonly Address[]
}

export interface ResolveOptions {
  readonly resolver: Resolver
  /** The first that fits is used. */
  readonly overrides?: readonly Override[] | undefined
  /** Only addresses of this family. */
  readonly family?: 4 | 6 | undefined
}

/** Where a mail server takes mail from others, and then where its users may come in. */
const USUAL_PORTS = [25, 465, 587, 993, 995, 143, 110, 443]

/** The largest domains name five. Each costs up to eight doors at every address. */
export const MAX_EXCHANGERS: number = 32

const MAIL_PORT = 25
const HIGHEST_PORT = 65535

const THIS_MACHINE: readonly Address[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/** A door on the way to its addresses. */
type Door = Pick<Endpoint, 'target' | 'certain'>

/** A host on the way to its addresses. */
interface Host {
  readonly host: string
  /** Of its MX record, where there is one. */
  readonly preference?: number
}

/**
 * The doors that a target means, at every address. A domain means every MX, and without one itself (RFC 5321 §5.1), on the
 * ports that mail commonly uses. What cannot be found is in `problems`: one bad host never stops the rest.
 */
export async function resolveTarget(target: Target, options: ResolveOptions): Promise<Resolution> {
  if (target.kind === 'door') return atAddresses({ host: target.host }, [{ target, certain: true }], options)
  const { hosts, problems } = await mailHosts(target.host, options.resolver)
  const found = await Promise.all(hosts.map((host) => atAddresses(host, usualDoors(target, host), options)))
  return {
    endpoints: found.flatMap(({ endpoints }) => endpoints),
    problems: [...problems, ...found.flatMap(({ problems }) => problems)],
  }
}

/** Those endpoints that were asked for, and of the others those that answer. */
export async function answering(endpoints: readonly Endpoint[], options: KnockOptions): Promise<Endpoint[]> {
  // The two addresses of this machine mean one server: the one that answers, or the first when none does.
  const either = (endpoint: Endpoint): boolean => endpoint.certain && isLocalhost(endpoint.target.host)
  const asked = endpoints.filter((endpoint) => !endpoint.certain || either(endpoint))
  const open = new Set(await findOpenDoors(asked, options))
  const silent = (endpoint: Endpoint): boolean => !endpoints.some((one) => one.target === endpoint.target && open.has(one))
  return endpoints.filter((endpoint, index) => {
    if (open.has(endpoint) || (endpoint.certain && !either(endpoint))) return true
    return either(endpoint) && silent(endpoint) && endpoints.findIndex((one) => one.target === endpoint.target) === index
  })
}

/**
 * Reads `HOST:PORT:ADDRESS[,ADDRESS…]`, as curl does; HOST and PORT may be `*`, IPv6 addresses may have brackets.
 *
 * @throws PosternError `RESOLVE_SYNTAX` of the input.
 */
export function parseOverride(text: string): Override {
  const [, name = '', port = '', list = ''] = /^(\*|\[[^\]]*\]|[^:]*):(\*|\d{1,5}):(.+)$/.exec(text) ?? []
  const reading = name === '*' ? { host: name } : readHost(name.replace(/^\[(.*)\]$/, '$1'))
  const addresses = list.split(',').map((address) => address.replace(/^\[(.*)\]$/, '$1'))
  if (!('host' in reading) || addresses.some((address) => isIP(address) === 0) || Number(port) > HIGHEST_PORT || port === '0') {
    throw new PosternError('input', 'RESOLVE_SYNTAX', `Cannot read ${JSON.stringify(text)}: it is not HOST:PORT:ADDRESS`, {
      remedy: 'Write it as curl wants it, such as mail.example.com:25:192.0.2.1 or *:*:[2001:db8::1].',
    })
  }
  return { host: reading.host, port: port === '*' ? undefined : Number(port), addresses: addresses.map(asAddress) }
}

/** Who takes the mail of a domain, by preference. Addresses and this machine take their own. */
async function mailHosts(domain: string, resolver: Resolver): Promise<{ hosts: Host[]; problems: ResolveProblem[] }> {
  if (isIP(domain) !== 0 || isLocalhost(domain)) return { hosts: [{ host: domain }], problems: [] }
  try {
    const records = await resolver.mx(domain)
    if (records.length === 0) return { hosts: [{ host: domain }], problems: [] }
    // RFC 7505 §3. Beside other records it means nothing.
    if (records.every(({ exchange }) => isRoot(exchange))) throw nullMx(domain)
    return exchangers(
      domain,
      records.filter(({ exchange }) => !isRoot(exchange)),
    )
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    return { hosts: [], problems: [{ host: domain, error }] }
  }
}

function exchangers(domain: string, records: readonly MailExchanger[]): { hosts: Host[]; problems: ResolveProblem[] } {
  const hosts = new Map<string, Host>()
  const problems: ResolveProblem[] = []
  // Equal preferences are equal; the name makes the order the same every time.
  const sorted = records.toSorted((a, b) => a.preference - b.preference || (a.exchange < b.exchange ? -1 : 1))
  for (const { exchange, preference } of sorted.slice(0, MAX_EXCHANGERS)) {
    const reading = readHost(exchange.replace(/\.$/, ''))
    // RFC 5321 §5.1: an MX record holds a name, never an address.
    if (!('host' in reading) || isIP(reading.host) !== 0) problems.push({ host: domain, error: notAName(domain, exchange) })
    else if (!hosts.has(reading.host)) hosts.set(reading.host, { host: reading.host, preference })
  }
  if (sorted.length > MAX_EXCHANGERS) problems.push({ host: domain, error: tooMany(domain, sorted.length) })
  return { hosts: [...hosts.values()], problems }
}

/** What nobody named is audited where it answers; an MX must answer on port 25. */
function usualDoors({ text }: DomainTarget, { host, preference }: Host): Door[] {
  return USUAL_PORTS.flatMap((port) => {
    const guess = guessDoor(port)
    if (guess === undefined) return []
    const { dialect, door } = guess
    const target: DoorTarget = { kind: 'door', text, scheme: door.scheme, dialect, tls: door.tls, host, port, guessed: 'port' }
    return [{ target, certain: preference !== undefined && port === MAIL_PORT }]
  })
}

async function atAddresses({ host, preference }: Host, doors: readonly Door[], options: ResolveOptions): Promise<Resolution> {
  const endpoints: Endpoint[] = []
  let asked: Promise<readonly Address[]> | undefined
  try {
    for (const { target, certain } of doors) {
      const addresses = override(target, options.overrides) ?? (await (asked ??= addressesOf(host, options.resolver)))
      const fitting = addresses.filter(({ family }) => options.family === undefined || family === options.family)
      if (fitting.length === 0) throw noSuchFamily(host, options.family)
      const found = fitting.map(({ address, family }) => ({ target, address, family, port: target.port, certain }))
      endpoints.push(...found.map((one) => (preference === undefined ? one : { ...one, preference })))
    }
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    return { endpoints, problems: [{ host, error }] }
  }
  return { endpoints, problems: [] }
}

function override({ host, port }: DoorTarget, overrides: readonly Override[] = []): readonly Address[] | undefined {
  return overrides.find((one) => (one.host === '*' || one.host === host) && (one.port === undefined || one.port === port))?.addresses
}

async function addressesOf(host: string, resolver: Resolver): Promise<readonly Address[]> {
  if (isIP(host) !== 0) return [asAddress(host)]
  return isLocalhost(host) ? THIS_MACHINE : await resolver.addresses(host)
}

function asAddress(address: string): Address {
  return { address, family: isIP(address) === 6 ? 6 : 4 }
}

function isRoot(exchange: string): boolean {
  return exchange === '' || exchange === '.'
}

function nullMx(domain: string): PosternError {
  return new PosternError('world', 'NULL_MX', `Cannot find the mail servers of ${domain}: it takes no mail, says its null MX`, {
    remedy: `Name a door to audit all the same, such as https://${domain}.`,
  })
}

function notAName(domain: string, exchange: string): PosternError {
  return new PosternError('world', 'MX_NOT_A_NAME', `Cannot use an MX of ${domain}: ${JSON.stringify(exchange)} is not a host name`, {
    remedy: 'Put the name of a host into the MX record.',
  })
}

function tooMany(domain: string, count: number): PosternError {
  const message = `Cannot audit every MX of ${domain}: it has ${count}, and only the first ${MAX_EXCHANGERS} are audited`
  return new PosternError('world', 'TOO_MANY_MX', message, { remedy: 'Name the others as targets of their own.' })
}

function noSuchFamily(host: string, family: 4 | 6 | undefined): PosternError {
  return new PosternError(
    'world',
    'DNS_NO_ADDRESS',
    `Cannot find the address of ${host}: it has none${family === undefined ? '' : ` of IPv${family}`}`,
    {
      remedy: 'Leave the choice of the address family to the name, or use --resolve.',
    },
  )
}

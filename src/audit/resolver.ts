import { lookup, Resolver as Stub } from 'node:dns/promises'
import { PosternError } from '../errors.ts'

export interface Address {
  readonly address: string
  readonly family: 4 | 6
}

export interface MailExchanger {
  /** Empty for the root, as in a null MX. */
  readonly exchange: string
  readonly preference: number
}

/** Answers about names. Tests hand in their own. */
export interface Resolver {
  /** The MX records of a name, in any order; none when there are none. Throws `DNS_…` of the world. */
  readonly mx: (name: string) => Promise<readonly MailExchanger[]>
  /** Every A and AAAA of a name, at least one. Throws `DNS_…` of the world. */
  readonly addresses: (name: string) => Promise<readonly Address[]>
}

export interface ResolverOptions {
  /** Addresses of DNS servers, `192.0.2.53` or `[2001:db8::53]:5353`. Default: those of the system, and its hosts file. */
  readonly servers?: readonly string[] | undefined
  /** For one question, in milliseconds. Default: 5000. */
  readonly timeout?: number | undefined
}

const PATIENCE_MS = 5000
/** A lost packet is asked for once more. */
const TRIES = 2

/** The DNS of the system, or of the servers given. */
export function systemResolver({ servers, timeout = PATIENCE_MS }: ResolverOptions = {}): Resolver {
  const stub = new Stub({ timeout: Math.ceil(timeout / TRIES), tries: TRIES })
  if (servers !== undefined && servers.length > 0) useServers(stub, servers)
  const asked = (name: string): Promise<Address[]> => askBoth(stub, name)
  return {
    mx: async (name) => {
      try {
        return (await stub.resolveMx(name)).map(({ exchange, priority }) => ({ exchange, preference: priority }))
      } catch (error) {
        if (codeOf(error) === 'ENODATA') return []
        throw explain('the mail servers', name, codeOf(error))
      }
    },
    addresses: (name) => (servers === undefined || servers.length === 0 ? ofSystem(name, timeout, asked) : asked(name)),
  }
}

function useServers(stub: Stub, servers: readonly string[]): void {
  try {
    stub.setServers([...servers])
  } catch (cause) {
    throw new PosternError('input', 'DNS_SERVER', `Cannot use the DNS servers ${servers.join(', ')}: not every one is an IP address`, {
      remedy: 'Name DNS servers by address, such as 192.0.2.53 or [2001:db8::53]:5353.',
      cause,
    })
  }
}

/** As every program of this machine sees it, the hosts file included. Where that fails, DNS tells why. */
async function ofSystem(name: string, timeout: number, ask: (name: string) => Promise<Address[]>): Promise<Address[]> {
  const found = await Promise.race([lookup(name, { all: true, order: 'verbatim' }).catch(() => undefined), later(timeout)])
  if (found === undefined || found.length === 0) return ask(name)
  return sort(found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 })))
}

/** getaddrinfo() cannot be cancelled, and waits as long as resolv.conf says. */
function later(milliseconds: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), milliseconds).unref()
  })
}

async function askBoth(stub: Stub, name: string): Promise<Address[]> {
  const answers = await Promise.allSettled([stub.resolve4(name), stub.resolve6(name)])
  const found = answers.flatMap((answer, index) =>
    answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family: index === 0 ? (4 as const) : (6 as const) })) : [],
  )
  if (found.length > 0) return sort(found)
  const codes = answers.map((answer) => (answer.status === 'rejected' ? codeOf(answer.reason) : 'ENODATA'))
  // One family may simply be absent: what is wrong stands in the other answer.
  throw explain('the address', name, codes.find((code) => code !== 'ENODATA') ?? 'ENODATA')
}

/** DNS servers turn their answers around; an audit is the same every time. IPv4 first. */
function sort(addresses: readonly Address[]): Address[] {
  const unique = new Map(addresses.map((one) => [one.address, one]))
  return [...unique.values()].sort((a, b) => a.family - b.family || (a.address < b.address ? -1 : 1))
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error)
}

const REASONS: Readonly<Record<string, readonly [code: string, problem: string, remedy: string]>> = {
  ENOTFOUND: ['DNS_NO_SUCH_NAME', 'the name does not exist (NXDOMAIN)', 'Check the spelling, or name the address with --resolve.'],
  ENODATA: ['DNS_NO_ADDRESS', 'the name exists but has no address', 'Name the host that has the address, or use --resolve.'],
  ESERVFAIL: [
    'DNS_SERVER_FAILED',
    'the DNS server failed (SERVFAIL)',
    'Check the DNSSEC signatures and name servers of the domain, or try again later.',
  ],
  ETIMEOUT: ['DNS_TIMEOUT', 'the DNS server did not answer in time', 'Check the network and the DNS server, or try again later.'],
  EREFUSED: ['DNS_REFUSED', 'the DNS server refuses to answer (REFUSED)', 'Use a DNS server that answers this machine.'],
  ECONNREFUSED: ['DNS_UNREACHABLE', 'no DNS server can be reached', 'Check the network and the DNS servers of this machine.'],
  EBADNAME: ['DNS_BAD_NAME', 'DNS has no such names', 'Check the spelling.'],
}

function explain(what: string, name: string, errno: string): PosternError {
  const [code, problem, remedy] = REASONS[errno] ?? [
    'DNS_FAILED',
    `DNS answers ${errno}`,
    'Try again later, or name the address with --resolve.',
  ]
  return new PosternError('world', code, `Cannot find ${what} of ${name}: ${problem}`, { remedy })
}

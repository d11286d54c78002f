import { randomInt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fetchStsPolicy } from './fetch-sts-policy.ts'
import { findHost } from './host.ts'
import { inAscii } from './in-ascii.ts'
import { findMailRoute, type Random } from './mail-route.ts'
import type { Names } from './names.ts'
import { StubResolver } from './resolver.ts'
import { systemResolvers, type ResolverPlace } from './resolver-place.ts'
import { StsPolicies } from './sts-policies.ts'
import { StsStore } from './sts-store.ts'

export interface NamesOptions {
  /** Those of the system where there are none. */
  readonly resolvers?: readonly ResolverPlace[] | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Puts hosts of one preference in order. */
  readonly random: Random
  /** For one question with all attempts, in milliseconds. Default: 6000. */
  readonly patience?: number | undefined
  /** Authorities in PEM for resolvers and policies, in place of those that Node knows. */
  readonly ca?: string | undefined
  /** A folder in which policies of MTA-STS outlive the process; they end with it where there is none. */
  readonly state?: string | undefined
  /** A line for the operator. */
  readonly tell: (line: string) => void
  /** Where policies of MTA-STS are served. Default: 443. */
  readonly policyPort?: number | undefined
}

/** Names that can be closed. */
export interface OpenNames extends Names {
  readonly close: () => void
}

const RESOLV_CONF = '/etc/resolv.conf'

/** Asks the resolver once whether it validates. Never rejects: what is wrong is the warning. */
export async function openNames({ resolvers, random, state, tell, policyPort: port, ...options }: NamesOptions): Promise<OpenNames> {
  const places = resolvers ?? systemResolvers(await readFile(RESOLV_CONF, 'utf8').catch(() => ''))
  const dns = new StubResolver(places, { ...options, randomId: () => randomInt(0x10000) })
  const store = state === undefined ? undefined : new StsStore(join(state, 'mta-sts'), tell)
  void store?.tidy(options.now())
  const fetch = (domain: string): ReturnType<typeof fetchStsPolicy> => fetchStsPolicy(domain, { dns, port, ca: options.ca })
  const policies = new StsPolicies({ dns, now: options.now, fetch, store })
  return {
    dns,
    warning: await warningOf(dns),
    mailRoute: (domain) => findMailRoute(dns, inAscii(domain), random),
    host: (host, port) => findHost(dns, host, port),
    sts: (domain) => policies.find(inAscii(domain)),
    close: () => dns.close(),
  }
}

/** The root is signed: whoever validates says so of it. */
async function warningOf(dns: StubResolver): Promise<string | undefined> {
  if (!dns.trusted) {
    return `DANE is off: the resolver ${dns.text} is neither on this machine nor asked over TLS, so that what it says of DNSSEC cannot be trusted. Run a validating resolver, such as Unbound, on 127.0.0.1, or name one as tls://ADDRESS#NAME.`
  }
  const root = await dns.ask('.', 'A')
  if (root.kind === 'failed')
    return `DANE may be off: the resolver ${dns.text} was asked about the root, and ${root.words}. Check that it runs and validates DNSSEC.`
  return root.secure
    ? undefined
    : `DANE is off: the resolver ${dns.text} does not validate DNSSEC. Turn validation on in it, or name a resolver that validates.`
}

import { InvalidArgumentError, type Command } from 'commander'
import type { Override, Resolver, TrustStore } from '../audit/index.ts'
import { readText } from './files.ts'
import type { Terminal } from './terminal.ts'

/** The options that every command has which talks to servers. */
export interface NetworkValues {
  /** Absent where there is only one connection to be made. */
  readonly parallel?: number
  readonly timeout: number
  readonly sni?: string
  readonly ca: readonly string[]
  readonly resolve: readonly string[]
  readonly dns: readonly string[]
  readonly ipv4?: true
  readonly ipv6?: true
}

export interface Network {
  readonly resolveOptions: { readonly resolver: Resolver; readonly overrides: readonly Override[]; readonly family: 4 | 6 | undefined }
  readonly parallel: number
  /** Milliseconds. */
  readonly timeout: number
  readonly trust: TrustStore
  readonly sni: string | undefined
}

const MOST_PARALLEL = 50
const LONGEST_SECONDS = 3600
const DEFAULT_PARALLEL = 8
const DEFAULT_SECONDS = 120

/** Adds them to a command. `single`: it makes one connection. */
export function addNetworkOptions(command: Command, { single = false }: { readonly single?: boolean } = {}): Command {
  const collect = (value: string, before: readonly string[]): string[] => [...before, value]
  if (!single) command.option('--parallel <number>', 'connections to one server at once', wholeNumber(1, MOST_PARALLEL), DEFAULT_PARALLEL)
  return command
    .option('--timeout <seconds>', 'time for one door', wholeNumber(1, LONGEST_SECONDS), DEFAULT_SECONDS)
    .option('--sni <name>', 'ask for this name instead of the host of the target')
    .option('--ca <file>', 'believe these authorities too (PEM; may be repeated)', collect, [])
    .option('--resolve <host:port:address>', 'use this address for a host (may be repeated)', collect, [])
    .option('--dns <server>', 'ask this DNS server (may be repeated)', collect, [])
    .option('-4, --ipv4', 'IPv4 only')
    .option('-6, --ipv6', 'IPv6 only')
}

/** What they say. */
export async function networkOf(values: NetworkValues, terminal: Terminal): Promise<Network> {
  const { parseOverride, readServerName, systemResolver, trustStore } = await import('../audit/index.ts')
  return {
    resolveOptions: {
      resolver: systemResolver({ servers: values.dns }),
      overrides: values.resolve.map((text) => parseOverride(text)),
      family: values.ipv4 === values.ipv6 ? undefined : values.ipv4 ? 4 : 6,
    },
    parallel: values.parallel ?? 1,
    timeout: values.timeout * 1000,
    trust: trustStore(values.ca.map((file) => ({ file, pem: readText(file, terminal, 'Name a readable file of certificates in PEM.') }))),
    sni: values.sni === undefined ? undefined : readServerName(values.sni),
  }
}

/** A parser for whole numbers within bounds. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (!/^\d+$/.test(text) || number < least || number > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
    return number
  }
}

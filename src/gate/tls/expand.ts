import { Duplex } from 'node:stream'
import { connect, type SecureContextOptions } from 'node:tls'
import { signatureScheme, suiteName, supportedGroup, TLS_EMPTY_RENEGOTIATION_INFO_SCSV, type ProtocolName } from '../../registry/index.ts'
import {
  decodeClientHello,
  decodeSignatureSchemes,
  decodeSupportedGroups,
  EXTENSION_TYPE,
  findExtension,
  FlightReader,
  HANDSHAKE_TYPE,
  type ClientHello,
} from '../../wire/index.ts'
import { NODE_PROTOCOLS, type NodeProtocol } from './abilities.ts'
import type { ContextOptions } from './node-options.ts'

/** What a context offers in one version. Names by IANA, in order. */
export interface Expanded {
  readonly suites: readonly string[]
  readonly groups: readonly string[]
  readonly signatureSchemes: readonly string[]
}

/** What a context really offers, by version; versions that it does not speak are absent. */
export type Expansion = Readonly<Partial<Record<ProtocolName, Expanded>>>

/**
 * Reads options back out of OpenSSL: for each version a client with these very options writes its hello into memory. The options may have been
 * accepted and mean something else: unknown names are dropped in silence.
 */
export async function expand(options: ContextOptions): Promise<Expansion> {
  const within = NODE_PROTOCOLS.slice(indexOf(options.minVersion, 0), indexOf(options.maxVersion, NODE_PROTOCOLS.length - 1) + 1)
  const offers = await Promise.all(within.map(async (protocol) => [protocol, await expandOne(options, protocol)] as const))
  return Object.fromEntries(offers.flatMap(([protocol, offer]) => (offer === undefined ? [] : [[protocol, offer] as const])))
}

function indexOf(version: ContextOptions['minVersion'], otherwise: number): number {
  const index = NODE_PROTOCOLS.findIndex((protocol) => protocol === version)
  return index < 0 ? otherwise : index
}

/** Every suite that needs a signature of some kind, so that no scheme goes without one. */
const ALL_SUITES = 'ALL:COMPLEMENTOFALL'

/** A client leaves out suites that it has no scheme for, and schemes without a suite, which a server does not: each list is asked for without the other. */
async function expandOne(options: ContextOptions, protocol: NodeProtocol): Promise<Expanded | undefined> {
  const { sigalgs, ciphers, ecdhCurve, secureOptions } = options
  const one = {
    minVersion: protocol,
    maxVersion: protocol,
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(ecdhCurve === undefined ? {} : { ecdhCurve }),
    ...(secureOptions === undefined ? {} : { secureOptions }),
  }
  const hello = await helloOf(one)
  if (hello === undefined) return undefined
  const level = /@SECLEVEL=\d/.exec(ciphers ?? '')?.[0] ?? ''
  const full = sigalgs === undefined ? hello : await helloOf({ ...one, sigalgs, ciphers: `${ALL_SUITES}:${level}` })
  const groups = findExtension(hello.extensions, EXTENSION_TYPE.supported_groups)
  const schemes = full === undefined ? undefined : findExtension(full.extensions, EXTENSION_TYPE.signature_algorithms)
  return {
    suites: hello.cipherSuites.filter((code) => code !== TLS_EMPTY_RENEGOTIATION_INFO_SCSV).map(suiteName),
    groups: groups === undefined ? [] : decodeSupportedGroups(groups).map((code) => supportedGroup.name(code)),
    signatureSchemes: schemes === undefined ? [] : decodeSignatureSchemes(schemes).map((code) => signatureScheme.name(code)),
  }
}

/** The hello of a client with these options, which goes nowhere; undefined where OpenSSL has nothing to say with them. */
function helloOf(options: SecureContextOptions): Promise<ClientHello | undefined> {
  return new Promise((resolve) => {
    const memory = new Duplex({
      read: () => undefined,
      write: (bytes: Uint8Array, _encoding, done) => {
        resolve(readHello(bytes))
        done()
      },
    })
    const client = connect({ ...options, socket: memory })
    client.once('error', () => resolve(undefined))
  })
}

/** The first thing that a client writes is its hello, or an alert where it cannot make one. */
function readHello(bytes: Uint8Array): ClientHello | undefined {
  const flight = new FlightReader()
  flight.push(bytes)
  const item = flight.next()
  return item?.kind === 'handshake' && item.type === HANDSHAKE_TYPE.client_hello ? decodeClientHello(item.body) : undefined
}

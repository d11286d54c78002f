import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { TLSSocket } from 'node:tls'
import type { HandshakeFailure } from '../../src/gate/tls/handshake-failure.ts'
import type { Identity } from '../../src/gate/tls/identities.ts'
import { negotiated, shownCertificate, type Negotiated } from '../../src/gate/tls/negotiated.ts'
import { openPolicyServer, type PolicyServer, type PolicyServerSettings } from '../../src/gate/tls/policy-server.ts'
import type { Policy } from '../../src/policy/index.ts'
import { cipherSuites, groups, signatureScheme } from '../../src/registry/index.ts'
import {
  decodeClientHello,
  decodeServerNameList,
  EXTENSION_TYPE,
  findExtension,
  FlightReader,
  MalformedError,
} from '../../src/wire/index.ts'
import { certificates, type LeafName } from '../peers/index.ts'

/** A policy that allows all there is, but for what a test changes. */
export function policyWith(change: Partial<Policy> = {}): Policy {
  return {
    name: 'test',
    title: 'Test',
    edition: '1',
    date: '2026-01-01',
    source: 'a test',
    protocols: { allowed: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'], required: [] },
    suites: cipherSuites.filter(({ au, bits }) => au !== 'anon' && bits > 0).map(({ iana }) => iana),
    groups: groups.map(({ name }) => name),
    signatureSchemes: signatureScheme.names,
    dh: { minBits: 1024 },
    order: 'server',
    sslv2Hello: false,
    certificate: {
      keys: (['RSA', 'RSA-PSS', 'ECDSA', 'DSA', 'Ed25519', 'Ed448'] as const).map((type) => ({ type })),
      hashes: ['SHA-1', 'SHA-224', 'SHA-256', 'SHA-384', 'SHA-512', 'none'],
    },
    features: { required: [], forbidden: [] },
    ...change,
  }
}

interface Secured extends Negotiated {
  readonly certificate: ReturnType<typeof shownCertificate>
}

/** An identity out of the certificates that tests share. */
export async function identity(leaves: readonly LeafName[], names?: readonly string[]): Promise<Identity> {
  const made = await certificates()
  const pairs = leaves.map((name) => ({ key: readFileSync(made.leaf(name).key, 'utf8'), chain: made.chain(name, 'full') }))
  return { pairs, ...(names === undefined ? {} : { names }) }
}

/** A door on loopback, and what its handshakes ended in, in order. */
export interface Front {
  readonly port: number
  readonly server: PolicyServer
  readonly secured: Secured[]
  readonly failed: HandshakeFailure[]
  /** What the next handshake ends in. */
  readonly next: () => Promise<Secured | HandshakeFailure>
}

export type FrontSettings = Partial<PolicyServerSettings> & Pick<PolicyServerSettings, 'policy' | 'identities'>

/** The name that a hello asks for. All of these hellos come in one piece; what is none asks for nobody. */
function nameIn(bytes: Uint8Array): string | undefined {
  const flight = new FlightReader()
  try {
    flight.push(bytes)
    const item = flight.next()
    if (item?.kind !== 'handshake') return undefined
    const names = findExtension(decodeClientHello(item.body).extensions, EXTENSION_TYPE.server_name)
    return names === undefined ? undefined : decodeServerNameList(names)[0]?.name
  } catch (error) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}

/** Opens a policy server behind a listener that hands every connection on; hellos in the format of SSL 2.0 are refused as the gate refuses them. */
export async function startFront(settings: FrontSettings, t: TestContext): Promise<Front> {
  const front = await openFront(settings)
  t.after(front.stop)
  return front
}

export async function openFront(settings: FrontSettings): Promise<Front & { readonly stop: () => Promise<void> }> {
  const server = await openPolicyServer({ revision: '1', handshakeTimeout: 5000, ...settings })
  const secured: Secured[] = []
  const failed: HandshakeFailure[] = []
  const waiting: ((outcome: Secured | HandshakeFailure) => void)[] = []
  const listener = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('readable', () => {
      const bytes: Buffer | null = socket.read()
      if (bytes === null) return void socket.destroy()
      // RFC 5246 §E.2: the length of such a hello has its highest bit set. The answer is the alert protocol_version.
      if (bytes[0]! >= 0x80 && !server.context.sslv2Hello) return void socket.end(Buffer.from([21, 3, 1, 0, 2, 2, 70]))
      socket.unshift(bytes)
      server.take(socket, nameIn(bytes), {
        secured: (tls: TLSSocket) => {
          tls.on('error', () => undefined)
          const what = { ...negotiated(tls), certificate: shownCertificate(tls) }
          secured.push(what)
          waiting.shift()?.(what)
          tls.write('hello\r\n')
          tls.on('data', () => tls.end())
        },
        failed: (failure) => {
          failed.push(failure)
          waiting.shift()?.(failure)
        },
      })
    })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const open = new Set<{ destroy: () => unknown }>()
  listener.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  return {
    port: (listener.address() as AddressInfo).port,
    server,
    secured,
    failed,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    stop: async () => {
      for (const socket of open) socket.destroy()
      listener.close()
      await once(listener, 'close')
    },
  }
}

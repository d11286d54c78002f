/**
 * How many handshakes negotiate() foretells in a second: `npm run bench:negotiate`. Clients and servers of every stack, each with each;
 * once with ends that it has met before, as when a catalogue of clients meets one server, and once with ends that are always new.
 */
import { cpus } from 'node:os'
import { performance } from 'node:perf_hooks'
import { negotiate, STACKS, type HandshakeClient, type HandshakeServer, type StackName } from '../src/policy/negotiate/index.ts'
import { cipherSuites, type ProtocolName } from '../src/registry/index.ts'

const ROUNDS = 400

const suites = cipherSuites
  .filter(({ kx, enc }) => ['RSA', 'DHE', 'ECDHE', 'any'].includes(kx) && /AES|CHACHA/.test(enc))
  .map(({ iana }) => iana)
const versionSets: readonly (readonly ProtocolName[])[] = [
  ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
  ['TLSv1.2', 'TLSv1.3'],
  ['TLSv1', 'TLSv1.1', 'TLSv1.2'],
  ['TLSv1'],
]
const names = Object.keys(STACKS) as StackName[]

const clients: readonly HandshakeClient[] = names.flatMap((stack) =>
  versionSets.map((versions) => ({ stack, versions, suites: suites.slice(0, 40), securityLevel: 0 })),
)
const servers: readonly HandshakeServer[] = names.flatMap((stack) =>
  versionSets.map((versions, index) => ({
    stack,
    versions,
    suites: suites.toReversed(),
    securityLevel: 0,
    order: index % 2 === 0 ? 'server' : 'client',
    dh: 2048,
    certificates: [
      { keyType: 'RSA', keyBits: 2048 },
      { keyType: 'ECDSA', keyBits: 256, curve: 'secp256r1' },
    ],
  })),
)

function measure(what: string, rounds: number, prepare: <T extends object>(end: T) => T): void {
  let agreed = 0
  const start = performance.now()
  for (let round = 0; round < rounds; round++)
    for (const client of clients) for (const server of servers) if (negotiate(prepare(client), prepare(server)).agreed) agreed++
  const seconds = (performance.now() - start) / 1000
  const all = rounds * clients.length * servers.length
  console.log(
    `${what.padEnd(24)}${Math.round(all / seconds)
      .toLocaleString('en')
      .padStart(12)} a second, ${((agreed / all) * 100).toFixed(0)} % agree`,
  )
}

console.log(
  `Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown processor'}; ${clients.length} clients, ${servers.length} servers`,
)
measure('warming up', 20, (end) => end)
measure('ends met before', ROUNDS, (end) => end)
measure('ends always new', 40, (end) => ({ ...end }))

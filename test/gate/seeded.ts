import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { stringify } from 'yaml'
import { readGate, type GateRead, type GateValues } from '../../src/cli/gate-settings.ts'
import { Gate } from '../../src/gate/index.ts'
import { suiteName } from '../../src/registry/index.ts'
import { certificates } from '../peers/index.ts'
import { answerTo, clientHello, sslv2FormatHello } from '../peers/hellos.ts'

/** Settings of another program, and the words of the configuration beside them without certificates. */
export interface Seed {
  readonly name: 'mailserver.cfg' | 'server.xml'
  readonly text: string
  readonly beside: Readonly<Record<string, unknown>>
  readonly values?: Partial<GateValues>
}

/** Reads them as `postern gate` does. Their folder goes with the test. */
export async function readSeed({ name, text, beside, values = {} }: Seed, t: TestContext): Promise<GateRead & { readonly file: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-seed-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const { leaf } = await certificates()
  const identities = { test: [{ certificate: leaf('rsa').chain, key: leaf('rsa').key }] }
  writeFileSync(join(folder, name), text)
  writeFileSync(join(folder, 'postern.yaml'), stringify({ identities, ...beside }))
  const terminal = { out: () => {}, err: () => {}, interactive: false, colour: false, columns: 80, cwd: folder, env: {} }
  return { ...(await readGate(name, { name: [], ...values }, terminal, new Date())), file: join(folder, name) }
}

/** A gate that runs such settings, and the port of each service. */
export async function openSeed(seed: Seed, t: TestContext): Promise<(service: string) => number> {
  const { config } = await readSeed(seed, t)
  const gate = await Gate.open(config, { log: () => {}, name: 'gate.example', now: () => new Date() })
  t.after(() => gate.close(0))
  return (service) => gate.services.find(({ name }) => name === service)?.place.port ?? 0
}

/** What a door shows of TLS: everything that a variable of these settings may change. */
export interface View {
  /** Those of TLS 1.0 to 1.3 that OpenSSL's client gets. */
  readonly versions: string
  /** Which of `SAMPLE` are served up to TLS 1.2, in the order in which the server takes them. */
  readonly suites: readonly string[]
  /** Who chooses; `-` where there is nothing to choose. */
  readonly order: 'server' | 'client' | '-'
  /** What OpenSSL's client is served with when it offers nothing else up to TLS 1.2. */
  readonly dhe: string
  readonly ecdhe: string
  /** Empty records before those of CBC suites in TLS 1.0; `-` where it is not spoken. */
  readonly emptyFragments: boolean | '-'
  /** A hello in the format of SSL 2.0 is answered with a ServerHello. */
  readonly sslv2Hello: boolean
}

/** Of each kind of key exchange and cipher, some that no OpenSSL of today has among them. The last ones nobody should get. */
const SAMPLE = [
  0xc030, 0xc02f, 0xc028, 0xc014, 0xc013, 0x009f, 0x0039, 0x0033, 0x009d, 0x0035, 0x002f, 0x0041, 0x000a, 0x0005, 0x0034, 0x0002,
]

export async function viewOf(port: number): Promise<View> {
  const suites = await servedSuites(port, SAMPLE)
  const [versions, dhe, ecdhe, emptyFragments, v2, reversed] = await Promise.all([
    spokenVersions(port),
    temporaryKey(port, 'kDHE'),
    temporaryKey(port, 'kECDHE'),
    splitsRecords(port),
    answerTo(sslv2FormatHello(0x0303, SAMPLE), port),
    answerTo(hello(SAMPLE.toReversed()), port),
  ])
  const [first] = suites
  return {
    versions,
    suites: suites.map(suiteName),
    order: first === undefined || suites.length < 2 ? '-' : suiteIn(reversed) === first ? 'server' : 'client',
    dhe,
    ecdhe,
    emptyFragments,
    sslv2Hello: v2.startsWith('03'),
  }
}

/** The part of a view that takes few connections. */
export async function briefViewOf(port: number): Promise<Pick<View, 'versions' | 'dhe'>> {
  const [versions, dhe] = await Promise.all([spokenVersions(port), temporaryKey(port, 'kDHE')])
  return { versions, dhe }
}

/** Everything that a client up to TLS 1.2 needs to name. */
function hello(suites: readonly number[]): Buffer {
  return clientHello(0x0303, suites, [
    [10, Buffer.from([0, 6, 0, 29, 0, 23, 0, 24])],
    [11, Buffer.from([1, 0])],
    [13, Buffer.from([0, 8, 8, 4, 4, 1, 5, 1, 2, 1])],
  ])
}

function suiteIn(answer: string): number | undefined {
  const [, suite] = /^03\w\w (\w{4})/.exec(answer) ?? []
  return suite === undefined ? undefined : Number.parseInt(suite, 16)
}

async function servedSuites(port: number, offered: readonly number[]): Promise<readonly number[]> {
  const found: number[] = []
  for (;;) {
    const left = offered.filter((suite) => !found.includes(suite))
    const suite = left.length === 0 ? undefined : suiteIn(await answerTo(hello(left), port))
    if (suite === undefined) return found
    found.push(suite)
  }
}

const VERSIONS = [
  ['-tls1', 'TLSv1'],
  ['-tls1_1', 'TLSv1.1'],
  ['-tls1_2', 'TLSv1.2'],
  ['-tls1_3', 'TLSv1.3'],
] as const

async function spokenVersions(port: number): Promise<string> {
  const heard = await Promise.all(VERSIONS.map(async ([flag, name]) => [name, await sClient(port, flag, '-brief')] as const))
  return heard
    .filter(([name, text]) => /^Protocol version: (\S+)$/m.exec(text)?.[1] === name)
    .map(([name]) => name)
    .join(' ')
}

/** As OpenSSL shows it, such as `DH, 2048 bits`; `off` where there is no handshake. */
async function temporaryKey(port: number, ciphers: string): Promise<string> {
  const text = await sClient(port, '-no_tls1_3', '-brief', '-cipher', `${ciphers}:@SECLEVEL=0`)
  return /^Server Temp Key: (.+)$/m.exec(text)?.[1] ?? 'off'
}

/** A record with nothing in it has 32 octets, or 36 with encrypt-then-MAC (RFC 7366 §3): whatever is said here has 16 octets or more, and needs 48. */
async function splitsRecords(port: number): Promise<boolean | '-'> {
  const words = ['-tls1', '-msg', '-ign_eof', '-cipher', 'AES128-SHA:AES256-SHA:@SECLEVEL=0']
  const text = await clientSays('GET / HTTP/1.0\r\n\r\n', port, words)
  const [, ...heard] = text.split(/^<<< .*RecordHeader.*\n\s+17 03 01 00 (?=[\da-f]{2})/m)
  if (heard.length === 0) return '-'
  return heard.some((record) => /^2[04]\s/.test(record))
}

/** All that `openssl s_client` says with these words. It offers everything that it has unless they tell it not to. */
export function sClient(port: number, ...words: readonly string[]): Promise<string> {
  return clientSays('', port, words)
}

/** The same, and what is said to the server. */
export async function clientSays(input: string, port: number, words: readonly string[]): Promise<string> {
  const ciphers = words.includes('-cipher') ? [] : ['-cipher', 'ALL:@SECLEVEL=0']
  const child = spawn('openssl', ['s_client', '-no-CAfile', '-connect', `127.0.0.1:${port}`, ...ciphers, ...words], {
    env: { ...process.env, OPENSSL_CONF: '/dev/null' },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 15_000,
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  let text = ''
  child.stdout.on('data', (bytes: Buffer) => void (text += bytes.toString('latin1')))
  child.stderr.on('data', (bytes: Buffer) => void (text += bytes.toString('latin1')))
  await once(child, 'close')
  return text
}

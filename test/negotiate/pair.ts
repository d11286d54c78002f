/** One handshake between two programs, and whether it ended as foretold. */
import { helloOf, negotiate, type HandshakeClient, type HandshakeServer, type Outcome } from '../../src/policy/negotiate/index.ts'
import {
  alertDescription,
  isGrease,
  protocolVersion,
  signatureScheme,
  suiteByCode,
  suiteName,
  supportedGroup,
} from '../../src/registry/index.ts'
import {
  decodeKeyShareClientHello,
  decodeSignatureSchemes,
  decodeSupportedGroups,
  EXTENSION_TYPE,
  findExtension,
} from '../../src/wire/index.ts'
import { keys } from './certificates.ts'
import { SettingsRefused, type Report } from './ends.ts'
import { Chance } from './random.ts'
import { relay, type Seen } from './relay.ts'
import type { DrawnServer, Tool } from './tool.ts'

export interface Trial {
  readonly seed: number
  readonly clientTool: string
  readonly serverTool: string
  readonly client: HandshakeClient
  readonly server: HandshakeServer
  readonly foretold: Outcome
  readonly seen: Seen
  readonly clientReport: Report
  readonly serverReport: Report
  /** In words; none where all is as foretold. */
  readonly differences: readonly string[]
}

/** A difference that a second try does not show again is of chance: shared secrets with leading zeros, a port that was taken. */
export async function steadyTrial(
  seed: number,
  tools: readonly Tool[],
): Promise<{ readonly trial: Trial | undefined; readonly unsteady?: Trial }> {
  const first = await trial(seed, tools)
  if (first === undefined || first.differences.length === 0) return { trial: first }
  const second = await trial(seed, tools)
  return second === undefined || second.differences.length > 0 ? { trial: first } : { trial: second, unsteady: first }
}

/** Draws a pair, carries it out and compares. Undefined where a program does not take the settings. */
export async function trial(seed: number, tools: readonly Tool[]): Promise<Trial | undefined> {
  const chance = new Chance(seed)
  const [clientTool, serverTool] = [chance.pick(tools), chance.pick(tools)]
  const key = await keys()
  const server = serverTool.drawServer(chance, key)
  const client = clientTool.drawClient(chance)
  if (server.keys.length === 0) return undefined
  try {
    const serving = await server.serve()
    const between = await relay(serving.port)
    const clientReport = await client.connect(between.port).finally(() => serving.stop())
    const serverReport = await serving.report
    between.close()
    const foretold = negotiate(client.end, server.end)
    const facts = { foretold, seen: between.seen, clientReport, serverReport }
    const differences = [...helloDifferences(client.end, between.seen), ...compareWith(facts, server)]
    return { seed, clientTool: clientTool.name, serverTool: serverTool.name, client: client.end, server: server.end, ...facts, differences }
  } catch (error) {
    if (error instanceof SettingsRefused) return undefined
    throw error
  }
}

type Facts = Pick<Trial, 'foretold' | 'seen' | 'clientReport' | 'serverReport'>

/** What is foretold of a hello has to be right too. */
export function helloDifferences(client: HandshakeClient, { hello }: Seen): string[] {
  const foretold = helloOf(client)
  if (hello === undefined || 'agreed' in foretold)
    return hello !== undefined && 'agreed' in foretold ? [`foretold no hello: ${foretold.why}`] : []
  const find = (type: number): Uint8Array | undefined => findExtension(hello.extensions, type)
  const certificateSchemes = find(EXTENSION_TYPE.signature_algorithms_cert)
  const [groups, schemes, shares] = [
    find(EXTENSION_TYPE.supported_groups),
    find(EXTENSION_TYPE.signature_algorithms),
    find(EXTENSION_TYPE.key_share),
  ]
  const names = (list: readonly { readonly name: string }[] | undefined): string => list?.map(({ name }) => name).join(' ') ?? 'none'
  const rows: readonly (readonly [what: string, expected: string, actual: string])[] = [
    [
      'suites',
      foretold.suites.map(({ iana }) => iana).join(' '),
      hello.cipherSuites
        .filter((code) => suiteByCode(code) !== undefined)
        .map(suiteName)
        .join(' '),
    ],
    [
      'groups',
      names(foretold.groups),
      groups === undefined
        ? 'none'
        : decodeSupportedGroups(groups)
            .filter((code) => !isGrease(code))
            .map((code) => supportedGroup.name(code))
            .join(' '),
    ],
    ['legacy version', foretold.legacyVersion, protocolVersion.name(hello.legacyVersion)],
    ['certificate schemes', foretold.certificateSchemes?.join(' ') ?? 'none', schemeNames(certificateSchemes)],
    ['schemes', foretold.schemes?.join(' ') ?? 'none', schemeNames(schemes)],
    [
      'key shares',
      names(foretold.keyShares),
      shares === undefined
        ? ''
        : decodeKeyShareClientHello(shares)
            .filter(({ group }) => !isGrease(group))
            .map(({ group }) => supportedGroup.name(group))
            .join(' '),
    ],
  ]
  return rows
    .filter(([what, expected, actual]) => expected !== actual && !(what === 'key shares' && expected === 'none'))
    .map(([what, expected, actual]) => `hello ${what}: foretold ${expected}, it was ${actual}`)
}

/** GnuTLS names some twice. */
function schemeNames(data: Uint8Array | undefined): string {
  if (data === undefined) return 'none'
  return [...new Set(decodeSignatureSchemes(data))]
    .filter((code) => !isGrease(code))
    .map((code) => signatureScheme.name(code))
    .join(' ')
}

function compareWith(facts: Facts, server: DrawnServer): string[] {
  const { foretold, clientReport, serverReport, seen } = facts
  const happened = clientReport.ok && serverReport.ok
  if (foretold.agreed !== happened)
    return [
      `foretold ${foretold.agreed ? 'agreement' : `refusal ${foretold.reason}`}, it was ${happened ? 'agreed' : 'refused'}: ${alertsOf(seen)} ${clientReport.error ?? ''} ${serverReport.error ?? ''}`,
    ]
  if (!foretold.agreed) return refusalDifferences(foretold, facts)
  const differences: string[] = []
  const same = (what: string, expected: unknown, actual: unknown): void => {
    if (expected !== actual) differences.push(`${what}: foretold ${String(expected)}, it was ${String(actual)}`)
  }
  same('version', foretold.version, seen.version)
  same('suite', foretold.suite, seen.suite)
  same('group', foretold.group, foretold.group?.startsWith('ffdhe') === true ? (seen.group ?? seen.prime) : seen.group)
  same('retry', foretold.retried, seen.retryGroup !== undefined)
  same('modulus', foretold.dhBits, seen.dhBits)
  if (seen.version === 'TLSv1.2') same('signature', foretold.signatureScheme, seen.signatureScheme)
  const fingerprint = seen.fingerprint ?? clientReport.fingerprint
  const served = server.keys.find((one) => one.fingerprint === fingerprint)?.facts
  if (fingerprint !== null) same('certificate', JSON.stringify(foretold.certificate), JSON.stringify(served))
  if (clientReport.alpn !== undefined) same('ALPN', foretold.alpn ?? null, clientReport.alpn)
  return differences
}

export function alertsOf(seen: Seen): string {
  return seen.alerts.map(({ by, alert, fatal }) => `${by} ${fatal ? '' : '(warning) '}${alert}`).join(', ') || 'no alert'
}

function refusalDifferences(foretold: Outcome & { agreed: false }, { seen, clientReport, serverReport }: Facts): string[] {
  // OpenSSL 3 answers a close with an alert of its own.
  const fatal = seen.alerts.find((one) => one.fatal && !(foretold.alert === 'close' && one.by !== foretold.by))
  if (fatal === undefined) {
    if (foretold.alert === 'close') return []
    // In TLS 1.3 alerts behind the ServerHello are encrypted, and known only from whom they reach, if that one tells.
    const told = (foretold.by === 'client' ? serverReport.error : clientReport.error) ?? ''
    const own = (foretold.by === 'client' ? clientReport.error : serverReport.error) ?? ''
    const tells =
      seen.version === 'TLSv1.3' &&
      !/received fatal alert|fatal alert has been received|alert number/i.test(own) &&
      (!/alert/i.test(told) || saysAlert(told, foretold.alert))
    return tells ? [] : [`foretold ${foretold.by} ${foretold.alert}, no alert was seen: ${clientReport.error} / ${serverReport.error}`]
  }
  const [was, expected] = [`${fatal.by} ${fatal.alert}`, `${foretold.by} ${foretold.alert}`]
  return was === expected ? [] : [`foretold ${expected} (${foretold.reason}), it was ${was}: ${clientReport.error} / ${serverReport.error}`]
}

/** By name or by number. */
function saysAlert(told: string, alert: string): boolean {
  const number = alertDescription.find(alert)
  return (
    told.toLowerCase().replaceAll('_', ' ').includes(alert.replaceAll('_', ' ')) ||
    told.includes(`[${number}]`) ||
    told.includes(`number ${number}`)
  )
}

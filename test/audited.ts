import { measure, type Measurement, type MeasureOptions } from '../src/audit/index.ts'
import { dialectByName, tls } from '../src/dialects/index.ts'
import type { Posture } from '../src/policy/index.ts'
import { groupByCode, PROTOCOLS, suiteName, sslv2CipherKind, type ProtocolName } from '../src/registry/index.ts'
import { holds, type Expected, type HostileServer, type Row, type Truth } from './hostile/index.ts'

/** How tests audit a server on loopback: quickly, with the usual eight lanes. */
const QUICK: MeasureOptions = { parallel: 8, timeout: 20_000, pause: 50, patience: 600, now: new Date() }

/** Audits a hostile server through its door. */
export function auditHostile(server: HostileServer, door: Row['door'], options: Partial<MeasureOptions> = {}): Promise<Measurement> {
  const dialect = dialectByName(door) ?? tls
  const beginning = door === 'tls' ? 'implicit' : 'starttls'
  return measure({ address: server.host, port: server.port, dialect, beginning, serverName: 'hostile.example' }, { ...QUICK, ...options })
}

/** Where an audit differs from the truth, in words; empty when it does not. */
export function disagreements(truth: Truth, { posture, problem }: Measurement): readonly string[] {
  const found = [
    ...protocolsDiffer(truth, posture),
    ...factsDiffer(truth, posture),
    ...groupsDiffer(truth, posture),
    ...groupOrderDiffers(truth, posture),
    ...dhDiffers(truth, posture),
  ]
  if (truth.reach === 'none') found.push(...passes(posture))
  if (truth.reach === 'whole' && problem !== undefined) found.push(`it did not finish: ${problem.message}`)
  if (truth.problem !== undefined) found.push(...differs('the problem', truth.problem, problem?.code))
  return found
}

function protocolsDiffer(truth: Truth, { protocols }: Posture): string[] {
  return PROTOCOLS.flatMap((name) => {
    const { offered, suites, order, complete, refusal } = protocols[name]
    const expected = truth.protocols?.[name]
    const wrong = differs(`${name} offered (${refusal})`, expected, offered)
    if (truth.reach === 'whole' && offered === true && !complete) wrong.push(`${name} is not complete`)
    const codes = truth.suites?.[name]
    if (codes === undefined || offered === 'unknown') return wrong
    wrong.push(
      ...listsDiffer(
        `${name} suites`,
        codes.map((code) => nameOf(name, code)),
        suites,
        truth.order === 'server' && name !== 'TLSv1.3' && name !== 'SSLv2',
      ),
    )
    if (truth.order !== undefined && codes.length > 1 && name !== 'TLSv1.3' && name !== 'SSLv2')
      wrong.push(...differs(`${name} order`, truth.order, order))
    return wrong
  })
}

function nameOf(protocol: ProtocolName, code: number): string {
  return protocol === 'SSLv2' ? sslv2CipherKind.name(code) : suiteName(code)
}

function listsDiffer(what: string, expected: readonly string[], found: readonly string[], inOrder: boolean): string[] {
  const [one, other] = inOrder ? [expected, found] : [expected.toSorted(), found.toSorted()]
  return one.join() === other.join() ? [] : [`${what}: expected ${expected.join(' ')}; found ${found.join(' ')}`]
}

function groupsDiffer({ groups }: Truth, posture: Posture): string[] {
  if (groups === undefined) return []
  return listsDiffer(
    'groups',
    groups.map((code) => groupByCode(code)?.name ?? String(code)),
    posture.groups,
    false,
  )
}

/** Among one group nobody can tell who chose it. */
function groupOrderDiffers({ groupOrder }: Truth, { protocols }: Posture): string[] {
  return PROTOCOLS.flatMap((name) => {
    const { groups, groupOrder: found } = protocols[name]
    if (groupOrder === undefined || found === undefined) return []
    return differs(`${name} group order`, groups.length < 2 ? 'unknown' : name === 'TLSv1.3' ? 'server' : groupOrder, found)
  })
}

function dhDiffers({ dh }: Truth, posture: Posture): string[] {
  if (dh === undefined) return []
  const found = posture.dh
  if (found === null) return ['no DH was found']
  return [
    ...differs('DH bits', dh.bits, found.bits),
    ...differs('DH prime', dh.prime, found.prime === 'custom' ? 'custom' : 'known'),
    ...differs('DH reused', dh.reused, found.reused),
  ]
}

function factsDiffer(truth: Truth, posture: Posture): string[] {
  const chacha = posture.protocols['TLSv1.2'].prefersClientChaCha
  return [
    ...differs('sslv2Hello', truth.sslv2Hello, posture.sslv2Hello),
    ...differs('prefersClientChaCha', truth.prefersClientChaCha, chacha),
    ...recordsDiffer('flaws', truth.flaws, posture.flaws),
    ...recordsDiffer('features', truth.features, posture.features),
    ...recordsDiffer('tolerance', truth.tolerance, posture.tolerance),
    ...recordsDiffer('clear', truth.clear, posture.clear ?? {}),
  ]
}

function recordsDiffer(what: string, expected: object | undefined, found: object): string[] {
  const values: Readonly<Record<string, unknown>> = { ...found }
  return Object.entries(expected ?? {}).flatMap(([key, value]) => differs(`${what}.${key}`, value, values[key]))
}

function differs<T>(what: string, expected: Expected<T> | undefined, found: T): string[] {
  if (expected === undefined || holds(expected, found)) return []
  return [`${what}: expected ${JSON.stringify(expected)}; found ${JSON.stringify(found)}`]
}

/** Facts of TLS that claim to be known. */
function passes(posture: Posture): string[] {
  const facts: readonly (readonly [string, unknown])[] = [
    ...PROTOCOLS.map((name) => [name, posture.protocols[name].offered] as const),
    ['sslv2Hello', posture.sslv2Hello],
    ...Object.entries(posture.features),
    ...Object.entries(posture.tolerance),
    ...Object.entries(posture.flaws),
  ]
  return facts
    .filter(([, value]) => value !== 'unknown')
    .map(([name, value]) => `${name} is ${JSON.stringify(value)}, which nobody can know`)
}

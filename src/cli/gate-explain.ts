import { hostname } from 'node:os'
import { PosternError } from '../errors.ts'
import { explainOutlet, usualOutlet, type ExplainedHop, type Explanation, type OutletConfig } from '../gate/index.ts'
import { readGate } from './gate-settings.ts'
import { harmless } from './settings-text.ts'
import type { Terminal } from './terminal.ts'

export interface ExplainValues {
  readonly config?: string
  readonly service?: string
  readonly json?: boolean
}

/** Milliseconds. */
const PATIENCE = { connect: 10_000, talk: 60_000 }
const WOULD_NOT_GO = 1

/** Prints what would become of a message to a domain. Gives 1 where it would not go now. Rejects with what is wrong with the configuration. */
export async function explainDestination(domain: string, values: ExplainValues, terminal: Terminal): Promise<number> {
  const { outlet, lmtp } = await outletOf(values, terminal)
  const tell = (line: string): void => terminal.err(`${harmless(line)}\n`)
  const options = { clientName: hostname(), lmtp, now: () => new Date(), tell, patience: PATIENCE }
  const explanation = await explainOutlet(outlet, domain.toLowerCase().replace(/\.$/, ''), options)
  terminal.out(values.json === true ? `${JSON.stringify(jsonOf(explanation), null, 2)}\n` : printed(explanation))
  return explanation.through === undefined ? WOULD_NOT_GO : 0
}

async function outletOf({ config: file, service }: ExplainValues, terminal: Terminal): Promise<{ outlet: OutletConfig; lmtp: boolean }> {
  if (file === undefined) return { outlet: usualOutlet(new Date()), lmtp: false }
  const { config } = await readGate(file, { name: [] }, terminal, new Date())
  const all = config.services.filter(({ outlet }) => outlet !== undefined)
  const found = service === undefined ? all[0] : all.find(({ name }) => name === service)
  if (found?.outlet !== undefined && (service !== undefined || all.length === 1))
    return { outlet: found.outlet, lmtp: found.dialect === 'lmtp' }
  const names = all.map(({ name }) => name).join(', ')
  throw new PosternError(
    'input',
    'GATE_OUTLET',
    `Cannot explain an outlet of ${file}: ${all.length === 0 ? 'it has none' : service === undefined ? 'it has several' : `${service} is none`}`,
    { remedy: all.length === 0 ? 'Add a service with outlet: {} in place of a backend.' : `Name one with --service: ${names}.` },
  )
}

function printed(explanation: Explanation): string {
  const { domain, warning, hops } = explanation
  const lines = [
    domain,
    ...routeLines(explanation),
    ...(warning === undefined ? [] : [`  ${warning}`]),
    ...hops.flatMap(hopLines),
    verdict(explanation),
  ]
  return `${lines.map(harmless).join('\n')}\n`
}

function routeLines({ route, sts }: Explanation): readonly string[] {
  const lines: string[] = []
  if (route?.kind === 'hosts') {
    const hosts = route.hosts.map(({ host, preference }) => (route.implicit ? host : `${host} (${preference})`)).join(', ')
    lines.push(
      `  ${route.implicit ? 'no MX, so that it is its own mail host' : `MX ${hosts}`}, ${route.secure ? 'signed (DNSSEC)' : 'not signed'}`,
    )
  }
  if (sts?.kind === 'policy')
    lines.push(`  MTA-STS ${sts.policy.mode}: ${sts.policy.mx.join(', ')}, until ${new Date(sts.until).toISOString()}`)
  else if (sts?.kind === 'unknown') lines.push(`  MTA-STS cannot be had: ${sts.problem.words}`)
  else if (sts !== undefined) lines.push('  no MTA-STS')
  return lines
}

function hopLines(hop: ExplainedHop): readonly string[] {
  if (!('host' in hop)) return [`  not tried: ${hop.failed}`]
  const { host, address, port, demand, tls, policy, abilities, failed } = hop
  const lines = [`${host} [${address}] port ${port}`, `  asked by ${demand}`]
  if (failed !== undefined) return [...lines, `  not used: ${failed}`]
  if (tls === undefined) lines.push('  in the clear')
  else {
    lines.push(`  ${[tls.version, tls.suite, ...(tls.group === undefined ? [] : [tls.group])].join(' ')}`)
    lines.push(`  certificate: ${CHECKED[tls.checked]}`)
    lines.push(`  policy ${policy}: ${tls.tooWeak === undefined ? 'met' : `not met, ${tls.tooWeak}`}`)
  }
  return abilities === undefined || abilities.length === 0 ? lines : [...lines, `  announces ${abilities.join(', ')}`]
}

const CHECKED = {
  none: 'not checked, anybody may be at the other end',
  authority: 'right, by an authority and its name',
  dane: 'right, by DANE',
} as const

function verdict({ through, hops, said = '' }: Explanation): string {
  const hop = through === undefined ? undefined : hops[through]
  if (hop === undefined || !('host' in hop)) return `A message would not go now. Whoever sends it hears: ${said}`
  return `A message would go to ${hop.host} [${hop.address}], ${hop.tls === undefined ? 'in the clear' : `in ${hop.tls.version}`}.`
}

/** As schemas/gate-explain.schema.json has it. */
function jsonOf({ route, sts, ...others }: Explanation): unknown {
  return { ...others, ...(route === undefined ? {} : { route: routeJson(route) }), ...(sts === undefined ? {} : { sts: stsJson(sts) }) }
}

function routeJson(route: NonNullable<Explanation['route']>): unknown {
  if (route.kind === 'hosts') return { kind: route.kind, hosts: route.hosts, signed: route.secure, implicit: route.implicit }
  return route.kind === 'null-mx' ? { kind: route.kind } : { kind: route.kind, words: route.words }
}

function stsJson(sts: NonNullable<Explanation['sts']>): unknown {
  if (sts.kind === 'none') return { kind: sts.kind }
  if (sts.kind === 'unknown') return { kind: sts.kind, problem: sts.problem.words }
  const { policy, until, problem } = sts
  const words = problem === undefined ? {} : { problem: problem.words }
  return { kind: sts.kind, mode: policy.mode, mx: policy.mx, until: new Date(until).toISOString(), ...words }
}

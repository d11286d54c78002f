import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { AuditDoor, Proof } from '../audit/index.ts'
import { PosternError } from '../errors.ts'
import type { Policy } from '../policy/index.ts'
import type { AddCommand } from './commands.ts'
import { explain, GROUP } from './help.ts'
import { addNetworkOptions, networkOf, type NetworkValues } from './network.ts'
import { progress } from './progress.ts'
import type { Terminal } from './terminal.ts'

interface ProveValues extends NetworkValues {
  readonly policy: string
  readonly strict?: true
  readonly json?: true
  readonly verbose?: true
}

/** 0 it keeps to the policy, 1 it does not, 3 nobody can say. */
const STATUS: Readonly<Record<Proof['keeps'], number>> = { yes: 0, no: 1, unknown: 3 }

const DOOR_PATIENCE_MS = 3000
const DOORS_AT_ONCE = 64

/** `postern prove`: does this door keep to that policy? About ten connections, however many suites there are. */
export const addProve: AddCommand = (program, terminal, exit) => {
  const command = program
    .command('prove')
    .summary('prove on the wire that a door keeps to a policy')
    .description(
      'Answers one question: does this door keep to that policy? What is forbidden is offered alone and must\nbe refused, what is allowed is offered and must be accepted. What could not be asked is never a pass.',
    )
    .argument('<target...>', 'host:port, URL such as smtp://mail.example.com, or a domain')
    .requiredOption('--policy <name|file>', 'a rulebook by name, or a policy file (YAML)')
    .option('--strict', 'of a rulebook, allow only what it calls good')
    .option('-v, --verbose', 'show what was kept too')
    .option('--json', 'print the proofs as JSON')
    .action(async (targets: string[], values: ProveValues) => {
      exit(await run(targets, values, terminal))
    })
  addNetworkOptions(command)
  explain(command, GROUP.look, [
    { line: 'postern prove smtp://mail.example.com --policy ncsc-nl', does: 'a rulebook' },
    { line: 'postern prove mail.example.com:993 --policy tls.yaml', does: 'a policy of your own' },
    { line: 'postern prove example.com --policy rfc-9325 --json', does: 'every door, for a job' },
  ])
}

async function run(texts: readonly string[], values: ProveValues, terminal: Terminal): Promise<number> {
  const { answering, doorOf, parseTarget, prove, resolveTarget } = await import('../audit/index.ts')
  const now = new Date()
  const policy = await policyNamed(values, terminal, now)
  const network = await networkOf(values, terminal)
  const targets = texts.flatMap((text) => parseTarget(text))
  const resolutions = await Promise.all(targets.map((target) => resolveTarget(target, network.resolveOptions)))
  const [problem] = resolutions.flatMap((resolution) => resolution.problems)
  if (problem !== undefined) throw problem.error
  const endpoints = await answering(
    resolutions.flatMap((resolution) => resolution.endpoints),
    { timeout: DOOR_PATIENCE_MS, parallel: DOORS_AT_ONCE },
  )
  const doors: AuditDoor[] = await Promise.all(endpoints.map((endpoint) => doorOf(endpoint, network.sni)))
  const bar = progress(terminal)
  const proofs: Proof[] = []
  for (const door of doors) {
    bar.update({ done: proofs.length, total: doors.length, text: door.url })
    proofs.push(await prove(door, policy, { ...network, now }))
  }
  bar.end()
  terminal.out(
    values.json
      ? `${JSON.stringify({ version: 1, proofs }, undefined, 2)}\n`
      : proofs.map((proof) => words(proof, values.verbose ?? false)).join('\n'),
  )
  if (proofs.length === 0)
    throw new PosternError('world', 'NO_DOOR', 'Cannot prove anything: no door answers', {
      remedy: 'Name a door, such as smtp://mail.example.com.',
    })
  return proofs.some((proof) => proof.keeps === 'no') ? STATUS.no : Math.max(...proofs.map((proof) => STATUS[proof.keeps]))
}

async function policyNamed(values: ProveValues, terminal: Terminal, now: Date): Promise<Policy> {
  const { parsePolicy, policyOf, rulebookByName, RULEBOOKS } = await import('../policy/index.ts')
  const rulebook = rulebookByName(values.policy)
  if (rulebook !== undefined) return policyOf(rulebook, { now, strict: values.strict ?? false })
  let text: string
  try {
    text = readFileSync(resolve(terminal.cwd, values.policy), 'utf8')
  } catch (cause) {
    throw new PosternError(
      'input',
      'POLICY_UNKNOWN',
      `Cannot find the policy ${JSON.stringify(values.policy)}: it is neither a rulebook nor a readable file`,
      {
        remedy: `Name a file, or one of ${RULEBOOKS.map((one) => one.name).join(', ')}.`,
        cause,
      },
    )
  }
  return parsePolicy(text, values.policy, now)
}

const HEADLINE: Readonly<Record<Proof['keeps'], string>> = { yes: 'keeps to', no: 'does NOT keep to', unknown: 'may or may not keep to' }
const SIGN = { kept: 'ok     ', broken: 'BROKEN ', unknown: 'unknown' } as const

function words({ target, address, policy, keeps, checks, problem, cost }: Proof, verbose: boolean): string {
  const lines = [`${target} (${address ?? 'no address'}) ${HEADLINE[keeps]} ${policy.title}, ${policy.edition}.`]
  const shown = checks.filter((check) => verbose || check.verdict !== 'kept')
  for (const check of shown) lines.push(`  ${SIGN[check.verdict]}  ${check.demand}`, `           ${check.fact}`)
  if (problem !== null) lines.push(`  problem: ${problem.message}`, ...(problem.remedy === undefined ? [] : [`  hint: ${problem.remedy}`]))
  const kept = checks.filter((check) => check.verdict === 'kept').length
  lines.push(`  ${kept} of ${checks.length} demands kept; ${cost.connections} connections in ${(cost.milliseconds / 1000).toFixed(1)} s.`)
  return `${lines.join('\n')}\n`
}

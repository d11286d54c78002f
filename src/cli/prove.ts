import type { Proof, ProofReport, ProveOptions, Target } from '../audit/index.ts'
import type { Policy } from '../policy/index.ts'
import type { AddCommand } from './commands.ts'
import { checkWritable, writeText } from './files.ts'
import { findDoors } from './find-doors.ts'
import { explain, GROUP, section } from './help.ts'
import { addNetworkOptions, networkOf, type Network, type NetworkValues } from './network.ts'
import { policyNamed } from './policy-named.ts'
import { progress, watchDoors } from './progress.ts'
import type { Terminal } from './terminal.ts'
import { version } from './version.ts'

interface ProveValues extends NetworkValues {
  readonly policy: string
  readonly strict?: true
  readonly twice?: true
  readonly json?: true
  readonly verbose?: true
  readonly output?: string
}

/** 0 it keeps to the policy, 1 it does not, 3 nobody can say. */
const STATUS: Readonly<Record<Proof['keeps'], number>> = { yes: 0, no: 1, unknown: 3 }

/** Of a door that keeps to a usual policy: for the progress bar. */
const USUAL_QUESTIONS = 14

/** `postern prove`: does this door keep to that policy? Ten to twenty-five connections, however many suites there are. */
export const addProve: AddCommand = (program, terminal, exit) => {
  const command = program
    .command('prove')
    .summary('prove on the wire that a door keeps to a policy')
    .description(
      'Answers one question: does this door keep to that policy? What is forbidden is offered alone and must be refused, what is allowed is offered and must be accepted. What could not be asked is never a pass.',
    )
    .argument('<target...>', 'host:port, URL such as smtp://mail.example.com, or a domain')
    .requiredOption('--policy <name|file>', 'a rulebook by name, or a policy file (YAML)')
    .option('--strict', 'of a rulebook, allow only what it calls good')
    .option('--twice', 'hear every refusal twice, and believe none that stands between two handshakes')
    .option('-v, --verbose', 'show what was kept too')
    .option('--json', 'print the proofs as JSON (schemas/proof.schema.json)')
    .option('-o, --output <file>', 'write what would be printed to a file')
    .action(async (targets: string[], values: ProveValues) => {
      exit(await run(targets, values, terminal))
    })
  addNetworkOptions(command)
  explain(command, GROUP.look, [
    { line: 'postern prove smtp://mail.example.com --policy ncsc-nl', does: 'a rulebook' },
    { line: 'postern prove mail.example.com:993 --policy tls.yaml', does: 'a policy of your own' },
    { line: 'postern prove example.com --policy rfc-9325 --json', does: 'every door, for a job' },
    { line: 'postern prove 10.0.0.5:465 --sni mail.example.com --policy tls.yaml', does: 'by address' },
  ])
  section(command, 'Exit status:', EXIT_HELP)
}

const EXIT_HELP = `
0   every door keeps to the policy
1   one does not
2   wrong input
3   a server or the network: of one it is not known`.trimStart()

async function run(texts: readonly string[], values: ProveValues, terminal: Terminal): Promise<number> {
  const { parseTarget, printProofJson, printProofs } = await import('../audit/index.ts')
  const started = new Date()
  const targets = texts.flatMap((text) => parseTarget(text))
  const policy = await policyNamed(values.policy, terminal, { now: started, strict: values.strict ?? false })
  if (values.output !== undefined) checkWritable(values.output, terminal)
  const network = await networkOf(values, terminal)
  const proofs = await proveAll(targets, policy, { ...network, now: started, twice: values.twice ?? false }, terminal)
  const report: ProofReport = { version: 1, postern: version(), started: started.toISOString(), proofs }
  const text = values.json
    ? printProofJson(report)
    : printProofs(report, {
        colour: terminal.colour && values.output === undefined,
        columns: terminal.columns,
        verbose: values.verbose ?? false,
        unicode: terminal.unicode ?? true,
      })
  if (values.output === undefined) terminal.out(text)
  else writeText(values.output, [text], terminal)
  return proofs.some((proof) => proof.keeps === 'no') ? STATUS.no : Math.max(...proofs.map((proof) => STATUS[proof.keeps]))
}

async function proveAll(
  targets: readonly Target[],
  policy: Policy,
  options: Network & Pick<ProveOptions, 'now' | 'twice'>,
  terminal: Terminal,
): Promise<readonly Proof[]> {
  const { prove, unproved } = await import('../audit/index.ts')
  const bar = progress(terminal)
  bar.update({ done: 0, total: targets.length, text: 'looking up names' })
  try {
    const found = await findDoors(targets, options)
    const watch = watchDoors(
      bar,
      found.flatMap((one) => ('door' in one ? [one.door] : [])),
    )
    const proofs: Proof[] = []
    for (const one of found) {
      if ('door' in one) {
        const told = (answered: number): void => watch.progress(one.door, answered, USUAL_QUESTIONS)
        const proof = await prove(one.door, policy, { ...options, progress: told })
        watch.finished(proof, one.door)
        proofs.push(proof)
      } else proofs.push(unproved(one.target, policy, one.error))
    }
    return proofs
  } finally {
    bar.end()
  }
}

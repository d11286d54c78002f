import { Option, type Command } from 'commander'
import type { Policies, Policy } from '../policy/index.ts'
import type { AddCommand } from './commands.ts'
import { explain, GROUP, section } from './help.ts'
import { policiesNamed } from './policy-named.ts'
import { few, harmless, plural, styled, wrapped } from './settings-text.ts'
import type { Terminal } from './terminal.ts'

interface ShowValues {
  readonly strict?: true
  readonly role: 'server' | 'client'
  readonly door?: string
  readonly verbose?: true
  readonly json?: true
}

const LABEL = 14
const FEW = 6

/** `postern policy`: rulebooks and policy files. */
export const addPolicy: AddCommand = (program, terminal) => {
  const policy = program
    .command('policy')
    .summary('list, show and check rulebooks and policy files')
    .description('Lists the rulebooks that Postern knows, shows what a rulebook or a policy file allows, and checks policy files.')
    .helpGroup(GROUP.look)
  addList(policy, terminal)
  addShow(policy, terminal)
  addCheck(policy, terminal)
}

function addList(policy: Command, terminal: Terminal): void {
  const command = policy
    .command('list')
    .summary('list the rulebooks')
    .description('Lists the rulebooks that Postern judges by, each with its edition. Every one of them is a policy, too.')
    .option('--json', 'print JSON')
    .action(async (values: { readonly json?: true }) => {
      const { RULEBOOKS } = await import('../policy/index.ts')
      const rows = RULEBOOKS.map(({ name, title, edition, date, source }) => ({ name, title, edition, date, source }))
      if (values.json) return terminal.out(`${JSON.stringify({ version: 1, rulebooks: rows }, undefined, 2)}\n`)
      const width = Math.max(...rows.map(({ name }) => name.length))
      const lines = rows.flatMap(({ name, title, edition, date }) =>
        wrapped(`${title}, edition ${edition} (${date})`, terminal, `${styled('bold', name.padEnd(width), terminal)}  `, width + 2),
      )
      terminal.out(`${lines.join('\n')}\n`)
    })
  explain(command, GROUP.look, [
    { line: 'postern policy list', does: 'names and editions' },
    { line: 'postern policy list --json', does: 'with where they are published' },
  ])
}

function addShow(policy: Command, terminal: Terminal): void {
  const command = policy
    .command('show')
    .summary('show what a rulebook or a policy file allows')
    .description('Shows the TLS that a rulebook or a policy file allows, demands and forbids.')
    .argument('<name|file>', 'a rulebook by name, or a policy file (YAML)')
    .option('--strict', 'of a rulebook, allow only what it calls good')
    .addOption(new Option('--role <role>', 'of a file, what it says of this role').choices(['server', 'client']).default('server'))
    .option('--door <name>', 'of a file, what it says of this door')
    .option('-v, --verbose', 'show every suite, group and signature')
    .option('--json', 'print JSON')
    .action(async (name: string, values: ShowValues) => {
      const { policyAt } = await import('../policy/index.ts')
      const policies = await policiesNamed(name, terminal, { now: new Date(), strict: values.strict ?? false })
      const chosen = values.door === undefined ? policies[values.role] : policyAt(policies, values.door, values.role)
      terminal.out(
        values.json
          ? `${JSON.stringify({ version: 1, policy: chosen }, undefined, 2)}\n`
          : report(chosen, values.verbose ?? false, terminal),
      )
    })
  explain(command, GROUP.look, [
    { line: 'postern policy show mozilla-intermediate', does: 'a rulebook' },
    { line: 'postern policy show tls.yaml --role client --verbose', does: 'a file, in one role' },
  ])
}

function addCheck(policy: Command, terminal: Terminal): void {
  const command = policy
    .command('check')
    .summary('check policy files')
    .description('Checks that policy files can be read and contradict themselves nowhere. What is wrong is shown where it stands.')
    .argument('<file...>', 'policy files (YAML)')
    .action(async (files: string[]) => {
      for (const file of files) {
        const policies = await policiesNamed(file, terminal, { now: new Date(), strict: false })
        terminal.out(`${wrapped(`${file} is a policy: ${summary(policies)}.`, terminal).join('\n')}\n`)
      }
    })
  explain(command, GROUP.look, [{ line: 'postern policy check tls.yaml', does: 'before a job uses it' }])
  section(command, 'Exit status:', '0   every file can be used\n2   one cannot')
}

function summary({ server, client, doors }: Policies): string {
  const same = JSON.stringify(server) === JSON.stringify(client)
  const roles = same ? [words(server)] : [`as server ${words(server)}`, `as client ${words(client)}`]
  return [...roles, ...[...doors].map(([door, one]) => `at ${harmless(door)} ${words(one.server)}`)].join('; ')
}

function words({ protocols, suites }: Policy): string {
  return `${protocols.allowed.join(', ')} with ${plural(suites.length, 'suite')}`
}

function report(policy: Policy, verbose: boolean, terminal: Terminal): string {
  const { protocols, dh, certificate, features } = policy
  const some = (names: readonly string[]): string =>
    names.length === 0 ? 'none' : `${names.length}: ${verbose ? names.join(', ') : few(names, FEW)}`
  const keys = certificate.keys.map(
    ({ type, minBits, curves }) =>
      `${type}${minBits === undefined ? '' : ` of ${minBits} bits`}${curves === undefined ? '' : ` on ${curves.join(', ')}`}`,
  )
  const rows: readonly (readonly [label: string, text: string])[] = [
    ['Protocols', protocols.allowed.join(', ')],
    ['Must offer', protocols.required.length === 0 ? 'none in particular' : protocols.required.join(', ')],
    ['Suites', some(policy.suites)],
    ['Suite chosen', policy.order === 'any' ? 'by either end' : `by the ${policy.order}`],
    ['Groups', some(policy.groups)],
    ['DHE', `${dh.minBits} bits or more${dh.primes === undefined ? '' : `, ${dh.primes.join(', ')} only`}`],
    ['Signatures', some(policy.signatureSchemes)],
    ['SSLv2 hello', policy.sslv2Hello ? 'may be answered' : 'must be refused'],
    [
      'Certificate',
      `${keys.join('; ')}; signed with ${certificate.hashes.join(', ')}${certificate.maxDays === undefined ? '' : `; at most ${certificate.maxDays} days`}${certificate.demands === undefined ? '' : `; with right ${certificate.demands.join(', ')}`}`,
    ],
    ['Demanded', features.required.length === 0 ? 'nothing' : features.required.join(', ')],
    ['Forbidden', features.forbidden.length === 0 ? 'nothing' : features.forbidden.join(', ')],
  ]
  const title = wrapped(`${policy.title}, edition ${policy.edition} (${policy.date})`, terminal)
  const lines = rows.flatMap(([label, text]) => wrapped(text, terminal, `  ${styled('dim', label.padEnd(LABEL), terminal)}`, LABEL + 2))
  return `${[...title, `  ${harmless(policy.source)}`, '', ...lines].join('\n')}\n`
}

import { InvalidArgumentError, Option, type Command } from 'commander'
import type { OpensslGeneration } from '../policy/index.ts'
import type { Product } from '../settings/products/index.ts'
import { USUAL_RULES } from './audit.ts'
import { wholeNumber } from './network.ts'
import { GENERATIONS } from './openssl-generations.ts'

/** The options of every command that reads settings. */
export interface ReadValues {
  readonly product?: string
  readonly productVersion?: string
  readonly openssl?: OpensslGeneration
  readonly name: readonly (readonly [purpose: string, name: string])[]
  /** Ask what is installed: always, never, or where the file lies where installed products have it. */
  readonly detect?: boolean
  readonly follow?: true
  readonly rules: string
  readonly state?: string
}

/** Adds them to a command. */
export function addReadOptions(command: Command, products: readonly Product[]): Command {
  return addVersionOptions(command, products)
    .option('--follow', 'follow a symbolic link')
    .option('--state <dir>', 'where changes are remembered (default /var/lib/postern, or your own state folder)')
}

/** Those that say whose settings they are, and what holds where they are silent. */
export function addVersionOptions(command: Command, products: readonly Product[]): Command {
  return command
    .addOption(new Option('--product <product>', 'whose settings these are').choices(products.map(({ product }) => product)))
    .option('--product-version <version>', 'the version whose defaults hold, such as 9.4.0')
    .addOption(new Option('--openssl <generation>', 'the OpenSSL that the product uses').choices(GENERATIONS))
    .option('--detect', 'ask the installed product for its version, wherever the file lies')
    .option('--no-detect', 'ask nothing, even where the file lies where the installed product has it')
    .option('--name <purpose=name>', 'what a setting is called whose name is not publicly known (may be repeated)', nameOf, [])
}

export function addRules(command: Command): Command {
  return command.option('--rules <list>', 'rulebooks to judge by, separated by commas', USUAL_RULES)
}

function nameOf(text: string, before: ReadValues['name']): ReadValues['name'] {
  const [, purpose, name] = /^([\w-]+)=(\S+)$/.exec(text) ?? []
  if (purpose === undefined || name === undefined) throw new InvalidArgumentError('Write PURPOSE=NAME, such as dhe=ThatVariable.')
  return [...before, [purpose, name]]
}

/** The options of every command that restarts a service. */
export interface ServiceValues {
  readonly stop?: string
  readonly start?: string
  readonly service?: string
  /** False with `--no-check`. */
  readonly check?: string | false
  /** Seconds. */
  readonly patience: number
}

const PATIENCE_SECONDS = 120
const LONGEST_SECONDS = 3600

export function addServiceOptions(command: Command): Command {
  return command
    .option('--service <name>', 'stop and start this service with systemctl')
    .option('--stop <command>', 'stop the service with this command')
    .option('--start <command>', 'start it with this one')
    .option('--check <command>', 'check the new settings with this command instead of the product’s own')
    .option('--no-check', 'do not run the product’s own check')
    .option('--patience <seconds>', 'for each command, and for doors to open', wholeNumber(1, LONGEST_SECONDS), PATIENCE_SECONDS)
}

/** What somebody wants to see proved. */
export interface ProofWishes {
  /** Targets of servers; false: none. Without any, those that the settings name. */
  readonly prove: readonly string[] | false
  /** Targets at which the product is to connect. */
  readonly receive: readonly string[]
  /** Makes it connect. */
  readonly send?: string
}

export function addProofOptions(command: Command): Command {
  const collect = (value: string, before: readonly string[]): string[] => [...before, value]
  return command
    .option(
      '--prove <[door=]target>',
      'prove this door afterwards, such as smtp://localhost (may be repeated); without it every door whose settings say where it listens',
      collect,
      [],
    )
    .option('--no-prove', 'prove no door, and wait for none')
    .option(
      '--receive <[door=]target>',
      'listen there, such as smtp://127.0.0.1:2525, and prove what the product offers when it connects',
      collect,
      [],
    )
    .option('--send <command>', 'make the product connect to what --receive names; it may be run several times')
}

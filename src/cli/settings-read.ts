import { InvalidArgumentError, Option, type Command } from 'commander'
import { resolve } from 'node:path'
import { PosternError } from '../errors.ts'
import { OPENSSL_GENERATIONS, policyAt, type OpensslGeneration, type Policies, type Rulebook } from '../policy/index.ts'
import { neighboursOf, realPath, recognise, type Adapter, type PolicyChoice, type Reading, type ReadOptions } from '../settings/index.ts'
import { rulebooksOf, USUAL_RULES } from './audit.ts'
import type { Terminal } from './terminal.ts'

/** The options of every command that reads settings. */
export interface ReadValues {
  readonly product?: string
  readonly productVersion?: string
  readonly openssl?: OpensslGeneration
  readonly name: readonly (readonly [purpose: string, name: string])[]
  readonly follow?: true
  readonly rules: string
  readonly state?: string
}

/** Settings as they were found and understood. */
export interface Read {
  readonly adapter: Adapter
  readonly reading: Reading
  readonly options: ReadOptions
  /** As it was named, or found. */
  readonly path: string
  /** The file itself, wherever links lead. */
  readonly real: string
}

/** Adds them to a command. */
export function addReadOptions(command: Command, adapters: readonly Adapter[]): Command {
  return command
    .addOption(new Option('--product <product>', 'whose settings these are').choices(adapters.map(({ product }) => product)))
    .option('--product-version <version>', 'the version whose defaults hold, such as 9.4.0')
    .addOption(new Option('--openssl <generation>', 'the OpenSSL that the product uses').choices(OPENSSL_GENERATIONS))
    .option('--name <purpose=name>', 'what a setting is called whose name is not publicly known (may be repeated)', nameOf, [])
    .option('--follow', 'follow a symbolic link')
    .option('--state <dir>', 'where changes are remembered (default /var/lib/postern, or your own state folder)')
}

export function addRules(command: Command): Command {
  return command.option('--rules <list>', 'rulebooks to judge by, separated by commas', USUAL_RULES)
}

function nameOf(text: string, before: ReadValues['name']): ReadValues['name'] {
  const [, purpose, name] = /^([\w-]+)=(\S+)$/.exec(text) ?? []
  if (purpose === undefined || name === undefined) throw new InvalidArgumentError('Write PURPOSE=NAME, such as dhe=ThatVariable.')
  return [...before, [purpose, name]]
}

/** The file that is meant, and who understands it. Touches nothing. */
export function find(
  path: string | undefined,
  values: ReadValues,
  adapters: readonly Adapter[],
  terminal: Terminal,
): { readonly adapter: Adapter; readonly path: string; readonly real: string } {
  const named = path === undefined ? undefined : resolve(terminal.cwd, path)
  const { adapter, file } = recognise(named, { adapters, product: values.product, follow: values.follow ?? false })
  return { adapter, path: file.path, real: realPath(file.path) }
}

/** Reads them. Errors: those of `recognise` and of the product's adapter, `input`. */
export function readFound({ adapter, path, real }: ReturnType<typeof find>, values: ReadValues, at: string = path): Read {
  const { file } = recognise(at, { adapters: [adapter], product: adapter.product, follow: values.follow ?? false })
  const options: ReadOptions = {
    ...neighboursOf(at),
    names: Object.fromEntries(values.name),
    ...(values.productVersion === undefined ? {} : { version: values.productVersion }),
    ...(values.openssl === undefined ? {} : { openssl: values.openssl }),
  }
  return { adapter, reading: adapter.read(file, options), options, path, real }
}

/** The policy of each door. Errors: `POLICY_DOOR`, `input`, where the policy speaks of a door that there is not. */
export function choiceOf(policies: Policies, { reading, path }: Read): PolicyChoice {
  const doors = [...new Set(reading.legs.map(({ door }) => door))]
  const stranger = [...policies.doors.keys()].find((door) => !doors.includes(door))
  if (stranger === undefined) return (door, role) => policyAt(policies, door, role)
  const message = `Cannot use the policy for ${path}: it speaks of a door ${JSON.stringify(stranger)}, which these settings do not have`
  throw new PosternError('input', 'POLICY_DOOR', message, {
    remedy: `Its doors are ${doors.map((door) => JSON.stringify(door)).join(', ')}.`,
  })
}

export function rulebooksNamed(values: { readonly rules: string }): Promise<readonly Rulebook[]> {
  return rulebooksOf(values.rules)
}

import { InvalidArgumentError, Option, type Command } from 'commander'
import { resolve } from 'node:path'
import { PosternError } from '../errors.ts'
import { OPENSSL_GENERATIONS, policyAt, type OpensslGeneration, type Policies, type Rulebook } from '../policy/index.ts'
import {
  askInstalled,
  neighboursOf,
  realPath,
  recognise,
  type Adapter,
  type Installed,
  type PolicyChoice,
  type Reading,
  type ReadOptions,
} from '../settings/index.ts'
import { rulebooksOf, USUAL_RULES } from './audit.ts'
import type { Terminal } from './terminal.ts'

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
    .option('--detect', 'ask the installed product for its version, wherever the file lies')
    .option('--no-detect', 'ask nothing, even where the file lies where the installed product has it')
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
  const said = installedFor(adapter, [path, real], values)
  const version = values.productVersion ?? said?.version
  const openssl = values.openssl ?? said?.openssl
  const options: ReadOptions = {
    ...neighboursOf(at),
    names: Object.fromEntries(values.name),
    ...(version === undefined ? {} : { version }),
    ...(openssl === undefined ? {} : { openssl }),
  }
  const reading = adapter.read(file, options)
  return { adapter, reading: said === undefined ? reading : withInstalled(reading, said, values), options, path, real }
}

/** What is installed is asked only for files that belong to it, and only for what nobody has told. */
function installedFor(adapter: Adapter, paths: readonly string[], { detect, productVersion, openssl }: ReadValues): Installed | undefined {
  const own = adapter.places.find((place) => paths.includes(place))
  const asks = detect ?? own !== undefined
  if (!asks || (productVersion !== undefined && openssl !== undefined)) return undefined
  return askInstalled(adapter, own ?? paths.at(-1) ?? '')
}

/** A version of the file's own stays what it is. */
function withInstalled(reading: Reading, { version, openssl, by }: Installed, values: ReadValues): Reading {
  const asked = version !== undefined && values.productVersion === undefined
  return {
    ...reading,
    version: {
      ...reading.version,
      ...(asked ? { from: 'installed' } : {}),
      ...(openssl === undefined || values.openssl !== undefined ? {} : { openssl }),
      asked: by,
    },
  }
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

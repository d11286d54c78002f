import { resolve } from 'node:path'
import { PosternError } from '../errors.ts'
import { policyAt, type Policies, type Rulebook } from '../policy/index.ts'
import {
  askInstalled,
  neighboursOf,
  realPath,
  recognise,
  withinReason,
  type Adapter,
  type Installed,
  type KnownProduct,
  type PolicyChoice,
  type Reading,
  type ReadOptions,
  type SettingsFile,
} from '../settings/index.ts'
import { rulebooksOf } from './audit.ts'
import type { ReadValues } from './settings-options.ts'
import type { Terminal } from './terminal.ts'

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

/** A settings file as it was found, and who understands it. */
export interface Found {
  readonly adapter: Adapter
  readonly file: SettingsFile
  readonly path: string
  readonly real: string
}

/** The file that is meant, and who understands it. Touches nothing. */
export async function find(
  path: string | undefined,
  values: ReadValues,
  products: readonly KnownProduct[],
  terminal: Terminal,
): Promise<Found> {
  const named = path === undefined ? undefined : resolve(terminal.cwd, path)
  const { adapter, file } = recognise(named, { adapters: products, product: values.product, follow: values.follow ?? false })
  return { adapter: await adapter.adapter(), file, path: file.path, real: realPath(file.path) }
}

/**
 * Understands them as they were found, or reads them again at a path, for whoever knows that they may have changed. Errors: those of
 * `recognise` and of the product's adapter, `input`.
 */
export function readFound({ adapter, file: found, path, real }: Found, values: ReadValues, again?: string): Read {
  const at = again ?? path
  const one = { adapters: [adapter], product: adapter.product, follow: values.follow ?? false }
  const file = again === undefined ? found : recognise(again, one).file
  const said = installedFor(adapter, [path, real], values)
  const version = values.productVersion ?? said?.version
  const openssl = values.openssl ?? said?.openssl
  const options: ReadOptions = {
    ...neighboursOf(at),
    names: Object.fromEntries(values.name),
    ...(version === undefined ? {} : { version }),
    ...(openssl === undefined ? {} : { openssl }),
  }
  const reading = withinReason(at, () => adapter.read(file, options))
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

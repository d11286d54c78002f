import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { PosternError } from '../errors.ts'
import type { Adapter, Product } from './adapter.ts'
import { look, readSettings } from './read-settings.ts'
import type { SettingsFile } from './settings-file.ts'

/** A settings file and who understands it: an adapter, or a product whose adapter is still to be loaded. */
export interface Recognised<Known extends Product = Adapter> {
  readonly adapter: Known
  readonly file: SettingsFile
}

export interface RecogniseOptions<Known extends Product = Adapter> {
  readonly adapters: readonly Known[]
  /** The product, where somebody says which it is. */
  readonly product?: string | undefined
  /** Follow a symbolic link. */
  readonly follow?: boolean
}

/**
 * The settings at a path, by what stands in the file and how it is called: a file, or a folder in which the known names are looked
 * for. Without a path, the usual places of installed products. Errors, all `input`: those of `readSettings`, `SETTINGS_PRODUCT` for a
 * file that is none or another's, `SETTINGS_NOT_FOUND`, `SETTINGS_SEVERAL`. Nothing is touched.
 */
export function recognise<Known extends Product>(path: string | undefined, options: RecogniseOptions<Known>): Recognised<Known> {
  const adapters = chosen(options)
  if (path === undefined) return only(atUsualPlaces(adapters, options), USUAL, adapters)
  if (look(path).isDirectory()) return only(inFolder(path, adapters, options), `the folder ${path}`, adapters)
  const file = readSettings(path, options)
  const adapter = best(file, adapters)
  if (adapter !== undefined) return { adapter, file }
  throw wrongProduct(file, options)
}

/** Where installed products keep their settings, for whoever wants to see them all. None is read. Errors: `SETTINGS_NOT_FOUND`. */
export function installed<Known extends Product>(options: RecogniseOptions<Known>): readonly [string, ...string[]] {
  const adapters = chosen(options)
  const [first, ...others] = adapters.flatMap((adapter) => usualPlace(adapter) ?? [])
  if (first === undefined) throw notFound(USUAL, adapters)
  return [first, ...new Set(others.filter((one) => one !== first))]
}

const USUAL = 'the usual places'

function chosen<Known extends Product>({ adapters, product }: RecogniseOptions<Known>): readonly Known[] {
  if (product === undefined) return adapters
  const some = adapters.filter((adapter) => adapter.product === product)
  if (some.length > 0) return some
  throw new PosternError('input', 'SETTINGS_PRODUCT', `Cannot read settings of ${JSON.stringify(product)}: there is no such product`, {
    remedy: `Choose from ${names(adapters)}.`,
  })
}

/** Whoever is surest; undefined where nobody is sure, or two are equally so. */
function best<Known extends Product>(file: SettingsFile, adapters: readonly Known[]): Known | undefined {
  let [found, most, shared]: [Known | undefined, number, boolean] = [undefined, 0, false]
  for (const adapter of adapters) {
    const how = adapter.recognises(file)
    // A file is surely of one product at most, and large ones take their time to be looked through.
    if (how >= 1) return adapter
    shared = how === most ? true : how > most ? false : shared
    if (how > most) [found, most] = [adapter, how]
  }
  return shared && most > 0 ? undefined : found
}

function atUsualPlaces<Known extends Product>(adapters: readonly Known[], options: RecogniseOptions<Known>): readonly Recognised<Known>[] {
  return adapters.flatMap((adapter) => {
    const place = usualPlace(adapter)
    return place === undefined ? [] : [{ adapter, file: readSettings(place, options) }]
  })
}

function usualPlace({ places }: Product): string | undefined {
  return places.find((one) => existsSync(one))
}

/** A product with several files is found by the first of its places. */
function inFolder<Known extends Product>(
  folder: string,
  adapters: readonly Known[],
  options: RecogniseOptions<Known>,
): readonly Recognised<Known>[] {
  const present = new Set(filesIn(folder))
  const wanted = new Set(adapters.flatMap(({ places }) => places.map(fileName)))
  return [...wanted]
    .filter((name) => present.has(name))
    .flatMap((name) => {
      const file = readSettings(join(folder, name), options)
      const adapter = best(file, adapters)
      return adapter === undefined ? [] : [{ adapter, file }]
    })
    .filter((one, index, all) => all.findIndex(({ adapter }) => adapter === one.adapter) === index)
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (cause) {
    throw new PosternError('input', 'SETTINGS_UNREADABLE', `Cannot look for settings in ${folder}`, {
      remedy: 'Run this as a user who may read the folder, or name the file.',
      cause,
    })
  }
}

/** The last part of a place of any system. */
function fileName(place: string): string {
  return basename(place.replaceAll('\\', '/'))
}

function notFound(where: string, adapters: readonly Product[]): PosternError {
  const known = [...new Set(adapters.flatMap(({ places }) => places.map(fileName)))]
  return new PosternError('input', 'SETTINGS_NOT_FOUND', `Cannot find settings in ${where}: there is none of ${known.join(', ')}`, {
    remedy: 'Name the settings file.',
  })
}

function only<Known extends Product>(found: readonly Recognised<Known>[], where: string, adapters: readonly Product[]): Recognised<Known> {
  const [one, ...others] = found
  if (one === undefined) throw notFound(where, adapters)
  if (others.length === 0) return one
  const paths = found.map(({ adapter, file }) => `${file.path} (${adapter.title})`)
  throw new PosternError('input', 'SETTINGS_SEVERAL', `Cannot choose between settings in ${where}: ${paths.join(', ')}`, {
    remedy: 'Name one of the files, or the product with --product.',
  })
}

function wrongProduct(file: SettingsFile, { adapters, product }: RecogniseOptions<Product>): PosternError {
  const other = best(file, adapters)
  const what =
    product !== undefined && other !== undefined
      ? `these are settings of ${other.title}, not of ${product}`
      : product === undefined
        ? 'no product that Postern knows writes such a file'
        : `it is no settings file of ${product}`
  const remedy =
    other === undefined
      ? `Name the main settings file of ${names(adapters)}; where it is one, say whose with --product.`
      : `Leave --product out, or say --product ${other.product}.`
  return new PosternError('input', 'SETTINGS_PRODUCT', `Cannot read settings ${file.path}: ${what}`, { remedy })
}

function names(adapters: readonly Product[]): string {
  return adapters.map(({ product }) => product).join(', ')
}

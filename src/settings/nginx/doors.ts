import type { ReadOptions } from '../adapter.ts'
import { firstInBlock, lineAfter, withoutStatement } from '../lines/block-lines.ts'
import type { Addition, Found, Scope, ScopedLeg } from '../scopes.ts'
import { placeIn, type SettingsFile } from '../settings-file.ts'
import { addressesOf } from './addresses.ts'
import { parseNginx, type Directive } from './directives.ts'

/** A server block that speaks TLS. */
export interface Server extends ScopedLeg {
  /** Every `ssl_conf_command` that could hold for it, which the settings below do not look through. */
  readonly commands: readonly string[]
  /** Addresses at which it answers those who ask for no name, or for one that nobody has. */
  readonly listens: readonly string[]
}

/** A server block, and those that nginx begins a handshake with before it knows which server is asked for: itself where it is first. */
export interface Door extends Server {
  readonly first: readonly Server[]
}

interface Known extends Server {
  readonly at: Directive
  readonly firstAt: readonly Directive[]
}

export interface NginxDoors {
  readonly doors: readonly Door[]
  readonly files: readonly SettingsFile[]
}

const KINDS = ['http', 'mail', 'stream']

export function doorsOf(main: SettingsFile, options: Pick<ReadOptions, 'more' | 'list'>): NginxDoors {
  const directives = parseNginx(main, options)
  const found = directives.filter(({ name, block }) => KINDS.includes(name) && block !== undefined).flatMap(doorsOfKind)
  // A file for conf.d has no http block around it: its servers stand alone.
  const alone = directives.some(({ name }) => KINDS.includes(name))
    ? []
    : serversIn({ name: 'http', args: [], file: main, start: 0, end: 0, block: directives })
  const known = distinct([...found, ...alone])
  const doors = known.map((door) => ({ ...door, first: known.filter(({ at }) => door.firstAt.includes(at)) }))
  return { doors, files: [...new Set([main, ...everyFile(directives)])] }
}

function everyFile(directives: readonly Directive[]): readonly SettingsFile[] {
  return directives.flatMap(({ file, block }) => [file, ...everyFile(block ?? [])])
}

function distinct(doors: readonly Known[]): readonly Known[] {
  return doors.map((door, index) => {
    const alike = doors.slice(0, index).filter((one) => one.door === door.door).length
    return alike === 0 ? door : { ...door, door: `${door.door} #${alike + 1}` }
  })
}

function doorsOfKind(kind: Directive): readonly Known[] {
  return serversIn(kind, scopesOf(kind))
}

function serversIn(kind: Directive, outer: readonly Scope[] = []): readonly Known[] {
  const servers = (kind.block ?? []).filter(({ name, block }) => name === 'server' && block !== undefined)
  const addresses = addressesOf(kind.name, servers)
  return servers.flatMap((server) => {
    const ports = [...new Set(addresses.listensOf(server).flatMap(({ args }) => args[0]?.value ?? []))]
    if (ports.length === 0) return []
    const name = server.block?.find((one) => one.name === 'server_name')?.args[0]?.value
    const commands = [...(server.block ?? []), ...(kind.block ?? [])].flatMap((one) =>
      one.name === 'ssl_conf_command' ? [one.args[0]?.value ?? ''] : [],
    )
    return [
      {
        door: [kind.name, ...(name === undefined || name === '' ? [] : [name]), ports.join(' ')].join(' '),
        role: 'server' as const,
        scopes: [...scopesOf(server), ...outer],
        heeds: () => true,
        commands: [...new Set(commands)],
        listens: addresses.targetsOf(server),
        at: server,
        firstAt: addresses.firstOf(server),
      },
    ]
  })
}

/** The block itself, and outside of it each file that it includes, which other blocks may include as well. */
function scopesOf(owner: Directive): readonly Scope[] {
  const block = owner.block ?? []
  const own = block.filter(({ file }) => file === owner.file)
  const included = [...new Set(block.filter(({ file }) => file !== owner.file).map(({ file }) => file))]
  const inIncludes = included.map((file) =>
    fileScope(
      file,
      block.filter((one) => one.file === file),
    ),
  )
  const scope: Scope = {
    id: `${owner.file.path} ${owner.start}`,
    find: (setting) => findIn(own, setting),
    // A directive that an included file has would be a duplicate here.
    add: (setting, value) => (findIn(block, setting) === undefined ? addTo(owner, own, setting, value) : undefined),
  }
  return [...inIncludes, scope]
}

function fileScope(file: SettingsFile, directives: readonly Directive[]): Scope {
  return { id: file.path, find: (setting) => findIn(directives, setting), add: () => undefined }
}

/** `ssl_conf_command Ciphersuites` counts as a setting of its own. */
function findIn(directives: readonly Directive[], setting: string): Found | undefined {
  const [name = '', command] = setting.split(' ')
  const found = directives.findLast(
    (one) => one.name === name && one.block === undefined && (command === undefined || one.args[0]?.value === command),
  )
  if (found === undefined) return undefined
  const args = command === undefined ? found.args : found.args.slice(1)
  const [first, last] = [args[0], args.at(-1)]
  const { file } = found
  const [start, end] = [first?.start ?? found.end - 1, last?.end ?? found.end - 1]
  return {
    value: args.map(({ value }) => value).join(' '),
    get place() {
      return placeIn(file, start, end)
    },
    // Several words in one pair of quotes would be one word.
    put: (text) => [replacement(found, args, text)],
    remove: () => [withoutStatement(file, found.start, found.end)],
  }
}

function replacement(
  { file, end: behind }: Directive,
  args: Directive['args'],
  text: string,
): { file: string; start: number; end: number; text: string } {
  const [first] = args
  const last = args.at(-1)
  if (first === undefined || last === undefined) return { file: file.path, start: behind - 1, end: behind - 1, text: ` ${text}` }
  const isQuoted = (at: number): boolean => /["']/.test(file.text.charAt(at))
  if (args.length === 1 && isQuoted(first.start - 1) && !text.includes(' '))
    return { file: file.path, start: first.start, end: first.end, text }
  return { file: file.path, start: first.start - Number(isQuoted(first.start - 1)), end: last.end + Number(isQuoted(last.end)), text }
}

function addTo(owner: Directive, own: readonly Directive[], setting: string, value: string): Addition {
  const statement = `${setting} ${value};`
  const simple = own.filter(({ block }) => block === undefined)
  const neighbour =
    simple.findLast(({ name }) => name.startsWith('ssl')) ?? simple.findLast(({ name }) => name === 'listen') ?? simple.at(-1)
  return neighbour === undefined
    ? firstInBlock(owner.file, { start: owner.start, open: owner.end }, statement)
    : lineAfter(owner.file, neighbour, statement)
}

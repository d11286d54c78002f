import type { ReadOptions } from '../adapter.ts'
import { firstInBlock, lineAfter } from '../lines/block-lines.ts'
import { lineEndOf } from '../lines/line-ends.ts'
import { addition, type Addition, type Found, type Scope, type ScopedLeg } from '../scopes.ts'
import { placeIn, type SettingsFile } from '../settings-file.ts'
import { listensOf } from './listens.ts'
import { parseDovecot, type Block, type Setting, type Statement } from './statements.ts'

/** A leg, and where it can be met. */
export interface DovecotLeg extends ScopedLeg {
  readonly listens: readonly string[]
  /** Of a `local_name` block: the legs with one of which a handshake has begun before the name is known. Else none. */
  readonly starts: readonly ScopedLeg[]
}

export interface DovecotDoors {
  readonly doors: readonly DovecotLeg[]
  readonly files: readonly SettingsFile[]
  /** What the file itself says of the version that it is for. */
  readonly version: string | undefined
}

/** Blocks in which other settings of TLS can hold. */
const FILTER = /^(?:protocol|local|local_name|remote)\s|^ssl_server$/

export function doorsOf(main: SettingsFile, reach: Pick<ReadOptions, 'more' | 'list'>): DovecotDoors {
  const statements = parseDovecot(main, reach)
  const whole = globalScope(main, statements)
  const legs = [leg('every protocol', [whole]), ...doorsIn(statements, '', [whole])]
  const listens = listensOf(statements)
  const own = new Set(legs.flatMap(({ door }) => /^protocol (\S+)$/.exec(door)?.[1] ?? []))
  const doors = legs.map((one, index) => {
    const protocol = /^protocol (\S+)$/.exec(one.door)?.[1] ?? ''
    const rest = [...listens].flatMap(([name, targets]) => (own.has(name) ? [] : targets))
    return { ...one, listens: index === 0 ? rest : (listens.get(protocol) ?? []), starts: startsOf(one, legs) }
  })
  const version = settingsOf(statements).find(({ key }) => key === 'dovecot_config_version')?.value
  return { doors, files: [...new Set([main, ...filesOf(statements)])], version }
}

const NAME = /(?:^|, )local_name /

/** A block inside of another one begins with what holds there, or in others inside of it. */
function startsOf({ door }: ScopedLeg, legs: readonly ScopedLeg[]): readonly ScopedLeg[] {
  const at = NAME.exec(door)?.index
  if (at === undefined) return []
  const unnamed = legs.filter((one) => !NAME.test(one.door))
  const outside = unnamed.filter((one) => at > 0 && one.door.startsWith(door.slice(0, at)))
  return outside.length === 0 ? unnamed : outside
}

function leg(door: string, scopes: readonly Scope[]): ScopedLeg {
  return { door, role: 'server', scopes, heeds: () => true }
}

/** A block with any word on TLS in it, or in a block inside of it, is a door of its own. Blocks for the same are one. */
function doorsIn(statements: readonly Statement[], path: string, outer: readonly Scope[]): readonly ScopedLeg[] {
  const blocks = statements.filter((one) => one.kind === 'block').filter(({ name }) => FILTER.test(name))
  return [...Map.groupBy(blocks, ({ name }) => name).entries()].flatMap(([name, alike]) => {
    const inside = alike.flatMap((block) => block.statements)
    const door = path === '' ? name : `${path}, ${name}`
    const scopes = [blockScope(alike, `${outer[0]?.id ?? ''} { ${name}`), ...outer]
    const own = settingsOf(inside).some(({ key }) => key.startsWith('ssl'))
    return [...(own ? [leg(door, scopes)] : []), ...doorsIn(inside, door, scopes)]
  })
}

function settingsOf(statements: readonly Statement[]): readonly Setting[] {
  return statements.filter((one) => one.kind === 'setting')
}

function filesOf(statements: readonly Statement[]): readonly SettingsFile[] {
  return statements.flatMap((one) => [one.file, ...(one.kind === 'block' ? filesOf(one.statements) : [])])
}

function globalScope(main: SettingsFile, statements: readonly Statement[]): Scope {
  const settings = settingsOf(statements)
  return {
    id: main.path,
    find: (key) => foundIn(settings, key),
    add: (key, value) => {
      const neighbour = settings.findLast((one) => one.key.startsWith('ssl'))
      return neighbour === undefined ? atTheEnd(main, `${key} = ${value}`) : lineAfter(neighbour.file, neighbour, `${key} = ${value}`)
    },
  }
}

function atTheEnd(file: SettingsFile, statement: string): Addition {
  const { text } = file
  const eol = lineEndOf(text)
  return addition(file, text.length, `${text === '' || text.endsWith('\n') ? '' : eol}${statement}${eol}`)
}

function blockScope(blocks: readonly Block[], id: string): Scope {
  const settings = settingsOf(blocks.flatMap(({ statements }) => statements))
  return {
    id,
    find: (key) => foundIn(settings, key),
    add: (key, value) => {
      const last = blocks.at(-1)
      const neighbour = settings.findLast((one) => one.key.startsWith('ssl') && last?.file === one.file)
      if (neighbour !== undefined) return lineAfter(neighbour.file, neighbour, `${key} = ${value}`)
      return last && firstInBlock(last.file, last, `${key} = ${value}`)
    },
  }
}

function foundIn(settings: readonly Setting[], key: string): Found | undefined {
  const setting = settings.findLast((one) => one.key === key)
  if (setting === undefined) return undefined
  const { file, valueStart, end, value } = setting
  const raw = file.text.slice(valueStart, end)
  const quote = /^["']/.exec(raw)?.[0] ?? ''
  // An empty value begins at its sign, so that a line that is added behind it does not come before it.
  const start = raw === '' ? file.text.lastIndexOf('=', valueStart) : valueStart
  return {
    value,
    get place() {
      return placeIn(file, valueStart, end)
    },
    put: (put) => [{ file: file.path, start, end, text: raw === '' ? `= ${put}` : `${quote}${put}${quote}` }],
  }
}

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { PosternError } from '../errors.ts'
import { INSIDE_NAME, InsideList, joinGate, placeOf, placeText, printInvitation, readInvitation, writeLinkFile } from '../gate/index.ts'
import { readText } from './files.ts'
import { readGate } from './gate-settings.ts'
import type { Terminal } from './terminal.ts'

export interface InviteValues {
  readonly gate?: string
  readonly hours: string
}

export interface JoinValues {
  readonly file: string
}

const HOUR = 60 * 60 * 1000
/** Who has not come in a month is not expected any more. */
const MOST_HOURS = 31 * 24

/** Prints an invitation. */
export async function invite(file: string, name: string, { gate, hours }: InviteValues, terminal: Terminal): Promise<void> {
  if (!INSIDE_NAME.test(name))
    throw notInvited(name, 'it is no name of an inside', 'Use small letters, digits, dots, hyphens and underscores.')
  const duration = Number(hours)
  if (!(duration > 0 && duration <= MOST_HOURS))
    throw notInvited(name, `${hours} is no number of hours`, `Use a number up to ${MOST_HOURS}.`)
  const { list, place } = await insidesOf(file, terminal)
  const where = gate ?? (isReachable(place.host) ? placeText(place) : undefined)
  if (where === undefined || placeOf(where) === undefined || placeOf(where)?.host === '')
    throw notInvited(name, 'nobody knows where the inside finds this gate', 'Add --gate HOST:PORT.')
  const secret = await list.invite(name, new Date(Date.now() + duration * HOUR))
  terminal.out(`${printInvitation({ gate: where, pin: await list.pin(), name, secret })}\n`)
  terminal.err(`Type inside, within ${hours} hours: postern link join LINE\n`)
}

/** Lets a gate know this inside. */
export async function join(line: string, { file }: JoinValues, terminal: Terminal): Promise<void> {
  const path = resolve(terminal.cwd, file)
  const invitation = readInvitation(line === '-' ? readText('-', terminal) : line)
  // The secret is good once: nothing that can be known before may go wrong behind it.
  if (existsSync(path))
    throw new PosternError('input', 'LINK_FILE', `Cannot write the link file ${file}: it is there already`, {
      remedy: 'Name another one with --file, or remove it.',
    })
  await writeLinkFile(path, await joinGate(invitation, new Date()))
  terminal.out(`${invitation.name} may open links to ${invitation.gate}. All that it needs is in ${file}.\n`)
}

/** Shows who may come. */
export async function list(file: string, terminal: Terminal): Promise<void> {
  const { list: insides } = await insidesOf(file, terminal)
  const now = new Date()
  for (const { name, since, certificates } of await insides.all()) {
    const until =
      certificates
        .map((one) => one.until)
        .toSorted()
        .at(-1) ?? ''
    const state =
      Date.parse(until) > now.getTime() ? `certificate until ${day(until)}` : `certificate expired on ${day(until)}: invite it anew`
    terminal.out(`${name}: joined ${day(since)}, ${state}\n`)
  }
  for (const { name, until } of await insides.expected()) terminal.out(`${name}: invited, until ${until}\n`)
}

/** Lets an inside come no more. */
export async function revoke(file: string, name: string, terminal: Terminal): Promise<void> {
  const { list: insides } = await insidesOf(file, terminal)
  if (!INSIDE_NAME.test(name) || !(await insides.revoke(name)))
    throw new PosternError(
      'input',
      'LINK_UNKNOWN',
      `Cannot revoke ${JSON.stringify(name)}: there is no inside of that name, and no invitation`,
      {
        remedy: 'Type: postern link list',
      },
    )
  terminal.out(`${name} may open links no more.\n`)
}

async function insidesOf(
  file: string,
  terminal: Terminal,
): Promise<{ readonly list: InsideList; readonly place: { readonly host: string; readonly port: number } }> {
  const { config } = await readGate(file, { name: [] }, terminal, new Date())
  const { door } = config.links
  if (door !== undefined) return { list: await InsideList.open(door.folder, () => new Date()), place: door.place }
  throw new PosternError('input', 'GATE_CONFIG', `Cannot find insides in ${file}: no inside can open a link to this gate`, {
    remedy: 'Say where they come: links: { listen: ":7443" }.',
  })
}

/** Every address of this machine is none for others. */
function isReachable(host: string): boolean {
  return host !== '' && host !== '0.0.0.0' && host !== '::'
}

function day(time: string): string {
  return time.slice(0, 'yyyy-mm-dd'.length)
}

function notInvited(name: string, why: string, remedy: string): PosternError {
  return new PosternError('input', 'LINK_INVITATION', `Cannot invite ${JSON.stringify(name)}: ${why}`, { remedy })
}

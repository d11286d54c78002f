import { readFile, stat } from 'node:fs/promises'
import type { PairProblem } from './read-identity.ts'

/** The group of Debian's package of that name, whose members read keys. */
const KEY_GROUP = 'ssl-cert'

/** Nobody but the owner writes it, and besides its group nobody reads it. */
const OTHERS = 0o037
const GROUP_READS = 0o040

/** What `stat()` says of a file. */
interface Access {
  readonly mode: number
  readonly gid: number
}

/**
 * Who else can read a private key, or change it, as what is wrong with that; undefined where nobody can. Of a symbolic link the file at its end counts.
 * `keyGroup`: a group, by its name or number, that may read it; `ssl-cert` without it.
 */
export async function keyAccess(key: string, path: string, keyGroup?: string | number): Promise<PairProblem | undefined> {
  const groups = await readFile('/etc/group', 'utf8').catch(() => '')
  return accessFault(key, await stat(path), groups, keyGroup)
}

/** The same of what is known. `groups`: what is in group(5). */
export function accessFault(key: string, { mode, gid }: Access, groups: string, keyGroup?: string | number): PairProblem | undefined {
  if ((mode & OTHERS) !== 0)
    return { word: 'key', what: `others can read or change the private key in ${key}`, remedy: `Type: chmod 600 ${key}` }
  const allowed = typeof keyGroup === 'number' ? keyGroup : gidOf(keyGroup ?? KEY_GROUP, groups)
  if (allowed === undefined && keyGroup !== undefined)
    return { word: 'keyGroup', what: `/etc/group has no group ${JSON.stringify(keyGroup)}`, remedy: 'Check its name, or write its number.' }
  // What systemd hands over to a user belongs to root's group, which reads nothing that root does not.
  if ((mode & GROUP_READS) === 0 || gid === 0 || gid === allowed) return undefined
  const what = `the group ${nameOf(gid, groups) ?? gid} can read the private key in ${key}`
  return {
    word: 'key',
    what,
    remedy: `Type: chmod 600 ${key}. Where that group is made for it, add keyGroup: ${nameOf(gid, groups) ?? gid}.`,
  }
}

function gidOf(name: string, groups: string): number | undefined {
  const found = entries(groups).find(([one]) => one === name)
  return found === undefined ? undefined : Number(found[2])
}

function nameOf(gid: number, groups: string): string | undefined {
  return entries(groups).find(([, , number]) => number === String(gid))?.[0]
}

/** group(5): name, password, number, members. */
function entries(groups: string): readonly (readonly string[])[] {
  return groups.split('\n').map((line) => line.split(':'))
}

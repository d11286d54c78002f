import { createHash, createPrivateKey, createPublicKey, randomBytes, type KeyObject } from 'node:crypto'
import { readdir, rm, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { PosternError } from '../../errors.ts'
import { isOpenToOthers, makePrivate, makePrivateFolder, replacePrivate, textIfThere, codeOf } from './private-files.ts'
import { keyPem, newKey, pinOf } from './self-signed.ts'

/** An inside that may open links to this gate. */
export interface Inside {
  readonly name: string
  /** Another one each time that it joins: links of an earlier time end. */
  readonly id: string
  /** ISO 8601, when it joined. */
  readonly since: string
  /** The newest last. */
  readonly certificates: readonly KnownCertificate[]
}

export interface KnownCertificate {
  /** SHA-256 of the whole certificate, as Node writes it. */
  readonly fingerprint: string
  /** ISO 8601. */
  readonly until: string
}

/** An inside that is expected. */
export interface Invited {
  readonly name: string
  /** ISO 8601. */
  readonly until: string
}

/** How an inside may be called: it stands in file names and configurations. */
export const INSIDE_NAME: RegExp = /^[a-z0-9][a-z0-9._-]{0,62}$/

const SECRET_OCTETS = 32
const ID_OCTETS = 8
const ID = /^[0-9a-f]+$/

/**
 * What a gate knows of insides, in a folder of files that every process of the gate and every command of its user reads and changes: `gate.key`, a file
 * in `insides` for each that may come, one in `invites` for each that is expected, and a mark in `revoked` for each that may come no more.
 */
export class InsideList {
  readonly #folder: string
  readonly #now: () => Date
  readonly #read = new Map<string, { readonly changed: string; readonly inside: Inside }>()

  private constructor(folder: string, now: () => Date) {
    this.#folder = folder
    this.#now = now
  }

  /** Makes the folder where it is not there. Rejects with `LINK_FOLDER`, `input`. */
  static async open(folder: string, now: () => Date): Promise<InsideList> {
    try {
      for (const one of [folder, ...['insides', 'invites', 'revoked'].map((name) => join(folder, name))]) await makePrivateFolder(one)
    } catch (cause) {
      throw unusable(folder, 'it cannot be made', cause)
    }
    if (await isOpenToOthers(folder)) throw unusable(folder, 'others can read or change it')
    return new InsideList(folder, now)
  }

  /** The gate's own key, made the first time that somebody asks. Rejects with `LINK_FOLDER`. */
  async key(): Promise<KeyObject> {
    const path = join(this.#folder, 'gate.key')
    try {
      if ((await textIfThere(path)) === undefined) await makePrivate(path, keyPem(newKey()))
      return createPrivateKey((await textIfThere(path)) ?? '')
    } catch (cause) {
      throw unusable(this.#folder, 'the key in gate.key cannot be read', cause)
    }
  }

  /** By which insides know this gate. */
  async pin(): Promise<string> {
    return pinOf(createPublicKey(await this.key()))
  }

  /** Who may come, in the order of their names. Files that have not changed are not read again; what cannot be read is nobody. */
  async all(): Promise<readonly Inside[]> {
    const folder = join(this.#folder, 'insides')
    const names = (await readdir(folder)).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -'.json'.length)] : [])).toSorted()
    for (const known of this.#read.keys()) if (!names.includes(known)) this.#read.delete(known)
    const found = await Promise.all(names.map((name) => this.#one(name)))
    const revoked = await readdir(join(this.#folder, 'revoked'))
    return found.flatMap((inside) => (inside === undefined || revoked.includes(inside.id) ? [] : [inside]))
  }

  /** The inside that a certificate is of and that may come now. `fingerprint`: as Node writes it. */
  async of(fingerprint: string): Promise<Inside | undefined> {
    const now = this.#now()
    return (await this.all()).find(({ certificates }) => certificates.some((one) => one.fingerprint === fingerprint && isValid(one, now)))
  }

  /** Expects an inside. Gives the secret that it has to know; what stays here is its hash. `until`: not later. */
  async invite(name: string, until: Date): Promise<string> {
    const secret = randomBytes(SECRET_OCTETS).toString('base64url')
    await replacePrivate(this.#invite(secret), JSON.stringify({ name, until: until.toISOString() }))
    return secret
  }

  /** Who comes with this secret, once. Undefined: nobody is expected with it, or not any more. */
  async redeem(secret: string): Promise<string | undefined> {
    const path = this.#invite(secret)
    const text = await textIfThere(path)
    if (text === undefined) return undefined
    try {
      // Of all that come with it at the same time one removes it; `rm()` would let several believe that they did.
      await unlink(path)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    }
    const { name, until } = fieldsOf(text)
    return typeof name === 'string' && INSIDE_NAME.test(name) && typeof until === 'string' && Date.parse(until) > this.#now().getTime()
      ? name
      : undefined
  }

  /** Lets an inside come with this certificate and no other. */
  async join(name: string, certificate: KnownCertificate): Promise<void> {
    const id = randomBytes(ID_OCTETS).toString('hex')
    await this.#write({ name, id, since: this.#now().toISOString(), certificates: [certificate] })
  }

  /** Lets it come with another one too, which is used from now on; others than the one that it has now are no more. */
  async renew(inside: Inside, current: string, next: KnownCertificate): Promise<void> {
    const kept = inside.certificates.filter(({ fingerprint }) => fingerprint === current)
    await this.#write({ ...inside, certificates: [...kept, next] })
  }

  /** It comes with its newest certificate: the ones before are no more. */
  async settle(inside: Inside, fingerprint: string): Promise<void> {
    const newest = inside.certificates.at(-1)
    if (newest?.fingerprint !== fingerprint || inside.certificates.length === 1) return
    await this.#write({ ...inside, certificates: [newest] })
  }

  /** Who is invited and has not joined. Invitations that have expired are removed. */
  async expected(): Promise<readonly Invited[]> {
    const invited = await this.#invited()
    return invited.map(({ name, until }) => ({ name, until })).toSorted((one, other) => one.until.localeCompare(other.until))
  }

  /** It may come no more, and is not expected. Gives whether it might or was before. */
  async revoke(name: string): Promise<boolean> {
    const invitations = (await this.#invited()).filter((one) => one.name === name)
    for (const { path } of invitations) await rm(path, { force: true })
    return (await this.#forget(name)) || invitations.length > 0
  }

  async #invited(): Promise<readonly (Invited & { readonly path: string })[]> {
    const folder = join(this.#folder, 'invites')
    const found: (Invited & { readonly path: string })[] = []
    for (const file of await readdir(folder)) {
      const path = join(folder, file)
      const { name, until } = fieldsOf((await textIfThere(path)) ?? '')
      if (typeof name !== 'string' || typeof until !== 'string') continue
      if (Date.parse(until) <= this.#now().getTime()) await rm(path, { force: true })
      else found.push({ name, until, path })
    }
    return found
  }

  /** A gate that renews a certificate at this moment may write the file anew: the mark stays. */
  async #forget(name: string): Promise<boolean> {
    const { id } = fieldsOf((await textIfThere(this.#file(name))) ?? '')
    if (typeof id === 'string' && ID.test(id)) await makePrivate(join(this.#folder, 'revoked', id), '')
    try {
      await unlink(this.#file(name))
      return true
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false
      throw error
    }
  }

  #write(inside: Inside): Promise<void> {
    return replacePrivate(this.#file(inside.name), JSON.stringify(inside))
  }

  async #one(name: string): Promise<Inside | undefined> {
    try {
      const { ino, mtimeMs } = await stat(this.#file(name))
      const changed = `${ino} ${mtimeMs}`
      const known = this.#read.get(name)
      if (known?.changed === changed) return known.inside
      const inside = insideIn((await textIfThere(this.#file(name))) ?? '', name)
      if (inside === undefined) this.#read.delete(name)
      else this.#read.set(name, { changed, inside })
      return inside
    } catch {
      return undefined
    }
  }

  #file(name: string): string {
    return join(this.#folder, 'insides', `${name}.json`)
  }

  /** Named after the hash of the secret: whoever finds the file has found the secret right, and no comparison tells how much of it was. */
  #invite(secret: string): string {
    return join(this.#folder, 'invites', createHash('sha256').update(secret).digest('hex'))
  }
}

export function isValid({ until }: KnownCertificate, now: Date): boolean {
  return Date.parse(until) > now.getTime()
}

function insideIn(text: string, name: string): Inside | undefined {
  const { id, since, certificates } = fieldsOf(text)
  if (typeof id !== 'string' || typeof since !== 'string' || !Array.isArray(certificates)) return undefined
  const known = certificates.flatMap((one: unknown) => {
    const { fingerprint, until } = isRecord(one) ? one : {}
    return typeof fingerprint === 'string' && typeof until === 'string' ? [{ fingerprint, until }] : []
  })
  return { name, id, since, certificates: known }
}

/** The fields of an object in JSON; none where it is no such thing. */
export function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unusable(folder: string, why: string, cause?: unknown): PosternError {
  return new PosternError('input', 'LINK_FOLDER', `Cannot use the folder of links ${folder}: ${why}`, {
    remedy: `Give it to the user of the gate alone: chown -R USER ${folder}; chmod 700 ${folder}`,
    ...(cause === undefined ? {} : { cause }),
  })
}

import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { PosternError } from '../../errors.ts'
import { placeOf, type Place } from '../config/places.ts'
import { fieldsOf, INSIDE_NAME } from './inside-list.ts'
import { readPrivate, replacePrivate } from './private-files.ts'
import { newKey, selfSigned, type SelfSigned } from './self-signed.ts'

/** What an inside has to know to open links to a gate, in a file of its own. */
export interface LinkFile {
  /** Where the gate waits for links. */
  readonly gate: string
  /** The gate's key, see `pinOf()`. */
  readonly pin: string
  /** How the gate calls this inside. */
  readonly name: string
  /** PEM. */
  readonly key: string
  readonly certificate: string
}

/** So long a certificate is good for, and so long before its end there is another, in milliseconds. */
const DAY = 24 * 60 * 60 * 1000
export const LIFE: number = 30 * DAY
export const RENEW_BEFORE: number = 10 * DAY
/** Clocks differ. */
const BACKDATED = DAY

/** A new key and a certificate for it. */
export function newCertificate(name: string, now: Date): SelfSigned {
  const key = newKey()
  const from = new Date(now.getTime() - BACKDATED)
  return selfSigned(key, createPublicKey(key), name, from, new Date(now.getTime() + LIFE))
}

/** Whether it is time for the next certificate. */
export function isDue({ certificate }: LinkFile, now: Date): boolean {
  return endOf(certificate).getTime() - now.getTime() < RENEW_BEFORE
}

export function endOf(certificate: string): Date {
  return new Date(new X509Certificate(certificate).validTo)
}

/** For a person to compare, as the gate has it. */
export function fingerprintOf(certificate: string): string {
  return createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex')
}

/** Rejects with `LINK_FILE`, `input`. */
export async function readLinkFile(path: string): Promise<LinkFile> {
  const found = await readPrivate(path).catch((cause: unknown) => {
    throw unusable(path, 'it cannot be read', cause)
  })
  if (found === undefined) throw unusable(path, 'there is no such file')
  if (found.isOpenToOthers) throw unusable(path, 'others can read or change the key in it', undefined, `Type: chmod 600 ${path}`)
  const { gate, pin, name, key, certificate } = fieldsOf(found.text)
  const isWhole =
    isText(gate) &&
    placeOf(gate) !== undefined &&
    isText(pin) &&
    isText(name) &&
    INSIDE_NAME.test(name) &&
    isText(key) &&
    isText(certificate) &&
    isPair(key, certificate)
  if (!isWhole) throw unusable(path, 'it is none that postern link join has written')
  return { gate, pin, name, key, certificate }
}

export async function writeLinkFile(path: string, file: LinkFile): Promise<void> {
  await replacePrivate(path, `${JSON.stringify(file, null, 2)}\n`).catch((cause: unknown) => {
    throw unusable(path, 'it cannot be written', cause)
  })
}

/** Where the gate is. */
export function gateOf({ gate }: Pick<LinkFile, 'gate'>): Place {
  return placeOf(gate) ?? { host: '', port: 0 }
}

/** Node throws later, and without a word of the file, where the one is not the key of the other. */
function isPair(key: string, certificate: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function unusable(path: string, why: string, cause?: unknown, remedy = 'Let postern link join write one.'): PosternError {
  return new PosternError('input', 'LINK_FILE', `Cannot use the link file ${path}: ${why}`, {
    remedy,
    ...(cause === undefined ? {} : { cause }),
  })
}

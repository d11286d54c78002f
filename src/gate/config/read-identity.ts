import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { PosternError } from '../../errors.ts'
import type { YamlProblem } from '../../policy/yaml/index.ts'
import type { IdentityFile, OcspFile } from './config-file.ts'
import type { IdentityConfig, OcspConfig, PairConfig } from './config.ts'
import { keyAccess } from './key-access.ts'
import { pairFault } from './pair-fault.ts'

/** What is wrong with the files of a certificate and its key. */
export interface PairProblem {
  /** The word of the configuration that names the file. */
  readonly word: 'certificate' | 'key' | 'keyGroup'
  readonly what: string
  readonly remedy: string
}

/** Where the files of identities are, and how mistakes in what the configuration says of them are told. */
export interface IdentitySource {
  /** Files are named from here. */
  readonly folder: string
  readonly refuse: (problem: YamlProblem) => PosternError
}

/** Reads the certificates and keys of an identity. Rejects with what `refuse` makes. */
export async function readIdentity(
  name: string,
  files: readonly IdentityFile[],
  { folder, refuse }: IdentitySource,
): Promise<IdentityConfig> {
  const pairs = files.map(async (file, index) => {
    const read = await readPair(file, folder)
    if (!('word' in read)) return file.ocsp === undefined ? read : { ...read, ocsp: ocspOf(file.ocsp, folder) }
    const { word, what, remedy } = read
    throw refuse({
      path: ['identities', name, String(index), word === 'key' && file.key === undefined ? 'certificate' : word],
      what,
      remedy,
    })
  })
  return { name, pairs: await Promise.all(pairs) }
}

function ocspOf({ staple, responder }: OcspFile, folder: string): OcspConfig {
  return {
    ...(staple === undefined ? {} : { staple: resolve(folder, staple) }),
    ...(responder === undefined ? {} : { responder }),
  }
}

/** Reads a certificate and its key, and sees that they can be used. Never rejects. */
export async function readPair(
  { certificate, key = certificate, keyGroup }: IdentityFile,
  folder: string,
): Promise<PairConfig | PairProblem> {
  const pem = await textOf(resolve(folder, certificate))
  if (pem === undefined) return unreadable('certificate', certificate)
  const keyPem = key === certificate ? pem : await textOf(resolve(folder, key))
  if (keyPem === undefined) return unreadable('key', key)
  const open = await keyAccess(key, resolve(folder, key), keyGroup)
  if (open !== undefined) return open
  const fault = pairFault({ certificate: { file: certificate, pem }, key: { file: key, pem: keyPem } })
  if (fault !== undefined) return fault
  const files = [...new Set([certificate, key])].map((one) => resolve(folder, one))
  return { certificate: pem, key: keyPem, files, ...(keyGroup === undefined ? {} : { keyGroup }) }
}

function unreadable(word: PairProblem['word'], file: string): PairProblem {
  return { word, what: `${file} cannot be read`, remedy: 'Check its name and who may read it.' }
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    return undefined
  }
}

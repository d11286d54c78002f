import { constants } from 'node:fs'
import { access, readFile } from 'node:fs/promises'
import type { PosternError } from '../../errors.ts'

/** A file as text. Rejects with what `refused` makes of the reason. */
export async function readText(file: string, refused: (cause: unknown) => PosternError): Promise<string> {
  try {
    await access(file, constants.R_OK)
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw refused(cause)
  }
}

/** Why a file cannot be read, as a clause. */
export function whyUnreadable(cause: unknown): string {
  switch (cause instanceof Error && 'code' in cause ? cause.code : undefined) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file'
    case 'EACCES':
      return 'this user may not read it'
    case 'EISDIR':
      return 'it is a folder'
    default:
      return cause instanceof Error ? cause.message : String(cause)
  }
}

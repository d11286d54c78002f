import { PosternError } from '../../errors.ts'
import { placeOf } from '../config/places.ts'
import { INSIDE_NAME } from './inside-list.ts'
import type { LinkFile } from './link-file.ts'

/** What an inside needs to join a gate, once. */
export interface Invitation extends Pick<LinkFile, 'gate' | 'pin' | 'name'> {
  readonly secret: string
}

/** One line without a blank. */
export function printInvitation({ gate, pin, name, secret }: Invitation): string {
  return `postern-link://${name}:${secret}@${gate}/${pin}`
}

/** SHA-256 and the secret are 32 octets: 43 characters of base64url. */
const LINE = /^postern-link:\/\/([^:@/]+):([\w-]{43})@([^/@]+)\/([\w-]{43})$/

/** Throws `LINK_INVITATION`, `input`. */
export function readInvitation(line: string): Invitation {
  const [, name = '', secret = '', gate = '', pin = ''] = LINE.exec(line.trim()) ?? []
  if (!INSIDE_NAME.test(name) || placeOf(gate) === undefined)
    throw new PosternError('input', 'LINK_INVITATION', 'Cannot read the invitation: it is no line that postern link invite has printed', {
      remedy: 'Copy the whole line, which begins with postern-link:// and has no blank in it.',
    })
  return { name, secret, gate, pin }
}

import { createHash, type X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { PosternError } from '../../errors.ts'

/** Why a server behind the gate is believed to be the one that is meant. */
export type BackendTrust =
  /** Its chain ends in one of these authorities, in PEM, or without them in one that Node comes with; and it is for this name or address, if one is given. */
  | { readonly kind: 'authority'; readonly ca?: readonly string[]; readonly name?: string }
  /** Its key is one of these, see `readPin()`. Neither name nor dates count. */
  | { readonly kind: 'pin'; readonly pins: readonly string[] }
  /** It is not: whoever stands between can read and change everything. */
  | { readonly kind: 'none' }

/**
 * Options of `tls.connect()` that go with it. They let every certificate pass: `distrust()` has to be asked when the handshake is over, and before
 * a byte is written.
 */
export function trustOptions(
  trust: BackendTrust,
  serverName?: string,
): Pick<ConnectionOptions, 'ca' | 'rejectUnauthorized' | 'checkServerIdentity' | 'servername'> {
  const asked = serverName ?? (trust.kind === 'authority' ? trust.name : undefined)
  return {
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ...(trust.kind === 'authority' && trust.ca !== undefined ? { ca: [...trust.ca] } : {}),
    // RFC 6066 §3: addresses are no names.
    servername: asked === undefined || isIP(asked) > 0 ? '' : asked,
  }
}

/** Why the server at the other end, whose own certificate is `leaf`, is not the one that is meant, as a clause; undefined where it is. */
export function distrust(socket: TLSSocket, trust: BackendTrust, leaf: X509Certificate | undefined): string | undefined {
  if (trust.kind === 'none') return undefined
  if (leaf === undefined) return 'it has shown no certificate'
  if (trust.kind === 'pin') {
    const pin = createHash('sha256')
      .update(leaf.publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex')
    return trust.pins.includes(pin) ? undefined : `its key has the pin ${pin}`
  }
  if (!socket.authorized) return `its certificate is not trusted (${String(socket.authorizationError)})`
  if (trust.name === undefined) return undefined
  const found = isIP(trust.name) > 0 ? leaf.checkIP(trust.name) : leaf.checkHost(trust.name)
  return found === undefined ? `its certificate is not for ${trust.name}` : undefined
}

const HEX_PIN = /^[0-9a-f]{64}$/
const BASE64_PIN = /^[A-Za-z0-9+/]{43}=$/

/** Whether `readPin()` takes it. */
export function isPin(text: string): boolean {
  try {
    return readPin(text) !== ''
  } catch {
    return false
  }
}

/** SHA-256 of a SubjectPublicKeyInfo (RFC 7469 §2.4), in hex with or without colons or in base64, as hex in lower case. Throws `PIN_INVALID`. */
export function readPin(text: string): string {
  const bare = text.trim().replace(/^(?:pin-)?sha256[/:=]+/i, '')
  const hex = bare.replaceAll(':', '').toLowerCase()
  if (HEX_PIN.test(hex)) return hex
  if (BASE64_PIN.test(bare)) return Buffer.from(bare, 'base64').toString('hex')
  throw new PosternError('input', 'PIN_INVALID', `Cannot use the pin ${JSON.stringify(text)}: it is no SHA-256 in hex or base64`, {
    remedy: 'Write the SHA-256 of the SubjectPublicKeyInfo, 64 hex digits or 44 characters of base64.',
  })
}

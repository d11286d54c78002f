import { randomBytes } from 'node:crypto'
import { u16, u24, u8 } from './bytes.ts'
import { identity } from './certificate.ts'
import type { ClientHello } from './client-hello.ts'
import type { Script, Sslv2Habit } from './script.ts'

/** Message types and the certificate type of the SSL 2.0 specification. */
const SERVER_HELLO = 4
const X509 = 1

/** `MSG-ERROR` with NO-CIPHER-ERROR, as JSSE answers an offer of SSLv2 alone. */
export const SSLV2_NO_CIPHER: Buffer = Buffer.from('8003000001', 'hex')

/** The SERVER-HELLO of SSL 2.0 with its two-byte record header. */
export function sslv2ServerHello(script: Script, habit: Sslv2Habit, hello: ClientHello): Buffer {
  const listed = habit.lists === 'all' ? habit.kinds : habit.kinds.filter((kind) => hello.kinds.includes(kind))
  const certificate = habit.certificate ? identity(script.rsaKey).certificate : Buffer.alloc(0)
  const kinds = Buffer.concat(listed.map(u24))
  const connectionId = randomBytes(16)
  const body = Buffer.concat([
    u8(SERVER_HELLO),
    u8(0),
    u8(habit.certificate ? X509 : 0),
    u16(0x0002),
    u16(certificate.length),
    u16(kinds.length),
    u16(connectionId.length),
    certificate,
    kinds,
    connectionId,
  ])
  return Buffer.concat([u16(0x8000 | body.length), body])
}

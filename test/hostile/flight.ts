import { constants, createHash, privateEncrypt, randomBytes, sign } from 'node:crypto'
import { handshake, u16, u8, vector } from './bytes.ts'
import { identity, type Identity, type KeyKind } from './certificate.ts'
import { fieldOf, offersRenegotiationInfo, sentinel, type Choice } from './choose.ts'
import { alpn, extension, type ClientHello } from './client-hello.ts'
import { extensionBytes } from './connection.ts'
import type { Ephemeral } from './groups.ts'
import { Extension, Message, SSL3, TLS12 } from './numbers.ts'
import { finiteField, type PrimeName } from './primes.ts'
import type { Script } from './script.ts'
import type { Shared } from './shared.ts'
import { bulk, signerOf, type KeyExchange } from './suites.ts'

/** What the extensions of a ServerHello settled. */
export interface Settled {
  readonly extendedMasterSecret: boolean
  readonly encryptThenMac: boolean
  /** A NewSessionTicket will follow. */
  readonly ticket: boolean
  readonly certificateStatus: boolean
}

export interface HelloFields {
  readonly version: number
  readonly suite: number
  readonly compression: number
  readonly random: Buffer
  readonly sessionId: Buffer
  readonly extensions: Buffer | undefined
}

/** RFC 5246 §7.4.1.3. Without extensions the message ends after the compression method. */
export function serverHello(fields: HelloFields): Buffer {
  const { version, random, sessionId, suite, compression, extensions } = fields
  const tail = extensions ? [vector(2, extensions)] : []
  return handshake(Message.serverHello, u16(version), random, vector(1, sessionId), u16(suite), u8(compression), ...tail)
}

/** 32 bytes, with the downgrade sentinel where one is due. */
export function serverRandom(script: Script, version: number): Buffer {
  const end = sentinel(script, version)
  return end ? Buffer.concat([randomBytes(24), end]) : randomBytes(32)
}

/** What this hello and this suite get of the script's extensions. */
export function settle(script: Script, hello: ClientHello, choice: Choice, resumed: boolean): Settled {
  const asked = (type: number): boolean => extension(hello, type) !== undefined && choice.version > SSL3
  return {
    extendedMasterSecret: script.extendedMasterSecret && asked(Extension.extendedMasterSecret),
    encryptThenMac: script.encryptThenMac && asked(Extension.encryptThenMac) && bulk(choice.suite)?.kind === 'cbc',
    ticket: script.tickets !== undefined && asked(Extension.sessionTicket) && !resumed,
    certificateStatus:
      script.statusRequest && asked(Extension.statusRequest) && !resumed && certificateKind(script, choice.keyExchange) !== undefined,
  }
}

/** The extensions block of a ServerHello before TLS 1.3, or undefined where there is none. `verify` is the RFC 5746 §3.2 data. */
export function serverExtensions(script: Script, hello: ClientHello, choice: Choice, settled: Settled, verify: Buffer): Buffer | undefined {
  const asked = (type: number): boolean => extension(hello, type) !== undefined
  const parts: Buffer[] = []
  const add = (type: number, ...data: readonly Buffer[]): void => void parts.push(extensionBytes(type, ...data))
  if (script.renegotiationInfo && offersRenegotiationInfo(hello)) add(Extension.renegotiationInfo, vector(1, verify))
  if (choice.version > SSL3) {
    if (settled.certificateStatus) add(Extension.statusRequest)
    if (choice.group !== 0 && asked(Extension.ecPointFormats)) add(Extension.ecPointFormats, vector(1, u8(0)))
    if (script.heartbeat && asked(Extension.heartbeat)) add(Extension.heartbeat, u8(1))
    if (script.truncatedHmac && asked(Extension.truncatedHmac)) add(Extension.truncatedHmac)
    if (settled.encryptThenMac) add(Extension.encryptThenMac)
    if (settled.extendedMasterSecret) add(Extension.extendedMasterSecret)
    if (settled.ticket) add(Extension.sessionTicket)
    const protocol = script.alpn.find((name) => alpn(hello).includes(name))
    if (protocol) add(Extension.alpn, vector(2, vector(1, Buffer.from(protocol))))
    if (script.sct && asked(Extension.sct)) add(Extension.sct, vector(2, vector(2, timestamp())))
  }
  for (const [type, data] of script.unsolicited) add(type, data)
  return parts.length > 0 ? Buffer.concat(parts) : undefined
}

/** A signed certificate timestamp of a log that does not exist, in the shape of RFC 6962 §3.2. */
function timestamp(): Buffer {
  const log = createHash('sha256').update('no such log').digest()
  return Buffer.concat([u8(0), log, Buffer.alloc(8, 1), u16(0), u8(4), u8(3), vector(2, Buffer.alloc(70, 2))])
}

/** Which certificate goes with a key exchange; none for anonymous and pre-shared ones. */
export function certificateKind(script: Script, kx: KeyExchange): KeyKind | undefined {
  if (/anon|KRB5/.test(kx) || kx === 'PSK' || kx === 'DHE_PSK') return undefined
  if (kx.includes('DSS')) return 'dsa'
  return kx === 'ECDHE_ECDSA' || kx === 'ECDH' ? 'ecdsa' : script.rsaKey
}

/** RFC 5246 §7.4.2. */
export function certificateMessage(one: Identity): Buffer {
  return handshake(Message.certificate, vector(3, vector(3, one.certificate)))
}

/** RFC 6066 §8; the response says `tryLater`, RFC 6960 §4.2.1, which staples nothing of use. */
export function certificateStatus(): Buffer {
  return handshake(Message.certificateStatus, u8(1), vector(3, Buffer.from('30030a0103', 'hex')))
}

/** RFC 5246 §7.4.4, with so many distinguished names of 93 bytes. */
export function certificateRequest(version: number, authorities: number): Buffer {
  const algorithms = version >= TLS12 ? [vector(2, u16(0x0401), u16(0x0403))] : []
  const names = Array.from({ length: authorities }, (_, index) => vector(2, distinguishedName(index)))
  return handshake(Message.certificateRequest, vector(1, u8(1), u8(64)), ...algorithms, vector(2, ...names))
}

function distinguishedName(index: number): Buffer {
  const text = `Certification authority number ${index}`.padEnd(80, '.')
  const value = Buffer.concat([u8(0x0c), vector(1, Buffer.from(text))])
  const attribute = Buffer.concat([u8(0x30), vector(1, Buffer.from('0603550403', 'hex'), value)])
  return Buffer.concat([u8(0x30), vector(1, u8(0x31), vector(1, attribute))])
}

/** The server's secret half of the key exchange, if it has one. */
export interface ServerSecret {
  readonly dh?: { readonly secret: Buffer; readonly prime: PrimeName }
  readonly ecdh?: Ephemeral
}

/** ServerKeyExchange, RFC 5246 §7.4.3, RFC 8422 §5.4, RFC 2246 §7.4.3 for export, RFC 4279 §3; undefined where there is none. */
export function serverKeyExchange(
  script: Script,
  shared: Shared,
  hello: ClientHello,
  choice: Choice,
  random: Buffer,
): { readonly message: Buffer; readonly secret: ServerSecret } | undefined {
  const made = parameters(script, shared, hello, choice)
  if (!made) return undefined
  const signature = signParameters(script, choice, Buffer.concat([hello.random, random, made.bytes]))
  return { message: handshake(Message.serverKeyExchange, made.bytes, signature), secret: made.secret }
}

function parameters(
  script: Script,
  shared: Shared,
  hello: ClientHello,
  choice: Choice,
): { bytes: Buffer; secret: ServerSecret } | undefined {
  const kx = choice.keyExchange
  if (choice.group !== 0) {
    const ecdh = shared.ephemeral(choice.group, script.reuses.ecdh)
    return { bytes: Buffer.concat([u8(3), u16(choice.group), vector(1, ecdh.publicValue)]), secret: { ecdh } }
  }
  if (kx === 'RSA_EXPORT') return script.rsaKey === 'rsa512' ? undefined : { bytes: exportKey(), secret: {} }
  if (!/^DHE|^DH_anon/.test(kx)) return undefined
  const prime = kx.endsWith('EXPORT') ? script.dh.exportPrime : (fieldOf(script, hello) ?? script.dh.prime)
  const field = finiteField(prime)
  const secret = shared.dhSecret(script.reuses.dh)
  const hint = kx === 'DHE_PSK' ? [u16(0)] : []
  const bytes = Buffer.concat([...hint, vector(2, field.prime), vector(2, field.generator), vector(2, field.publicValue(secret))])
  return { bytes, secret: { dh: { secret, prime } } }
}

/** The temporary 512-bit key of RSA_EXPORT: modulus and exponent. */
function exportKey(): Buffer {
  const jwk = identity('rsa512').publicKey.export({ format: 'jwk' })
  return Buffer.concat([jwk.n, jwk.e].map((part) => vector(2, Buffer.from(part ?? '', 'base64url'))))
}

function signParameters(script: Script, choice: Choice, data: Buffer): Buffer {
  const signer = signerOf(choice.keyExchange)
  if (!signer) return Buffer.alloc(0)
  const { privateKey } = identity(signer === 'RSA' ? script.rsaKey : signer === 'DSS' ? 'dsa' : 'ecdsa')
  if (choice.signature !== undefined) return Buffer.concat([u16(choice.signature), vector(2, signWith(choice.signature, privateKey, data))])
  if (signer !== 'RSA') return vector(2, sign('sha1', data, privateKey))
  const both = Buffer.concat([createHash('md5').update(data).digest(), createHash('sha1').update(data).digest()])
  return vector(2, privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, both))
}

/** A signature by scheme number, RFC 8446 §4.2.3. */
export function signWith(scheme: number, key: Identity['privateKey'], data: Buffer): Buffer {
  if (scheme >= 0x0804 && scheme <= 0x0806) {
    const hash = { 0x0804: 'sha256', 0x0805: 'sha384', 0x0806: 'sha512' }[scheme as 0x0804 | 0x0805 | 0x0806]
    const padding = constants.RSA_PKCS1_PSS_PADDING
    return sign(hash, data, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST })
  }
  const hash = { 1: 'md5', 2: 'sha1', 3: 'sha224', 4: 'sha256', 5: 'sha384', 6: 'sha512' }[(scheme >>> 8) as 1 | 2 | 3 | 4 | 5 | 6]
  return sign(hash, data, key)
}

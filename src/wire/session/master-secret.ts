import { createHash, createSecretKey } from 'node:crypto'
import { protocolVersion } from '../../registry/index.ts'
import { hmac } from './hmac.ts'
import { ascii, concat, xor } from './octets.ts'

/** The hash of the TLS 1.2 PRF, by the name node:crypto knows it by. RFC 5246 §5. */
export type PrfHash = 'sha256' | 'sha384'

/** Whose Finished it is. */
export type Sender = 'client' | 'server'

/** The two hello randoms. Some derivations take the client's first and some the server's. */
export interface HelloRandoms {
  readonly client: Uint8Array
  readonly server: Uint8Array
}

/**
 * How one version up to TLS 1.2 gets from the premaster secret to keys. Handshake messages are given whole, headers
 * included, as they were sent and received.
 */
export interface SecretDerivation {
  masterSecret(preMasterSecret: Uint8Array, randoms: HelloRandoms): Uint8Array
  /** RFC 7627 §4. `handshakeMessages` end with the ClientKeyExchange. */
  extendedMasterSecret(preMasterSecret: Uint8Array, handshakeMessages: Uint8Array): Uint8Array
  /** The octets that MAC secrets, keys and IVs are cut from. RFC 5246 §6.3. */
  keyBlock(masterSecret: Uint8Array, randoms: HelloRandoms, length: number): Uint8Array
  /** The whole key of an EXPORT suite out of the few secret octets. RFC 2246 §6.3.1. */
  exportKey(sender: Sender, secretOctets: Uint8Array, randoms: HelloRandoms, length: number): Uint8Array
  /** The IV of an EXPORT block cipher, which nothing secret goes into. RFC 2246 §6.3.1. */
  exportIv(sender: Sender, randoms: HelloRandoms, length: number): Uint8Array
  /** `verify_data` of a Finished, RFC 5246 §7.4.9. */
  verifyData(masterSecret: Uint8Array, sender: Sender, handshakeMessages: Uint8Array): Uint8Array
}

/** RFC 5246 §8.1. */
const MASTER_SECRET_LENGTH = 48

/** RFC 5246 §7.4.9. */
const VERIFY_DATA_LENGTH = 12

/** How this version derives its secrets. `hash` matters for TLS 1.2 only: earlier versions know no other than MD5 with SHA-1. */
export function secretDerivation(version: number, hash: PrfHash): SecretDerivation {
  if (version === protocolVersion.code('SSLv3')) return SSL3
  return prfDerivation(version >= protocolVersion.code('TLSv1.2') ? hash : 'md5-sha1')
}

/** P_hash of RFC 5246 §5. */
function expand(hash: string, secret: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const key = createSecretKey(secret)
  const blocks: Uint8Array[] = []
  let produced = 0
  for (let a = hmac(hash, key, seed); produced < length; a = hmac(hash, key, a)) {
    const block = hmac(hash, key, concat(a, seed))
    blocks.push(block)
    produced += block.length
  }
  return concat(...blocks).slice(0, length)
}

/**
 * The pseudorandom function: RFC 5246 §5 with one hash, and RFC 2246 §5 with MD5 over the first half of the secret and
 * SHA-1 over the second; the halves share the middle octet of a secret of odd length.
 */
export function prf(hash: PrfHash | 'md5-sha1', secret: Uint8Array, label: string, seed: Uint8Array, length: number): Uint8Array {
  const labelAndSeed = concat(ascii(label), seed)
  if (hash !== 'md5-sha1') return expand(hash, secret, labelAndSeed, length)
  const half = Math.ceil(secret.length / 2)
  const first = expand('md5', secret.slice(0, half), labelAndSeed, length)
  return xor(first, expand('sha1', secret.slice(secret.length - half), labelAndSeed, length))
}

function prfDerivation(hash: PrfHash | 'md5-sha1'): SecretDerivation {
  const digest = (messages: Uint8Array): Uint8Array =>
    hash === 'md5-sha1' ? concat(hashed('md5', messages), hashed('sha1', messages)) : hashed(hash, messages)
  return {
    masterSecret: (secret, { client, server }) => prf(hash, secret, 'master secret', concat(client, server), MASTER_SECRET_LENGTH),
    extendedMasterSecret: (secret, messages) => prf(hash, secret, 'extended master secret', digest(messages), MASTER_SECRET_LENGTH),
    keyBlock: (secret, { client, server }, length) => prf(hash, secret, 'key expansion', concat(server, client), length),
    exportKey: (sender, octets, { client, server }, length) => prf(hash, octets, `${sender} write key`, concat(client, server), length),
    exportIv(sender, { client, server }, length) {
      const both = prf(hash, new Uint8Array(), 'IV block', concat(client, server), length * 2)
      return sender === 'client' ? both.slice(0, length) : both.slice(length)
    },
    verifyData: (secret, sender, messages) => prf(hash, secret, `${sender} finished`, digest(messages), VERIFY_DATA_LENGTH),
  }
}

function hashed(hash: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return createHash(hash)
    .update(concat(...parts))
    .digest()
}

/** Octets of 0x36 and 0x5c around what SSLv3 hashes, RFC 6101 §5.2.3.1: 48 with MD5, 40 with SHA-1. */
const SSL3_PAD_LENGTH = { md5: 48, sha1: 40 } as const

/** The nested hash that SSLv3 had before there was HMAC, RFC 6101 §5.2.3.1. */
export function ssl3Mac(hash: 'md5' | 'sha1', secret: Uint8Array, data: Uint8Array): Uint8Array {
  const length = SSL3_PAD_LENGTH[hash]
  const inner = hashed(hash, secret, new Uint8Array(length).fill(0x36), data)
  return hashed(hash, secret, new Uint8Array(length).fill(0x5c), inner)
}

/** `verify_data` of SSLv3 has the secret behind the messages, where the MAC has it in front. RFC 6101 §5.6.9. */
function ssl3Finished(hash: 'md5' | 'sha1', secret: Uint8Array, sender: Sender, messages: Uint8Array): Uint8Array {
  const length = SSL3_PAD_LENGTH[hash]
  const name = ascii(sender === 'client' ? 'CLNT' : 'SRVR')
  const inner = hashed(hash, messages, name, secret, new Uint8Array(length).fill(0x36))
  return hashed(hash, secret, new Uint8Array(length).fill(0x5c), inner)
}

/** MD5(secret + SHA('A' + secret + seed)) + MD5(secret + SHA('BB' + …)) + …, RFC 6101 §6.1 and §6.2.2. */
function ssl3Expand(secret: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const blocks: Uint8Array[] = []
  for (let round = 1; blocks.length * 16 < length; round++) {
    const letters = new Uint8Array(round).fill(0x40 + round)
    blocks.push(hashed('md5', secret, hashed('sha1', letters, secret, seed)))
  }
  return concat(...blocks).slice(0, length)
}

const SSL3: SecretDerivation = {
  masterSecret: (secret, { client, server }) => ssl3Expand(secret, concat(client, server), MASTER_SECRET_LENGTH),
  // RFC 7627 §5.4: there is none in SSLv3, so that a peer that claims it fails at its Finished.
  extendedMasterSecret: (secret, messages) => ssl3Expand(secret, hashed('sha1', messages), MASTER_SECRET_LENGTH),
  keyBlock: (secret, { client, server }, length) => ssl3Expand(secret, concat(server, client), length),
  exportKey: (sender, octets, randoms, length) => hashed('md5', octets, ...ordered(sender, randoms)).slice(0, length),
  exportIv: (sender, randoms, length) => hashed('md5', ...ordered(sender, randoms)).slice(0, length),
  verifyData: (secret, sender, messages) =>
    concat(ssl3Finished('md5', secret, sender, messages), ssl3Finished('sha1', secret, sender, messages)),
}

/** RFC 6101 §6.2.2.1: the sender's random stands first. */
function ordered(sender: Sender, { client, server }: HelloRandoms): readonly Uint8Array[] {
  return sender === 'client' ? [client, server] : [server, client]
}

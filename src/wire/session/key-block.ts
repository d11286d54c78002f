import { Reader } from '../reader.ts'
import { protocolVersion } from '../../registry/index.ts'
import type { HelloRandoms, SecretDerivation, Sender } from './master-secret.ts'
import { createProtection, type BulkCipher, type RecordProtection, type WriteKeys } from './record-protection.ts'
import type { SuiteCipher } from './suite-cipher.ts'

/** Octets of the MAC with truncated_hmac, RFC 6066 §7. */
const TRUNCATED_MAC_LENGTH = 10

/** What a handshake up to TLS 1.2 has agreed on beside the suite. */
export interface KeyBlockSettings {
  readonly version: number
  readonly suite: SuiteCipher
  readonly exportGrade: boolean
  readonly derivation: SecretDerivation
  readonly masterSecret: Uint8Array
  readonly randoms: HelloRandoms
  readonly encryptThenMac: boolean
  readonly truncatedHmac: boolean
}

/** Cuts the key block, RFC 5246 §6.3, and gives the protection of both directions, each for one use. */
export function createProtections(settings: KeyBlockSettings): Readonly<Record<Sender, RecordProtection>> {
  const { cipher, macLength } = settings.suite
  const length = 2 * (macLength + cipher.secretLength + cipher.ivLength)
  const block = new Reader(settings.derivation.keyBlock(settings.masterSecret, settings.randoms, length), 'key_block')
  const both = (count: number, field: string): Record<Sender, Uint8Array> => ({
    client: block.take(count, `client_${field}`),
    server: block.take(count, `server_${field}`),
  })
  const [macSecrets, keys, ivs] = [
    both(macLength, 'write_MAC_key'),
    both(cipher.secretLength, 'write_key'),
    both(cipher.ivLength, 'write_IV'),
  ]
  const protectionOf = (sender: Sender): RecordProtection =>
    protection(settings, cipher, exported(settings, sender, { macSecret: macSecrets[sender], key: keys[sender], iv: ivs[sender] }))
  return { client: protectionOf('client'), server: protectionOf('server') }
}

function protection(settings: KeyBlockSettings, cipher: BulkCipher, keys: WriteKeys): RecordProtection {
  const { mac, macLength } = settings.suite
  const length = settings.truncatedHmac ? Math.min(TRUNCATED_MAC_LENGTH, macLength) : macLength
  return createProtection(settings.version, cipher, { hash: mac, length, encryptThenMac: settings.encryptThenMac }, keys)
}

/** EXPORT suites blow up the few secret octets, and take an IV from where everybody sees it. RFC 2246 §6.3.1. */
function exported(settings: KeyBlockSettings, sender: Sender, keys: WriteKeys): WriteKeys {
  if (!settings.exportGrade) return keys
  const { derivation, randoms, suite, version } = settings
  const key = derivation.exportKey(sender, keys.key, randoms, suite.cipher.keyLength)
  // RFC 4346 §6.3.1 knows no EXPORT suites: whoever speaks them there brings an IV in each record.
  const iv = version >= protocolVersion.code('TLSv1.1') ? keys.iv : derivation.exportIv(sender, randoms, suite.cipher.ivLength)
  return { macSecret: keys.macSecret, key, iv }
}

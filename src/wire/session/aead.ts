import { createCipheriv, createDecipheriv, createSecretKey, type CipherCCMTypes } from 'node:crypto'
import { concat, plain } from './octets.ts'
import type { BulkCipher } from './record-protection.ts'

/** Authenticated encryption under one key, RFC 5116 §2. */
export interface Aead {
  /** The ciphertext with its tag behind it. */
  seal(nonce: Uint8Array, additionalData: Uint8Array, plaintext: Uint8Array): Uint8Array
  /** The plaintext, or undefined when the tag is wrong. */
  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined
}

/** The AEAD of a suite by node:crypto. */
export function createAead({ algorithm, tagLength }: BulkCipher, key: Uint8Array): Aead {
  // GCM, CCM and ChaCha20-Poly1305 take the same options, of AES and of ARIA; the types know of one pair at a time.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const name = algorithm as CipherCCMTypes
  const options = { authTagLength: tagLength }
  const secret = createSecretKey(key)
  return {
    seal(nonce, additionalData, plaintext) {
      const cipher = createCipheriv(name, secret, nonce, options).setAAD(additionalData, { plaintextLength: plaintext.length })
      const ciphertext = cipher.update(plaintext)
      return concat(ciphertext, cipher.final(), cipher.getAuthTag())
    },
    open(nonce, additionalData, sealed) {
      if (sealed.length < tagLength) return undefined
      const ciphertext = sealed.slice(0, sealed.length - tagLength)
      const decipher = createDecipheriv(name, secret, nonce, options).setAuthTag(sealed.slice(ciphertext.length))
      decipher.setAAD(additionalData, { plaintextLength: ciphertext.length })
      try {
        // CCM throws here and GCM at the end, and nothing else can go wrong.
        const plaintext = decipher.update(ciphertext)
        decipher.final()
        return plain(plaintext)
      } catch {
        return undefined
      }
    },
  }
}

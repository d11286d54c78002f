const STATE_LENGTH = 256

/**
 * RC4, which node:crypto has no more. RFC 6229 §2 has its test vectors, RFC 7465 §2 forbids it in TLS: it is here to find servers that
 * still speak it. Encrypts and decrypts; the state goes on from call to call.
 */
export class Rc4 {
  readonly #state = Uint8Array.from({ length: STATE_LENGTH }, (_, index) => index)
  #i = 0
  #j = 0

  constructor(key: Uint8Array) {
    let j = 0
    for (let i = 0; i < STATE_LENGTH; i++) {
      j = (j + this.#at(i) + (key[i % key.length] ?? 0)) % STATE_LENGTH
      this.#swap(i, j)
    }
  }

  apply(octets: Uint8Array): Uint8Array {
    return Uint8Array.from(octets, (octet) => {
      this.#i = (this.#i + 1) % STATE_LENGTH
      this.#j = (this.#j + this.#at(this.#i)) % STATE_LENGTH
      this.#swap(this.#i, this.#j)
      return octet ^ this.#at((this.#at(this.#i) + this.#at(this.#j)) % STATE_LENGTH)
    })
  }

  #at(index: number): number {
    return this.#state[index] ?? 0
  }

  #swap(i: number, j: number): void {
    const octet = this.#at(i)
    this.#state[i] = this.#at(j)
    this.#state[j] = octet
  }
}

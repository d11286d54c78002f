/** Responses of OCSP by the certificates that they are about, by SHA-256 in hex: those that may be stapled now, and no others. */
export type StapleList = readonly (readonly [sha256: string, response: Uint8Array])[]

/** What is stapled at the moment, shared by everything that serves certificates in one process. */
export class Staples {
  #all: ReadonlyMap<string, Uint8Array> = new Map()

  set(all: StapleList): void {
    this.#all = new Map(all)
  }

  of(sha256: string): Uint8Array | undefined {
    return this.#all.get(sha256)
  }
}

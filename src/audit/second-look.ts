import type { Manners } from './manners.ts'

/** What was refused while the server may have refused everything for a spell: asked for once more when nothing else is left to ask. */
export class SecondLook {
  readonly #manners: Manners
  #refused: { readonly items: readonly number[]; readonly row: number }[] = []
  #taken = false

  constructor(manners: Manners) {
    this.#manners = manners
  }

  refused(items: readonly number[]): void {
    this.#refused.push({ items, row: this.#manners.row })
  }

  get wanted(): boolean {
    return !this.#taken && this.#refused.some(({ row }) => this.#manners.wasSpell(row))
  }

  /** Nothing more will be asked. */
  giveUp(): void {
    this.#taken = true
  }

  /** What is to be asked for again, once. */
  take(): readonly number[] {
    this.#taken = true
    return this.#refused.splice(0).flatMap(({ items, row }) => (this.#manners.wasSpell(row) ? items : []))
  }
}

import type { Rulebook } from './rulebook.ts'
import { bsiTr021022 } from './rulebooks/bsi-tr-02102-2.ts'
import { mozillaIntermediate57 } from './rulebooks/mozilla-intermediate-5-7.ts'
import { mozillaIntermediate } from './rulebooks/mozilla-intermediate.ts'
import { mozillaModern } from './rulebooks/mozilla-modern.ts'
import { mozillaOld } from './rulebooks/mozilla-old.ts'
import { ncscNl } from './rulebooks/ncsc-nl.ts'
import { nistSp80052r2 } from './rulebooks/nist-sp800-52r2.ts'
import { pciDss } from './rulebooks/pci-dss.ts'
import { postern } from './rulebooks/postern.ts'
import { rfc9325 } from './rulebooks/rfc-9325.ts'

/** Every rulebook. A new one is one file and one line here. */
export const RULEBOOKS: readonly Rulebook[] = [
  postern,
  mozillaModern,
  mozillaIntermediate,
  mozillaIntermediate57,
  mozillaOld,
  rfc9325,
  ncscNl,
  nistSp80052r2,
  bsiTr021022,
  pciDss,
]

/** Postern's own, which makes the verdicts and the grade. */
export const OWN_RULEBOOK: Rulebook = postern

/** The rulebook with this name, or undefined where there is none. */
export function rulebookByName(name: string): Rulebook | undefined {
  return RULEBOOKS.find((rulebook) => rulebook.name === name)
}

/**
 * The tests beside the source, many in one process: they are small, and to start takes longer than to test. `npm run test:unit` gives each file a process of its own.
 */
import { globSync } from 'node:fs'

const CHECKOUT = new URL('../..', import.meta.url)

/** Declares the tests of all files that fit, one file after the other. */
export async function testsOf(pattern: string): Promise<void> {
  for (const file of globSync(pattern, { cwd: CHECKOUT }).toSorted()) await import(new URL(file, CHECKOUT).href)
}

import type { OpensslGeneration } from '../policy/index.ts'

/** Policy has the same list, to which the compiler holds this one: whoever asks for help need not wait for all of policy to be loaded. */
const NAMED: Readonly<Record<OpensslGeneration, true>> = { '1.0.2': true, '1.1.1': true, '3.0': true, '3.5': true }

/** The choices of `--openssl`, oldest first. */
export const GENERATIONS: readonly string[] = Object.keys(NAMED)

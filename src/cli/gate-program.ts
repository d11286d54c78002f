import { fileURLToPath } from 'node:url'

/** What starts Postern, seen from src/cli and from dist/cli. */
export const PROGRAM: string = fileURLToPath(new URL('../../bin/postern.js', import.meta.url))

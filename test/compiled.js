import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

/**
 * Loaded before every file of `npm test`: what one process has compiled serves the others, which takes a fifth off what each needs to start. Programs that
 * a test starts do the same. JavaScript, since what takes the types off would be loaded for this file alone: as much again.
 */
const folder = fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url))
process.env['NODE_COMPILE_CACHE'] = folder
enableCompileCache(folder)

import hooks from 'node:async_hooks'
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

/** Loaded before every file of `npm test`, to take less time. JavaScript, since what takes the types off would be loaded for this file alone: as much again. */

/** What one process has compiled serves the others, which takes a fifth off what each needs to start. Programs that a test starts do the same. */
const folder = fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url))
process.env['NODE_COMPILE_CACHE'] = folder
enableCompileCache(folder)

/**
 * The test runner follows every promise from its making to its end, to know which test an error belongs to that nobody caught: a tenth of all that tests
 * need. Without that such an error fails the whole file; run by itself, the file says which test it was.
 */
const { createHook } = hooks
hooks.createHook = () => {
  hooks.createHook = createHook
  // One without callbacks that is enabled follows promises as well.
  return { enable() {}, disable() {} }
}

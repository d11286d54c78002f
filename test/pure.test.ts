/**
 * The tests of what has no socket, file or clock, in one process: there are many small files of them, and to start takes longer than to test.
 * `npm run test:unit` gives each a process of its own.
 */
import { globSync } from 'node:fs'

for (const file of globSync('src/{dialects,policy,registry,wire}/**/*.test.ts', { cwd: new URL('..', import.meta.url) }).toSorted())
  await import(new URL(`../${file}`, import.meta.url).href)

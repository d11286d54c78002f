#!/usr/bin/env node
// Plain JavaScript that every Node since 14.8 can read: it finds the Node that Postern needs and says so in one line when there is none.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { constants } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'

const NEEDED = 24
const built = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const main = existsSync(fileURLToPath(new URL('../src/cli/main.ts', import.meta.url)))
  ? fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
  : built

/** The Node that `npm ci` brought along, when there is one for this machine. */
function ownNode() {
  try {
    const folder = nodeModule.createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/package.json`)
    return fileURLToPath(new URL('./bin/node', pathToFileURL(folder)))
  } catch {
    return undefined
  }
}

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  nodeModule.enableCompileCache?.()
  const { run } = await import(pathToFileURL(main).href)
  await run()
} else {
  const node = ownNode()
  if (node !== undefined && existsSync(node)) {
    // Ctrl-C reaches both: the newer Node says how the command ends.
    process.on('SIGINT', () => undefined)
    const child = spawnSync(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
    process.exitCode = child.status ?? (child.signal === null ? 70 : 128 + constants.signals[child.signal])
  } else {
    console.error(
      `postern: error: Node.js ${NEEDED} or later is needed, this is ${process.version}. Install it, or run npm ci in the checkout.`,
    )
    process.exitCode = 3
  }
}

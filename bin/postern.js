#!/usr/bin/env node
// Plain JavaScript that every Node since 14.8 can read: it finds the Node that Postern needs and says so in one line when there is none.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { isatty } from 'node:tty'
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

/** What systemd says for one process is for the newer Node then, whose id nobody knows before it is there. */
const TAKE_OVER = `[ "$LISTEN_PID" != "$PPID" ] || LISTEN_PID=$$
[ "$WATCHDOG_PID" != "$PPID" ] || WATCHDOG_PID=$$
exec "$@"`

/** Has the newer Node run the command in the place of this one: with its descriptors, its signals, and its end. */
function handOver(node) {
  const words = [node, fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  const { LISTEN_PID, LISTEN_FDS, WATCHDOG_PID } = process.env
  const isOwn = (pid) => Number(pid) === process.pid
  const sockets = isOwn(LISTEN_PID) ? Number(LISTEN_FDS) || 0 : 0
  const [file, ...rest] = isOwn(LISTEN_PID) || isOwn(WATCHDOG_PID) ? ['/bin/sh', '-c', TAKE_OVER, 'sh', ...words] : words
  const child = spawn(file, rest, {
    stdio: Array.from({ length: 3 + sockets }, () => 'inherit'),
    // Who is killed leads no signal on: what runs until it is told to end has to see by itself that nobody is left to tell it.
    env: { ...process.env, POSTERN_STARTED_BY: String(process.pid) },
  })
  // A terminal sends Ctrl-C to both, and a second one would mean something else.
  const hasTerminal = [0, 1, 2].some((fd) => isatty(fd))
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) {
    process.on(signal, () => (signal === 'SIGINT' && hasTerminal) || child.kill(signal))
  }
  child.once('error', (error) => {
    console.error(`postern: error: ${error.message}`)
    process.exitCode = 70
  })
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  nodeModule.enableCompileCache?.()
  const { run } = await import(pathToFileURL(main).href)
  await run()
} else {
  const node = ownNode()
  if (node !== undefined && existsSync(node)) {
    handOver(node)
  } else {
    console.error(
      `postern: error: Node.js ${NEEDED} or later is needed, this is ${process.version}. Install it, or run npm ci in the checkout.`,
    )
    process.exitCode = 3
  }
}

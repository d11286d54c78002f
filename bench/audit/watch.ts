/**
 * Loaded before the command (`node --import`): writes to the file WATCH_RESULT how many sockets the process had open when it
 * began, at the most, and when nothing was left to do; and its peak memory in kB.
 */
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs'

const EVERY_MS = 50
/** Longer than connections linger that we have closed. */
const SETTLE_MS = 1000

const began = openSockets()
let most = began
setInterval(() => (most = Math.max(most, openSockets())), EVERY_MS).unref()

process.once('beforeExit', () => {
  const ended = performance.now()
  setTimeout(() => {
    const result = { began, most, left: openSockets(), rss: process.resourceUsage().maxRSS, milliseconds: Math.round(ended) }
    writeFileSync(process.env['WATCH_RESULT'] ?? '/dev/stderr', JSON.stringify(result))
  }, SETTLE_MS)
})

function openSockets(): number {
  return readdirSync('/proc/self/fd').filter(isSocket).length
}

/** A file that was closed meanwhile is none. */
function isSocket(descriptor: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith('socket:')
  } catch {
    return false
  }
}

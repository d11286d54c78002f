/**
 * Audits servers given as `name=door=port`, one after the other, and prints how many megabytes were held at the most while each
 * was audited, beyond what was held before. Run with --expose-gc.
 */
import { measure } from '../src/audit/index.ts'
import { dialectByName, tls } from '../src/dialects/index.ts'

function heldNow(): number {
  // Buffers are swept beside the program, on a busy machine later than the collection that found them: the next one waits for that.
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return (heapUsed + arrayBuffers) / 1024 / 1024
}

async function audit(door: string, port: number): Promise<void> {
  const dialect = dialectByName(door) ?? tls
  const beginning = door === 'tls' ? 'implicit' : 'starttls'
  const options = { parallel: 8, timeout: 2000, pause: 50, patience: 300, now: new Date() }
  await measure({ address: '127.0.0.1', port, dialect, beginning, serverName: 'hostile.example' }, options)
}

const held: Record<string, number> = {}
for (const argument of process.argv.slice(2)) {
  const [name = '', door = '', port] = argument.split('=')
  const before = heldNow()
  let most = before
  let last = before
  // What is gone at the next look was on its way, and not held.
  const timer = setInterval(() => {
    const now = heldNow()
    most = Math.max(most, Math.min(last, now))
    last = now
  }, 40)
  await audit(door, Number(port))
  clearInterval(timer)
  most = Math.max(most, Math.min(last, heldNow()))
  held[name] = Math.round((most - before) * 10) / 10
}
process.stdout.write(JSON.stringify(held))

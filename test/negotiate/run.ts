/**
 * Random pairs of real programs, each carried out and compared with what negotiate() foretells:
 *
 *     npm run verify:negotiate -- --pairs 2000 --seed 1 [--tools node24,openssl] [--one SEED] [--hold-while FILE]
 *
 * `--one` carries out a single pair by the seed that was printed for it. While the file of `--hold-while` exists no pair is begun: others
 * may be measuring. What is not as foretold is tried twice; a difference that comes only once is printed and not counted.
 */
import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { suiteByName } from '../../src/registry/index.ts'
import { alertsOf, steadyTrial, type Trial } from './pair.ts'
import { openTools } from './tools.ts'

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '2000' },
    seed: { type: 'string' },
    tools: { type: 'string' },
    one: { type: 'string' },
    show: { type: 'string', default: '10' },
    'hold-while': { type: 'string' },
  },
})

/** Suites by the names of OpenSSL, and only some of many. */
function brief(end: Trial['client'] | Trial['server']): string {
  const suites = end.suites.map((name) => suiteByName(name)?.openssl ?? name)
  const certificates =
    'certificates' in end ? { certificates: end.certificates.map((one) => `${one.keyType} ${one.curve ?? one.keyBits}`) } : {}
  const { signatureSchemes, ...rest } = end
  const schemes =
    signatureSchemes === undefined ? {} : { schemes: signatureSchemes.map((name) => name.replace(/_sha|secp\w+_sha|rsae/g, '')).join(' ') }
  return JSON.stringify({
    ...rest,
    ...schemes,
    suites: (suites.length > 10 ? [...suites.slice(0, 10), suites.length] : suites).join(' '),
    ...certificates,
  })
}

function describe(one: Trial): string {
  const { hello } = one.seen
  return [
    `seed ${one.seed}: ${one.clientTool} -> ${one.serverTool}`,
    ...one.differences.map((line) => `  ${line}`),
    `  client ${brief(one.client)}`,
    `  server ${brief(one.server)}`,
    `  foretold ${JSON.stringify(one.foretold)}`,
    `  alerts ${alertsOf(one.seen)}; client: ${one.clientReport.error ?? 'ok'}; server: ${one.serverReport.error ?? 'ok'}; hello ${hello === undefined ? 'none' : `${hello.cipherSuites.length} suites`}`,
  ].join('\n')
}

const tools = await openTools(values.tools?.split(','))
const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000_000) : Number(values.seed)
const total = values.one === undefined ? Number(values.pairs) : 1
console.log(`seed ${values.one ?? seed}, ${total} pairs of ${tools.all.map((tool) => tool.name).join(', ')}`)
const counts = { done: 0, skipped: 0, agreed: 0, wrong: 0, unsteady: 0 }
const reasons = new Map<string, number>()
const start = performance.now()
const hold = values['hold-while']
let next = 0

/** Until nobody wants it quiet. */
async function quiet(): Promise<void> {
  if (hold === undefined || !existsSync(hold)) return
  await pause(1000)
  await quiet()
}

async function worker(): Promise<void> {
  while (counts.done < total) {
    await quiet()
    const mine = values.one === undefined ? seed * 1_000_000 + next++ : Number(values.one)
    const { trial: one, unsteady } = await steadyTrial(mine, tools.all)
    if (unsteady !== undefined) {
      counts.unsteady++
      console.log(`seed ${mine}: ${unsteady.clientTool} -> ${unsteady.serverTool}: only once: ${unsteady.differences.join('; ')}`)
    }
    if (one === undefined) {
      counts.skipped++
      if (values.one !== undefined) return
      continue
    }
    counts.done++
    if (one.foretold.agreed) counts.agreed++
    const kind = one.foretold.agreed ? 'agreed' : `${one.foretold.by} ${one.foretold.alert} (${one.foretold.reason})`
    reasons.set(kind, (reasons.get(kind) ?? 0) + 1)
    if (values.one !== undefined) console.log(describe(one))
    if (one.differences.length === 0 || values.one !== undefined) {
      counts.wrong += one.differences.length === 0 ? 0 : 1
      continue
    }
    counts.wrong++
    if (counts.wrong <= Number(values.show)) console.log(describe(one))
    else console.log(`seed ${one.seed}: ${one.clientTool} -> ${one.serverTool}: ${one.differences.join('; ').slice(0, 200)}`)
  }
}

await Promise.all(values.one === undefined ? [worker(), worker(), worker()] : [worker()])
tools.end()
const seconds = (performance.now() - start) / 1000
for (const [reason, count] of [...reasons].sort(([, left], [, right]) => right - left))
  console.log(`${String(count).padStart(6)} ${reason}`)
console.log(
  `${counts.done} pairs, ${counts.agreed} agreed, ${counts.skipped} not to be set up, ${counts.wrong} not as foretold, ${counts.unsteady} only at the second try, ${seconds.toFixed(0)} s`,
)
process.exitCode = counts.wrong === 0 ? 0 : 1

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Crew, readGateConfig } from '../../src/gate/index.ts'

const PROGRAM = new URL('../../bin/postern.js', import.meta.url).pathname

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
}

/** A gate of two processes, which it asks three times a second whether they live. */
async function crewOf(told: string[]): Promise<{ readonly crew: Crew; readonly folder: string; readonly workers: readonly number[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-stuck-'))
  const file = join(folder, 'postern.yaml')
  writeFileSync(
    file,
    'workers: 2\nservices: { plain: { listen: "127.0.0.1:0", dialect: tcp, tls: none, policy: mozilla-intermediate, backend: "127.0.0.1:9" } }\n',
  )
  const before = new Set(childrenOf(process.pid))
  const crew = await Crew.open(await readGateConfig(file, new Date()), {
    program: { file: PROGRAM, words: ['gate', 'worker'], node: [] },
    name: 'gate.example',
    out: () => undefined,
    err: () => undefined,
    tell: (sentence) => void told.push(sentence),
    beat: 300,
  })
  return { crew, folder, workers: childrenOf(process.pid).filter((pid) => !before.has(pid)) }
}

test('Crew: a worker that is stopped and not dead holds up neither status nor reload nor the end, and another takes its place', async (t) => {
  const told: string[] = []
  const { crew, folder, workers } = await crewOf(told)
  t.after(() => rmSync(folder, { recursive: true }))
  const [stopped = 0, other = 0] = workers
  process.kill(stopped, 'SIGSTOP')
  const config = await readGateConfig(join(folder, 'postern.yaml'), new Date())
  await Promise.all([crew.look(0), crew.reload(config, 0)])
  assert.ok(!childrenOf(process.pid).includes(stopped), 'it was killed')
  while (!told.some((line) => line.startsWith('A worker has died (it was stuck, and was killed), and its clients with it.')))
    await delay(10)
  await delay(200)
  await crew.reload(config, 0)
  assert.ok(childrenOf(process.pid).includes(other), 'who answers lives on')
  const [fresh = 0] = childrenOf(process.pid).filter((pid) => pid !== other)
  process.kill(fresh, 'SIGSTOP')
  await crew.close(60_000)
  assert.deepEqual(childrenOf(process.pid), [])
})

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { stringify } from 'yaml'
import { certificates } from '../peers/index.ts'
import type { Words } from './gated.ts'

const PROGRAM = new URL('../../bin/postern.js', import.meta.url).pathname

/** A gate in a process of its own, as people run it. */
export interface GateProcess {
  readonly child: ChildProcess
  readonly port: (service: string) => number
  /** Its configuration. */
  readonly file: string
  /** What it said of itself so far. */
  readonly told: readonly string[]
  /** Lines of its log so far. */
  readonly records: readonly string[]
  /** Resident memory, in kB. */
  readonly memory: () => number
  /** Kills it and removes its files. */
  readonly end: () => Promise<void>
}

/** Words of a configuration without certificates, for one process if they do not say otherwise. `limit`: a command of the shell before it starts, such as `ulimit -n 64`. */
export async function runGateProcess(words: Words, limit = 'true'): Promise<GateProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-gate-process-'))
  const { leaf } = await certificates()
  const file = join(folder, 'postern.yaml')
  writeFileSync(
    file,
    stringify({ workers: 1, identities: { test: [{ certificate: leaf('ecdsa').chain, key: leaf('ecdsa').key }] }, ...words }),
  )
  const child = spawn('/bin/sh', ['-c', `${limit} && exec "$@"`, 'sh', process.execPath, PROGRAM, 'gate', 'run', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ports = new Map<string, number>()
  const records: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => void records.push(line))
  const told = createInterface({ input: child.stderr })
  const all: string[] = []
  const wanted = Object.keys(words.services).length
  await new Promise<void>((resolve, reject) => {
    told.on('line', (line) => {
      all.push(line)
      const [, name = '', port = ''] = /^(\S+) listens on .*:(\d+)$/.exec(line) ?? []
      if (port !== '') ports.set(name, Number(port))
      if (ports.size === wanted) resolve()
    })
    child.once('exit', () => reject(new Error(`the gate ended: ${all.join('\n')}`)))
  })
  return {
    child,
    file,
    told: all,
    records,
    port: (service) => ports.get(service) ?? 0,
    memory: () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]),
    end: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
      rmSync(folder, { recursive: true })
    },
  }
}

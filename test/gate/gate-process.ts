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
  /** Has it read its file again, and waits until it has. */
  readonly reload: () => Promise<void>
  /** Kills it and removes its files. */
  readonly end: () => Promise<void>
}

/** Words of a configuration without certificates, for one process if they do not say otherwise. `limit`: a command of the shell before it starts, such as `ulimit -n 64`. `heard`: is given each line of its log, and none is kept. */
export async function runGateProcess(words: Words, limit?: string, heard?: (line: string) => void): Promise<GateProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-gate-process-'))
  const { leaf } = await certificates()
  const file = join(folder, 'postern.yaml')
  writeFileSync(
    file,
    stringify({ workers: 1, identities: { test: [{ certificate: leaf('ecdsa').chain, key: leaf('ecdsa').key }] }, ...words }),
  )
  const gate = await runGateFile(file, Object.keys(words.services).length, limit, heard)
  const end = async (): Promise<void> => {
    await gate.end()
    rmSync(folder, { recursive: true })
  }
  return { ...gate, end }
}

/** The same of a file that is there and stays: a configuration, or settings with one beside them. `count`: its services. */
export async function runGateFile(file: string, count: number, limit = 'true', heard?: (line: string) => void): Promise<GateProcess> {
  const child = spawn('/bin/sh', ['-c', `${limit} && exec "$@"`, 'sh', process.execPath, PROGRAM, 'gate', 'run', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ports = new Map<string, number>()
  const records: string[] = []
  createInterface({ input: child.stdout }).on('line', heard ?? ((line) => void records.push(line)))
  const told = createInterface({ input: child.stderr })
  const all: string[] = []
  await new Promise<void>((resolve, reject) => {
    told.on('line', (line) => {
      all.push(line)
      const [, name = '', port = ''] = /^(.+) listens on .*:(\d+)$/.exec(line) ?? []
      if (port !== '') ports.set(name, Number(port))
      if (ports.size === count) resolve()
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
    reload: async () => {
      const from = all.length
      child.kill('SIGHUP')
      while (!all.slice(from).some((line) => line.endsWith(' again.'))) await once(told, 'line')
    },
    end: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
    },
  }
}

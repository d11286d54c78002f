import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { stringify } from 'yaml'
import { Counts, Gate, readGateConfig, Upkeep, type ConnectionRecord, type UpkeepOptions } from '../../src/gate/index.ts'
import { connectionRecord } from '../../src/gate/seen/record-schema.ts'
import { certificates, type LeafName } from '../peers/index.ts'

/** The words of a configuration, without what every test has in common. */
export interface Words {
  readonly services: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly [word: string]: unknown
}

export interface Gated {
  readonly gate: Gate
  readonly counts: Counts
  readonly records: readonly ConnectionRecord[]
  readonly port: (service: string) => number
  /** The next record, or one that is there already and was not taken. */
  readonly record: () => Promise<ConnectionRecord>
  /** Another configuration, as SIGHUP would take it up. */
  readonly reload: (words: Words) => Promise<void>
}

/** A gate with the certificates of the tests, on free ports of loopback. It ends with the test. */
export async function startGate(
  words: Words,
  t: Pick<TestContext, 'after'>,
  leaves: readonly LeafName[] = ['rsa'],
  /** Puts what the words name into the folder of the configuration. */
  furnish: (folder: string) => void = () => undefined,
  upkeep: Partial<UpkeepOptions> = {},
): Promise<Gated> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-gated-'))
  furnish(folder)
  const { leaf } = await certificates()
  const file = join(folder, 'postern.yaml')
  const write = (some: Words): void => {
    const services = Object.fromEntries(
      Object.entries(some.services).map(([name, one]) => [name, { listen: '127.0.0.1:0', policy: 'mozilla-intermediate', ...one }]),
    )
    const identities = { test: leaves.map((name) => ({ certificate: leaf(name).chain, key: leaf(name).key })) }
    writeFileSync(file, stringify({ identities, ...some, services }))
  }
  write(words)
  const records: ConnectionRecord[] = []
  let taken = 0
  const waiting: (() => void)[] = []
  const misfits: unknown[] = []
  const log = (record: ConnectionRecord): void => {
    records.push(record)
    // As whoever reads the log gets it.
    const { error } = connectionRecord.safeParse(JSON.parse(JSON.stringify(record)))
    if (error !== undefined) misfits.push(error.issues, record)
    for (const tell of waiting.splice(0)) tell()
  }
  const counts = new Counts()
  const config = await readGateConfig(file, new Date())
  const gate = await Gate.open(config, { log, counts, name: 'gate.example', now: () => new Date() })
  const kept = new Upkeep(gate, config, { now: () => new Date(), tell: () => undefined, ...upkeep })
  t.after(async () => {
    kept.stop()
    await gate.close(0)
    rmSync(folder, { recursive: true })
    assert.deepEqual(misfits, [], 'every record fits schemas/gate-log.schema.json')
  })
  return {
    gate,
    counts,
    records,
    port: (service) => gate.services.find(({ name }) => name === service)?.place.port ?? 0,
    record: async () => {
      while (records.length <= taken) await new Promise<void>((resolve) => void waiting.push(resolve))
      taken += 1
      return records[taken - 1]!
    },
    reload: async (some) => {
      write(some)
      await gate.reload(await readGateConfig(file, new Date()), 0)
    },
  }
}

/** A client that says some text and hears until the other ends, or is silent for half a second. */
export function hears(port: number, says: readonly string[], patience = 500): Promise<string> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, '127.0.0.1')
    let heard = ''
    const next = [...says]
    const done = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(heard)
    }
    let timer = setTimeout(done, patience)
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1')
      clearTimeout(timer)
      timer = setTimeout(done, patience)
      const text = next.shift()
      if (text !== undefined) socket.write(text, 'latin1')
    })
    socket.on('close', done)
    socket.on('error', done)
  })
}

import { resolve } from 'node:path'
import { printUnit } from '../gate/index.ts'
import { PROGRAM } from './gate-program.ts'
import { readGate } from './gate-settings.ts'
import type { Terminal } from './terminal.ts'

export interface UnitValues {
  readonly sockets?: true
}

/** Prints a unit of systemd for a configuration, which has to be one that can be run. */
export async function printGateUnit(file: string, values: UnitValues, terminal: Terminal): Promise<void> {
  const { config } = await readGate(file, { name: [] }, terminal, new Date())
  terminal.out(
    printUnit({
      program: [process.execPath, PROGRAM],
      file: resolve(terminal.cwd, file),
      sockets: values.sockets === true ? config.services : [],
    }),
  )
}

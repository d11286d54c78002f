import { resolve } from 'node:path'
import { beyondUnit, printUnit, stateFolder, unitName } from '../gate/index.ts'
import { PROGRAM } from './gate-program.ts'
import { readGate } from './gate-settings.ts'
import type { Terminal } from './terminal.ts'

export interface UnitValues {
  readonly sockets?: true
}

/** Prints a unit of systemd for a configuration, which has to be one that can be run, and says what it would want to write to in vain. */
export async function printGateUnit(file: string, values: UnitValues, terminal: Terminal, runs: 'gate' | 'link' = 'gate'): Promise<void> {
  const { config } = await readGate(file, { name: [] }, terminal, new Date())
  const path = resolve(terminal.cwd, file)
  terminal.out(printUnit({ program: [process.execPath, PROGRAM], file: path, config, runs, sockets: values.sockets === true }))
  const folder = stateFolder(unitName({ runs }))
  for (const beyond of beyondUnit({ config, runs }))
    terminal.err(`postern: note: the unit cannot write to ${beyond}: name a place in ${folder} for it\n`)
}

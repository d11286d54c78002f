import { resolve } from 'node:path'
import { beyondUnit, printUnit, stateFolder, unitName } from '../gate/index.ts'
import { PROGRAM } from './gate-program.ts'
import { readGate, type GateValues } from './gate-settings.ts'
import type { Terminal } from './terminal.ts'

export interface UnitValues extends GateValues {
  readonly sockets?: true
}

/** Prints a unit of systemd for a configuration, which has to be one that can be run, and says what it would want to write to in vain. */
export async function printGateUnit(file: string, values: UnitValues, terminal: Terminal, runs: 'gate' | 'link' = 'gate'): Promise<void> {
  const { config } = await readGate(file, values, terminal, new Date())
  const words = [resolve(terminal.cwd, file), ...settingsWords(values, terminal)]
  terminal.out(printUnit({ program: [process.execPath, PROGRAM], words, config, runs, sockets: values.sockets === true }))
  const folder = stateFolder(unitName({ runs }))
  for (const beyond of beyondUnit({ config, runs }))
    terminal.err(`postern: note: the unit cannot write to ${beyond}: name a place in ${folder} for it\n`)
}

/** The options by which settings of another program were read: with others they may mean something else. */
function settingsWords({ with: beside, product, productVersion, openssl, detect, name }: GateValues, { cwd }: Terminal): readonly string[] {
  const written = (option: string, value: string | undefined): readonly string[] => (value === undefined ? [] : [option, value])
  return [
    ...written('--with', beside === undefined ? undefined : resolve(cwd, beside)),
    ...written('--product', product),
    ...written('--product-version', productVersion),
    ...written('--openssl', openssl),
    ...(detect === undefined ? [] : [detect ? '--detect' : '--no-detect']),
    ...name.flatMap(([purpose, called]) => ['--name', `${purpose}=${called}`]),
  ]
}

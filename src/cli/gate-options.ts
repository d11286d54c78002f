import type { Command } from 'commander'
import { PRODUCTS } from '../settings/products/index.ts'
import { GATE_PRODUCTS } from './gate-products.ts'
import { addVersionOptions } from './settings-options.ts'

/** What a command can run that runs a gate. */
export const GATE_CONFIGURATION = 'configuration (YAML, schemas/gate.schema.json), or mailserver.cfg or server.xml'

/** For settings of other programs. */
export function addSettingsOptions(command: Command): void {
  command.option('--with <file>', 'beside settings: where certificates and servers behind are (default postern.yaml in their folder)')
  addVersionOptions(
    command,
    PRODUCTS.filter(({ product }) => GATE_PRODUCTS.includes(product)),
  )
}

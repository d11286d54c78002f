import { basename, dirname, join, resolve } from 'node:path'
import { PosternError } from '../errors.ts'
import { readGateBeside, readGateConfig, type GateConfig } from '../gate/index.ts'
import type { Leg, SettingsFinding } from '../settings/index.ts'
import { readText } from './files.ts'
import { doorsOf } from './gate-doors.ts'
import { GATE_PRODUCTS } from './gate-products.ts'
import { tlsOfLeg, type LegTls } from './gate-tls.ts'
import type { ReadValues } from './settings-options.ts'
import type { Terminal } from './terminal.ts'

/** Options of the commands that read what a gate is to do. */
export interface GateValues extends Pick<ReadValues, 'product' | 'productVersion' | 'openssl' | 'name' | 'detect'> {
  /** The configuration that stands beside settings of another program. */
  readonly with?: string
}

/** What a gate is to do. */
export interface GateRead {
  readonly config: GateConfig
  /** What its operator should know of the settings of another program that it comes from. */
  readonly settings?: {
    /** What they leave open, in sentences. */
    readonly notes: readonly string[]
    /** What is wrong with them. */
    readonly findings: readonly SettingsFinding[]
  }
}

const BESIDE = 'postern.yaml'

/**
 * Reads a configuration, or the settings of Kerio Connect, Mail Express or Tomcat with the small configuration beside them. Rejects with what is wrong:
 * `GATE_CONFIG`, `GATE_SETTINGS`, and whatever settings and policies are refused for.
 */
export async function readGate(file: string, values: GateValues, terminal: Terminal, now: Date): Promise<GateRead> {
  const path = resolve(terminal.cwd, file)
  if (isSettings(file, terminal)) return readSettingsGate(path, values, terminal, now)
  if (values.with !== undefined)
    throw new PosternError('input', 'GATE_CONFIG', `Cannot use --with beside ${file}: it is a configuration of its own`, {
      remedy: 'Leave --with out, or name mailserver.cfg or server.xml first.',
    })
  return { config: await readGateConfig(path, now) }
}

/** They are XML, which no configuration is. */
function isSettings(file: string, terminal: Terminal): boolean {
  if (/\.(?:cfg|xml)$/i.test(file)) return true
  if (/\.(?:ya?ml|json)$/i.test(file)) return false
  return /^\uFEFF?\s*</.test(readText(file, terminal))
}

async function readSettingsGate(path: string, values: GateValues, terminal: Terminal, now: Date): Promise<GateRead> {
  const { PRODUCTS } = await import('../settings/products/index.ts')
  const { find, readFound } = await import('./settings-read.ts')
  const products = PRODUCTS.filter(({ product }) => GATE_PRODUCTS.includes(product))
  const reading = { ...values, follow: true, rules: '' } as const
  const found = await find(path, reading, products, terminal)
  const { reading: read } = readFound(found, reading)
  const doors = doorsOf(read)
  const source = { file: found.path, edition: read.version.text, date: now.toISOString().slice(0, 'yyyy-mm-dd'.length) }
  const used = new Map<string, LegTls>()
  const readLeg = (leg: Leg): LegTls => {
    const title = `${leg.door} ${leg.role}`
    const tls = used.get(title) ?? tlsOfLeg(leg, source)
    used.set(title, tls)
    return tls
  }
  const tlsOf = (name: string, dialect: string): LegTls => {
    const leg = doors.legOf(name, dialect)
    if (leg === undefined) throw ungoverned(name, found.path)
    return readLeg(leg)
  }
  const outwards = (dialect: string): LegTls | undefined => {
    const leg = doors.outwards?.(dialect)
    return leg === undefined ? undefined : readLeg(leg)
  }
  const beside = values.with === undefined ? join(dirname(found.path), BESIDE) : resolve(terminal.cwd, values.with)
  const config = await readGateBeside(beside, now, { title: basename(path), services: doors.services, tlsOf, outwards })
  const notes = [...doors.notes, ...[...used.values()].flatMap((one) => one.notes)]
  return { config, settings: { notes, findings: read.findings } }
}

function ungoverned(name: string, file: string): PosternError {
  return new PosternError('input', 'GATE_SETTINGS', `Cannot run the service ${name}: ${basename(file)} says nothing of it`, {
    remedy: 'Give it a policy in the configuration beside, or name it as `postern settings show` names its door.',
  })
}

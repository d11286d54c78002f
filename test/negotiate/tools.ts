import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CHECKOUT } from '../peers/packages.ts'
import { Helper } from './ends.ts'
import { gnutlsTool } from './gnutls.ts'
import { jsseTools } from './jsse.ts'
import { BUILDS, commandTool, nodeTool } from './openssl.ts'
import type { Tool } from './tool.ts'

const NODE_END = new URL('./node-end.cjs', import.meta.url).pathname
const stack = (name: string): string => join(CHECKOUT, 'test/stacks/node_modules', name, 'bin/node')

const NODES = [
  ['node8', stack('node8'), '1.0.2'],
  ['node16', stack('node16'), '1.1.1'],
  ['node20', stack('node20'), '3.0'],
  ['node24', process.execPath, '3.5'],
] as const

export interface Tools {
  readonly all: readonly Tool[]
  end(): void
}

/** Every program that is there, or those that are asked for; `end` ends their processes. */
export async function openTools(only?: readonly string[]): Promise<Tools> {
  const wanted = (name: string): boolean => only === undefined || only.includes(name)
  const helpers: Helper[] = []
  const all: Tool[] = []
  for (const [name, program, build] of NODES) {
    if (!wanted(name) || !existsSync(program)) continue
    const helper = new Helper([program, NODE_END])
    helpers.push(helper)
    all.push(nodeTool(name, BUILDS[build], helper))
  }
  if (wanted('openssl')) all.push(commandTool(BUILDS['3.0 of Debian']))
  if (wanted('gnutls') && existsSync('/usr/bin/gnutls-serv')) all.push(gnutlsTool())
  if (wanted('jsse') && existsSync('/usr/bin/javac')) {
    const jsse = await jsseTools()
    helpers.push(...jsse.helpers)
    all.push(...jsse.tools)
  }
  return { all, end: () => helpers.forEach((helper) => helper.end()) }
}

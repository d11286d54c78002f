/** Servers behind a gate that may be killed at any time, and what has arrived at them. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { certificates, startPeer } from '../peers/index.ts'
import { freePort } from '../peers/free-port.ts'
import type { ContentOctets } from './sent-message.ts'

export interface Arrived {
  /** What the server calls it: two of one name are one message that the server itself has delivered twice. */
  readonly name: string
  /** From its first header on that is not the server's. */
  readonly content: Buffer
}

export interface Behind {
  readonly port: number
  /** What it takes as it is. */
  readonly octets: ContentOctets
  /** SIGKILL for all its processes, and a new start. */
  readonly crash: () => Promise<void>
  readonly count: () => number
  readonly arrived: () => readonly Arrived[]
  readonly end: () => Promise<void>
}

export const BEHIND = ['recording', 'postfix', 'exim'] as const

export type BehindName = (typeof BEHIND)[number]

/** `withTls`: it offers STARTTLS, which Postfix and Exim do anyway. */
export function startBehind(name: BehindName, withTls = false): Promise<Behind> {
  return name === 'recording' ? recording(withTls) : mailServer(name)
}

const SERVER = new URL('./recording-server.ts', import.meta.url).pathname

async function recording(withTls: boolean): Promise<Behind> {
  const { key, chain } = (await certificates()).leaf('rsa')
  const files = withTls ? [key, chain] : []
  const folder = mkdtempSync(join(tmpdir(), 'postern-nothing-lost-'))
  const port = await freePort()
  let server = await startRecording(port, folder, files)
  const stored = (): readonly string[] => readdirSync(folder).filter((name) => name.endsWith('.message'))
  return {
    port,
    octets: 'any',
    crash: async () => {
      await killed(server)
      server = await startRecording(port, folder, files)
    },
    count: () => stored().length,
    arrived: () => stored().map((name) => ({ name, content: readFileSync(join(folder, name)) })),
    end: async () => {
      await killed(server)
      rmSync(folder, { recursive: true })
    },
  }
}

async function startRecording(port: number, folder: string, files: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [SERVER, String(port), folder, ...files], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return child
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

async function mailServer(name: 'postfix' | 'exim'): Promise<Behind> {
  const peer = await startPeer(name, { delivers: true })
  const inbox = join(peer.folder, 'mail/inbox/new')
  const files = (): readonly string[] => (existsSync(inbox) ? readdirSync(inbox) : [])
  return {
    port: peer.doors.smtp,
    octets: 'text',
    crash: peer.crash,
    count: () => files().length,
    arrived: () => files().map((file) => inMaildir(readFileSync(join(inbox, file)))),
    end: peer.stop,
  }
}

/** The trace that the server has put before it (RFC 5321 §4.4) tells its own name for the message. In a Maildir lines end in LF. */
export function inMaildir(stored: Buffer): Arrived {
  const text = stored.toString('latin1')
  const begin = text.indexOf('\nMessage-ID: ') + 1
  const [, name = ''] = /\sid (\S+)\s/.exec(text.slice(0, begin)) ?? []
  return { name, content: Buffer.from(text.slice(begin).replaceAll('\n', '\r\n'), 'latin1') }
}

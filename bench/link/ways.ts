/** The ways from a client to a server inside that are measured. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { newCertificate } from '../../src/gate/links/link-file.ts'
import { freePort } from '../../test/peers/free-port.ts'
import { listens, Running } from '../gate/processes.ts'

export type WayName = 'direct' | 'link' | 'node:http2 alone' | 'ssh' | 'ssh, AES-GCM'

export interface Way {
  readonly name: WayName
  /** Where clients come. */
  readonly port: number
  /** In the DMZ and inside. */
  readonly ends: readonly Running[]
}

export interface Scene {
  readonly folder: string
  /** All that was started, to be stopped. */
  readonly running: Running[]
  /** Nothing more is started. */
  readonly leaving: AbortSignal
  /** Where the server is. */
  readonly server: number
  readonly core: string
}

const PROGRAM = new URL('../../bin/postern.js', import.meta.url).pathname
const BARE = new URL('bare.ts', import.meta.url).pathname

function start({ folder, core, running, leaving }: Scene, command: readonly string[], log: string): Running {
  leaving.throwIfAborted()
  const one = new Running(command, { core, log, folder })
  running.push(one)
  return one
}

/** A gate and an inside, a process each. */
export async function linkWay(scene: Scene): Promise<Way> {
  const { folder, server } = scene
  const [door, port] = [await freePort(), await freePort()]
  const edge = join(folder, 'edge.yaml')
  const inside = join(folder, 'inside.yaml')
  const common = 'workers: 1\nadmin: false\nlog: none\nlimits: { connections: 20000, perClient: 20000 }\n'
  const service = (listen: string, backend: string): string =>
    `services: { plain: { listen: ${listen}, dialect: tcp, tls: none, policy: mozilla-intermediate, backend: ${backend} } }\n`
  writeFileSync(edge, `${common}links: { listen: "127.0.0.1:${door}" }\n${service(`"127.0.0.1:${port}"`, '{ link: office }')}`)
  writeFileSync(inside, `${common}links: { gates: { edge: edge.link } }\n${service('{ link: edge }', `"127.0.0.1:${server}"`)}`)
  const run = (file: string): Running => start(scene, [process.execPath, PROGRAM, 'gate', 'run', file], `${file}.log`)
  const postern = (...words: readonly string[]): string =>
    execFileSync(process.execPath, [PROGRAM, 'link', ...words], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const gate = run(edge)
  await listens(door, gate)
  const line = postern('invite', edge, 'office', '--gate', `127.0.0.1:${door}`).trim()
  postern('join', line, '--file', 'edge.link')
  const office = run(inside)
  await stands(`${inside}.log`, /The link edge stands/)
  return { name: 'link', port, ends: [gate, office] }
}

/** The same with `node:http2` and nothing of ours. */
export async function bareWay(scene: Scene): Promise<Way> {
  const { folder, server } = scene
  const [door, port] = [await freePort(), await freePort()]
  const own = newCertificate('bench', new Date())
  const [key, certificate] = [join(folder, 'bare.key'), join(folder, 'bare.pem')]
  writeFileSync(key, own.key, { mode: 0o600 })
  writeFileSync(certificate, own.certificate)
  const run = (role: 'outside' | 'inside', other: number): Running =>
    start(scene, [process.execPath, BARE, role, String(door), String(other), key, certificate], `${key}.log`)
  const outside = run('outside', port)
  await listens(door, outside)
  const inside = run('inside', server)
  await listens(port, outside)
  return { name: 'node:http2 alone', port, ends: [outside, inside] }
}

/** An sshd in the DMZ with a key of its own, and a client inside that has it listen there: `ssh -R`. */
export async function sshWay(scene: Scene, name: 'ssh' | 'ssh, AES-GCM'): Promise<Way> {
  const { folder, server } = scene
  const at = (file: string): string => join(folder, `${name.replaceAll(/\W/g, '-')}.${file}`)
  const [door, port] = [await freePort(), await freePort()]
  for (const key of ['host', 'own']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(key)])
  writeFileSync(at('authorized'), readFileSync(at('own.pub')))
  chmodSync(at('authorized'), 0o600)
  // sshd of Debian has this folder built in for the part of it that talks to strangers.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true })
  writeFileSync(
    at('conf'),
    `Port ${door}\nListenAddress 127.0.0.1\nHostKey ${at('host')}\nAuthorizedKeysFile ${at('authorized')}\nStrictModes no\nUsePAM no\nPidFile none\nPermitRootLogin prohibit-password\nMaxSessions 20000\n`,
  )
  const sshd = start(scene, ['/usr/sbin/sshd', '-D', '-e', '-f', at('conf')], at('sshd.log'))
  await listens(door, sshd)
  const cipher = name === 'ssh' ? [] : ['-c', 'aes128-gcm@openssh.com']
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'ExitOnForwardFailure=yes', 'IPQoS=none'].flatMap((one) => [
    '-o',
    one,
  ])
  const words = [
    '-N',
    '-p',
    String(door),
    '-i',
    at('own'),
    ...cipher,
    ...options,
    '-R',
    `127.0.0.1:${port}:127.0.0.1:${server}`,
    '127.0.0.1',
  ]
  const ssh = start(scene, ['ssh', '-F', 'none', ...words], at('ssh.log'))
  await listens(port, ssh)
  return { name, port, ends: [sshd, ssh] }
}

async function stands(log: string, words: RegExp): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (words.test(readFileSync(log, 'utf8'))) return
    await delay(50)
  }
  throw new Error(`The link does not stand: ${readFileSync(log, 'utf8')}`)
}

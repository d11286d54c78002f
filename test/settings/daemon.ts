import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { makeAuthority, makeServerCertificate } from '../../src/cli/demo/certificate.ts'
import { type, type Ended } from '../cli-session.ts'
import { freePort } from '../peers/free-port.ts'
import { allListening } from '../peers/run.ts'
import { statusOf, statusOfLine } from './program.ts'

/** A real server that a command starts and another one stops, in a folder of its own, with a certificate for RSA. */
export interface Daemon {
  readonly folder: string
  readonly file: string
  readonly port: number
  /** Starts it with these settings; fails where it does not start. */
  readonly start: (text: string) => Promise<void>
  readonly stop: () => Promise<unknown>
  /** Types `postern settings …` about its file. */
  readonly settings: (command: string, ...rest: readonly string[]) => Promise<Ended>
  /** The path of a policy file with this text. */
  readonly policy: (text: string) => string
  /** What `apply` stops and starts it with. */
  readonly service: readonly string[]
  /** Whether OpenSSL comes through a handshake, with these words on its command line. */
  readonly shakesHands: (...words: readonly string[]) => Promise<boolean>
}

export interface DaemonParts {
  readonly name: string
  /** What starts it in the foreground. */
  readonly command: (file: string, folder: string) => string
  /** `--product` and others that every command takes. */
  readonly always?: readonly string[]
}

/** It ends by itself after a while, whatever becomes of the test. */
const LONGEST_S = 120

/** On a busy machine. */
const SECONDS_TO_LISTEN = 20

export async function daemon(t: TestContext, { name, command, always = [] }: DaemonParts): Promise<Daemon> {
  const folder = mkdtempSync(join(tmpdir(), `postern-${name}-`))
  const [file, pid, log] = ['conf', 'pid', 'log'].map((one) => join(folder, `${name}.${one}`)) as [string, string, string]
  mkdirSync(join(folder, 'empty'))
  const now = new Date()
  const { privateKey, pem } = makeServerCertificate('localhost', 'RSA-2048', makeAuthority(`${name} test`, 'P-256', now), now)
  writeFileSync(join(folder, 'cert.pem'), pem)
  writeFileSync(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), { mode: 0o600 })
  const run = `timeout ${LONGEST_S} ${command(file, folder)} >> '${log}' 2>&1 & echo $! > '${pid}'; sleep 0.5; kill -0 $(cat '${pid}')`
  // Who has gone already needs no end; who has not frees the port before the next one takes it.
  const stop = `kill $(cat '${pid}') 2>/dev/null; for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 $(cat '${pid}') 2>/dev/null || exit 0; sleep 0.1; done`
  t.after(async () => {
    await statusOfLine(stop)
    rmSync(folder, { recursive: true, force: true })
  })
  const port = await freePort()
  return {
    folder,
    file,
    port,
    start: async (text) => {
      writeFileSync(file, text, { mode: 0o600 })
      if ((await statusOfLine(run)) !== 0 || !(await allListening([port], [], SECONDS_TO_LISTEN)))
        throw new Error(`Cannot start ${name}: it does not listen on ${port}\n${readFileSync(log, 'utf8').slice(-4000)}`)
    },
    stop: () => statusOfLine(stop),
    settings: (what, ...rest) => type(['settings', what, file, '--state', join(folder, 'state'), ...always, ...rest]),
    policy: (text) => {
      const path = join(folder, 'tls.yaml')
      writeFileSync(path, text)
      return path
    },
    service: ['--stop', stop, '--start', run],
    shakesHands: async (...words) => {
      const ciphers = words.includes('-cipher') ? [] : ['-cipher', 'ALL:@SECLEVEL=0']
      return (await statusOf('openssl', ['s_client', '-no-CAfile', '-connect', `127.0.0.1:${port}`, ...words, ...ciphers])) === 0
    },
  }
}

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { KEPT } from './packages.ts'

const run = promisify(execFile)

const SOURCE = new URL('./TlsServer.java', import.meta.url).pathname

/** Switches for a JVM that starts quickly and stays small. */
export const JVM: readonly string[] = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx128m', '-Djava.awt.headless=true']

/** Lifts what the JVM forbids on top of the settings: old protocols, weak suites, small keys. */
export const NOTHING_FORBIDDEN = 'jdk.tls.disabledAlgorithms=\njdk.tls.legacyAlgorithms=\njdk.certpath.disabledAlgorithms=\n'

/** The folder with TlsServer.class. Compiled once for each version of the source. */
export async function compiledServer(): Promise<string> {
  const folder = join(KEPT, `java-${createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 16)}`)
  if (existsSync(folder)) return folder
  mkdirSync(KEPT, { recursive: true })
  const draft = mkdtempSync(`${folder}.`)
  chmodSync(draft, 0o755)
  try {
    await run('/usr/bin/javac', ['-d', draft, SOURCE], { timeout: 120_000 })
    renameSync(draft, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return folder
}

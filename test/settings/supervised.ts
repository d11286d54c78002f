import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { allListening, runGuarded } from '../peers/run.ts'

const MINUTES = 3
const SECONDS_TO_START = 20

/** A folder of its own, which is gone after the test. */
export function ownFolder(name: string, t: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), `postern-${name}-`))
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }))
  return folder
}

/** Commands in sh, each of which ends in the foreground, and how to start them again. */
export interface Supervised {
  /** What a person types to start the service again; it returns when the old one has ended. */
  readonly restart: string
}

/** Runs a command of sh that stays in the foreground, and again whenever it ends, until the test does. */
export async function supervised(
  folder: string,
  service: { readonly command: string; readonly ports: readonly number[]; readonly env?: Readonly<Record<string, string>> },
  t: Pick<TestContext, 'after'>,
): Promise<Supervised> {
  const script = join(folder, 'service.sh')
  writeFileSync(script, service.command)
  writeFileSync(
    join(folder, 'supervise.sh'),
    `trap 'kill "$service"; exit' TERM\nwhile [ -e '${script}' ]; do\n  sh '${script}' &\n  service=$!\n  echo "$service" >'${folder}/pid'\n  wait "$service"\n  sleep 0.2\ndone\n`,
  )
  const log = join(folder, 'service.log')
  const program = runGuarded(
    { command: ['/bin/sh', join(folder, 'supervise.sh')] },
    { folder, log, minutes: MINUTES, env: { OPENSSL_CONF: '/dev/null', ...service.env } },
  )
  t.after(() => program.stop())
  if (!(await allListening(service.ports, [program], SECONDS_TO_START))) throw new Error(`Cannot start the service of ${log}`)
  return { restart: `kill "$(cat '${folder}/pid')"; sleep 1` }
}

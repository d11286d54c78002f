import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { needPackages } from '../peers/index.ts'
import { LIBRARIES, unpackedFile } from '../peers/packages.ts'
import { supervised } from './supervised.ts'

/** A Sendmail that runs. */
export interface Sendmail {
  readonly etc: string
  /** Makes sendmail.cf from sendmail.mc. */
  readonly make: string
  readonly restart: string
}

const CF = unpackedFile('sendmail-cf', '/usr/share/sendmail/cf/')
const HOST = 'mail.example.test'

/**
 * Debian's Sendmail, with settings that m4 makes as its administrator does. `folder`: all that it has; `lines`: of sendmail.mc, behind those that each
 * has; `rules`: behind its mailers. It waits for a minute where its host has no domain.
 */
export async function runSendmail(
  folder: string,
  { lines, rules = '', ports }: { readonly lines: readonly string[]; readonly rules?: string; readonly ports: readonly number[] },
  t: Pick<TestContext, 'after'>,
): Promise<Sendmail> {
  const at = (name: string): string => join(folder, name)
  mkdirSync(at('etc'))
  mkdirSync(at('queue'), { mode: 0o700 })
  writeFileSync(at('aliases'), '')
  const mc = [
    'divert(-1)',
    'divert(0)dnl our server',
    "define(`_USE_ETC_MAIL_')dnl",
    `include(\`${CF}m4/cf.m4')dnl`,
    "OSTYPE(`linux')dnl",
    `define(\`confDOMAIN_NAME', \`${HOST}')dnl`,
    "FEATURE(`no_default_msa')dnl",
    `define(\`confPID_FILE', \`${at('sendmail.pid')}')dnl`,
    `define(\`QUEUE_DIR', \`${at('queue')}')dnl`,
    `define(\`ALIAS_FILE', \`${at('aliases')}')dnl`,
    "define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl",
    ...lines,
    "MAILER(`local')dnl",
    "MAILER(`smtp')dnl",
    rules,
  ]
  writeFileSync(at('etc/sendmail.mc'), mc.join('\n'))
  const libraries = unpackedFile('libsigsegv2', LIBRARIES)
  const m4 = `LD_LIBRARY_PATH='${libraries}' '${unpackedFile('m4', '/usr/bin/m4')}' -D_CF_DIR_='${CF}'`
  const make = `cd '${at('etc')}' && ${m4} sendmail.mc >sendmail.cf`
  execFileSync('sh', ['-c', make])
  const program = unpackedFile('sendmail-bin', '/usr/libexec/sendmail/sendmail')
  const command = `exec unshare --uts sh -c "hostname ${HOST} && exec '${program}' -bD -C '${at('etc/sendmail.cf')}'"\n`
  const { restart } = await supervised(folder, { command, ports }, t)
  return { etc: at('etc'), make, restart }
}

/** Why it cannot be run here, or false. */
export function needSendmail(): string | false {
  if (process.env['CI'] === 'true') return false
  return needPackages('sendmail-bin', 'sendmail-cf', 'm4', 'libsigsegv2', 'libsasl2-2', 'libwrap0', 'libnsl2') || mayNameHost()
}

/** A host name with a domain, and who may give it one. */
function mayNameHost(): string | false {
  if (process.getuid?.() !== 0) return 'only root can run it'
  return spawnSync('unshare', ['--uts', 'hostname', HOST]).status !== 0 && 'a host name of its own cannot be had here'
}

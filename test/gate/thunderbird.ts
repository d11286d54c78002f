/**
 * Thunderbird, without a screen, logs in to a Dovecot through the gate and fetches a message, with STARTTLS and with TLS from the start:
 * `node test/gate/thunderbird.ts [FOLDER]`, where FOLDER has the program. It is too large to be had for every run of the tests.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { certificates, startPeer } from '../peers/index.ts'
import { outputOf } from '../settings/program.ts'
import { startGate } from './gated.ts'

const [folder = '/usr/lib/thunderbird'] = process.argv.slice(2)
const MESSAGE = 'From: a@example.org\r\nTo: b@example.net\r\nSubject: for Thunderbird\r\n\r\nA line through the gate.\r\n'
const PATIENCE_MS = 40_000
const WAYS = { imap: 2, imaps: 3 } as const

const home = mkdtempSync(join(tmpdir(), 'postern-thunderbird-'))
const ends: (() => unknown)[] = [() => rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })]
const t = { after: (end: unknown) => void ends.push(end as () => unknown) }
const env = { PATH: process.env['PATH'] ?? '', HOME: home, LD_LIBRARY_PATH: [folder, process.env['LD_LIBRARY_PATH'] ?? ''].join(':') }
const { root } = await certificates()

function preferences(user: string, port: number, socketType: number): string {
  const server = 'mail.server.server1'
  const all: Readonly<Record<string, string | number | boolean>> = {
    'mail.accountmanager.accounts': 'account1,account2',
    'mail.accountmanager.defaultaccount': 'account1',
    'mail.account.account1.server': 'server1',
    'mail.account.account1.identities': 'id1',
    'mail.identity.id1.useremail': 'b@example.net',
    'mail.identity.id1.valid': true,
    [`${server}.type`]: 'imap',
    [`${server}.hostname`]: 'localhost',
    [`${server}.port`]: port,
    [`${server}.socketType`]: socketType,
    [`${server}.authMethod`]: 3,
    [`${server}.userName`]: user,
    [`${server}.name`]: user,
    [`${server}.login_at_startup`]: true,
    [`${server}.check_new_mail`]: true,
    'mail.account.account2.server': 'server2',
    'mail.server.server2.type': 'none',
    'mail.server.server2.hostname': 'Local Folders',
    'mail.server.server2.userName': 'nobody',
    'mail.provider.suppress_dialog_on_startup': true,
    'mailnews.start_page.enabled': false,
    'datareporting.policy.dataSubmissionEnabled': false,
    'toolkit.telemetry.enabled': false,
    'app.update.enabled': false,
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
  }
  return Object.entries(all)
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
    .join('')
}

async function well(program: string, words: readonly string[]): Promise<void> {
  const { status, out } = await outputOf(program, words)
  assert.equal(status, 0, `${program} ${words.join(' ')}\n${out}`)
}

/** Whether the message is in the profile after a while. */
async function fetches(user: string, port: number, socketType: number): Promise<boolean> {
  const profile = join(home, user)
  mkdirSync(profile)
  writeFileSync(join(profile, 'user.js'), preferences(user, port, socketType))
  await well('certutil', ['-N', '-d', `sql:${profile}`, '--empty-password'])
  await well('certutil', ['-A', '-d', `sql:${profile}`, '-n', 'root', '-t', 'CT,,', '-i', root])
  await well('python3', [new URL('./thunderbird-login.py', import.meta.url).pathname, profile, 'imap://localhost', user, 'x'])
  const child = spawn(join(folder, 'thunderbird'), ['--headless', '--no-remote', '--profile', profile], { env, stdio: 'ignore' })
  const mailbox = join(profile, 'ImapMail/localhost')
  const files = (): readonly string[] => (existsSync(mailbox) ? readdirSync(mailbox).map((name) => join(mailbox, name)) : [])
  const body = MESSAGE.slice(MESSAGE.indexOf('\r\n\r\n')).replaceAll('\r\n', '\n')
  let found = false
  for (const end = performance.now() + PATIENCE_MS; !found && performance.now() < end; await delay(200))
    found = files().some((file) => readFileSync(file, 'latin1').replaceAll('\r\n', '\n').includes(body))
  child.kill('SIGTERM')
  await once(child, 'exit')
  await delay(500)
  return found
}

try {
  const { doors } = await startPeer('dovecot', { plaintextAuth: true }, t)
  const backend = `127.0.0.1:${doors.imap}`
  const services = { imap: { dialect: 'imap', tls: 'starttls', backend }, imaps: { dialect: 'imap', tls: 'implicit', backend } }
  const gated = await startGate({ services }, t)
  const message = join(home, 'message')
  writeFileSync(message, MESSAGE)
  for (const [way, socketType] of Object.entries(WAYS)) {
    const url = `imaps://localhost:${gated.port('imaps')}/INBOX`
    await well('curl', ['-sS', '--cacert', root, '-u', `${way}:x`, '-T', message, url])
    const from = gated.records.length
    const found = await fetches(way, gated.port(way), socketType)
    // The connection of curl may be among them.
    const seen = gated.records.slice(from).map(({ hello, negotiated }) => `${negotiated?.version} ${negotiated?.group} ${hello?.ja4}`)
    process.stdout.write(`${way}: ${found ? 'fetched' : 'NOT FETCHED'}; ${[...new Set(seen)].join(', ')}\n`)
    if (!found) process.exitCode = 1
  }
} finally {
  for (const end of ends.toReversed()) await end()
}

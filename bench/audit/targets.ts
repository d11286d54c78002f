import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { certificates, SERVER_NAME } from '../../test/peers/index.ts'
import { freePort } from '../../test/peers/free-port.ts'
import { runGuarded, type Guarded } from '../../test/peers/run.ts'
import type { Network } from './network.ts'

/** A server that is audited. */
export interface Target {
  readonly name: TargetName
  readonly port: number
  /** Where nmap recognizes the protocol by the port alone. */
  readonly wellKnownPort: number
  readonly starttls: 'smtp' | 'imap' | undefined
  /** As Postern is told. */
  readonly scheme: 'https' | 'smtp' | 'imap'
}

export type TargetName = 'https' | 'https-modern' | 'smtp' | 'imap'

/** Everything that OpenSSL 3.0 still has. */
const BROAD = 'ALL:@SECLEVEL=0'
/** Nine suites of TLS 1.2; the three of TLS 1.3 come by themselves. */
const MODERN = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'DHE-RSA-AES128-GCM-SHA256',
  'DHE-RSA-AES256-GCM-SHA384',
  'DHE-RSA-CHACHA20-POLY1305',
].join(':')

const SECONDS_TO_START = 30
const QUEUES = ['active', 'bounce', 'corrupt', 'defer', 'deferred', 'flush', 'hold', 'incoming', 'private', 'saved', 'trace']

/** The servers of one run. */
export interface Targets {
  readonly targets: readonly Target[]
  readonly stop: () => Promise<void>
}

/** Files that all servers use. */
interface Site {
  readonly folder: string
  readonly write: (name: string, text: string) => string
}

/**
 * Starts nginx, Postfix and Dovecot in the network; without root only nginx, on free ports of this machine. They end with `stop()`, with
 * this process, or after `minutes`.
 */
export async function startTargets(network: Network, minutes: number): Promise<Targets> {
  const root = process.getuid?.() === 0
  const site = await openSite()
  const targets = root
    ? FIXED
    : [
        { ...HTTPS, port: await freePort() },
        { ...HTTPS_MODERN, port: await freePort() },
      ]
  const commands = [nginx(site, targets), ...(root ? [postfix(site), dovecot(site)] : [])]
  const keeping = { folder: site.folder, log: join(site.folder, 'output.log'), minutes, env: { OPENSSL_CONF: '/dev/null' } }
  const programs = commands.map(({ command, signal }) => runGuarded({ command: network.atServer(command), signal }, keeping))
  const stop = async (): Promise<void> => {
    await Promise.all(programs.map((program) => program.stop()))
    rmSync(site.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
  const ports = targets.flatMap((target) => (target.wellKnownPort === 0 ? [target.port] : [target.port, target.wellKnownPort]))
  if (await allListening(network, ports, programs)) return { targets, stop }
  const log = readFileSync(keeping.log, 'utf8')
  await stop()
  throw new Error(`Cannot start the servers: they do not listen on ${ports.join(', ')}\n${log.slice(-4000)}`)
}

const HTTPS: Target = { name: 'https', port: 8443, wellKnownPort: 0, starttls: undefined, scheme: 'https' }
const HTTPS_MODERN: Target = { name: 'https-modern', port: 8444, wellKnownPort: 0, starttls: undefined, scheme: 'https' }
const FIXED: readonly Target[] = [
  HTTPS,
  HTTPS_MODERN,
  { name: 'smtp', port: 2525, wellKnownPort: 587, starttls: 'smtp', scheme: 'smtp' },
  { name: 'imap', port: 1143, wellKnownPort: 143, starttls: 'imap', scheme: 'imap' },
]

async function openSite(): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'))
  chmodSync(folder, 0o755)
  const material = await certificates()
  for (const name of ['rsa', 'ecdsa'] as const) {
    const leaf = material.leaf(name)
    copyFileSync(leaf.key, join(folder, `${name}.key`))
    chmodSync(join(folder, `${name}.key`), 0o600)
    copyFileSync(leaf.chain, join(folder, `${name}.pem`))
  }
  copyFileSync(material.dh('own-2048'), join(folder, 'dh.pem'))
  return {
    folder,
    write: (name, text) => {
      const file = join(folder, name)
      mkdirSync(join(file, '..'), { recursive: true })
      writeFileSync(file, text)
      return file
    },
  }
}

interface Command {
  readonly command: readonly string[]
  readonly signal: 'TERM' | 'KILL'
}

function nginx({ folder, write }: Site, [broad, modern]: readonly Target[]): Command {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
  const configuration = `
${process.getuid?.() === 0 ? 'user www-data;' : ''} daemon off; worker_processes 2; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log crit;
events { worker_connections 4096; }
http {
  ${temporary} access_log off; keepalive_timeout 5;
  ssl_certificate ${folder}/rsa.pem; ssl_certificate_key ${folder}/rsa.key;
  ssl_certificate ${folder}/ecdsa.pem; ssl_certificate_key ${folder}/ecdsa.key;
  ssl_dhparam ${folder}/dh.pem; ssl_session_cache shared:S:4m;
  server {
    listen 0.0.0.0:${broad?.port} ssl; ssl_prefer_server_ciphers on; return 200 "ok\\n";
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers ${BROAD};
  }
  server {
    listen 0.0.0.0:${modern?.port} ssl; ssl_prefer_server_ciphers off; return 200 "ok\\n";
    ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ${MODERN};
  }
}
`
  return { command: ['/usr/sbin/nginx', '-c', write('nginx.conf', configuration), '-p', folder], signal: 'TERM' }
}

function postfix({ folder, write }: Site): Command {
  const main = `
compatibility_level = 3.6
queue_directory = ${folder}/spool
data_directory = ${folder}/data
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
maillog_file = ${folder}/mail.log
maillog_file_prefixes = ${folder}
myhostname = ${SERVER_NAME}
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
inet_interfaces = all
inet_protocols = ipv4
smtpd_peername_lookup = no
smtpd_tls_chain_files = ${folder}/rsa.key ${folder}/rsa.pem ${folder}/ecdsa.key ${folder}/ecdsa.pem
smtpd_tls_security_level = may
smtpd_tls_protocols = >=TLSv1
smtpd_tls_ciphers = low
tls_low_cipherlist = ${BROAD}
tls_preempt_cipherlist = yes
smtpd_tls_dh1024_param_file = ${folder}/dh.pem
smtpd_tls_session_cache_database = btree:\${data_directory}/smtpd_scache
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
`
  const master = `
2525 inet n - n - 100 smtpd
587 inet n - n - 100 smtpd
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
`
  for (const queue of [...QUEUES, 'maildrop', 'public', 'pid']) mkdirSync(join(folder, 'spool', queue), { recursive: true })
  mkdirSync(join(folder, 'data'))
  execFileSync('chown', ['postfix', join(folder, 'data'), ...QUEUES.map((queue) => join(folder, 'spool', queue))])
  execFileSync('chown', ['postfix:postdrop', join(folder, 'spool/maildrop'), join(folder, 'spool/public')])
  // Postfix waits before a file of the last second, since it might still change.
  utimesSync(write('postfix/main.cf', main), 0, 0)
  write('postfix/master.cf', master)
  write('postfix/dynamicmaps.cf', '')
  return { command: ['/usr/bin/setsid', '/usr/lib/postfix/sbin/master', '-d', '-c', join(folder, 'postfix')], signal: 'TERM' }
}

function dovecot({ folder, write }: Site): Command {
  const configuration = `
base_dir = ${folder}/dovecot/run
state_dir = ${folder}/dovecot/state
log_path = ${folder}/dovecot.log
protocols = imap
listen = 0.0.0.0
mail_location = maildir:${folder}/dovecot/mail/%u
ssl = yes
ssl_cert = <${folder}/rsa.pem
ssl_key = <${folder}/rsa.key
ssl_alt_cert = <${folder}/ecdsa.pem
ssl_alt_key = <${folder}/ecdsa.key
ssl_dh = <${folder}/dh.pem
ssl_min_protocol = TLSv1
ssl_cipher_list = ${BROAD}
ssl_prefer_server_ciphers = yes
mail_max_userip_connections = 100000
passdb {
  driver = static
  args = password=x
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=${folder}/dovecot
}
service imap-login {
  inet_listener imap {
    port = 1143
  }
  inet_listener known {
    port = 143
  }
  inet_listener imaps {
    port = 0
  }
}
`
  return { command: ['/usr/sbin/dovecot', '-F', '-c', write('dovecot.conf', configuration)], signal: 'KILL' }
}

async function allListening(network: Network, ports: readonly number[], programs: readonly Guarded[]): Promise<boolean> {
  const [command = '', ...words] = network.atServer(['cat', '/proc/net/tcp'])
  const until = performance.now() + SECONDS_TO_START * 1000
  for (;;) {
    const table = execFileSync(command, words, { encoding: 'latin1' })
    const listening = new Set([...table.matchAll(/^ *\d+: [0-9A-F]{8}:([0-9A-F]{4}) \S+ 0A /gm)].map(([, port = '']) => parseInt(port, 16)))
    if (ports.every((port) => listening.has(port))) return true
    if (performance.now() > until || programs.some((program) => !program.alive())) return false
    await delay(50)
  }
}

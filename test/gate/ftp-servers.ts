import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { parse } from 'yaml'
import { CHECKOUT, unpackedFile } from '../peers/packages.ts'
import { daemon } from '../settings/daemon.ts'
import type { Words } from './gated.ts'

/** An FTP server on loopback with the settings of the page on it, for anybody who says `anonymous`. */
export interface FtpServer {
  readonly port: number
  /** What clients see as `/`; `in` may be written to. */
  readonly files: string
  /** What it has written down. */
  readonly log: () => string
}

const PAGE = readFileSync(join(CHECKOUT, 'docs/in-front-of/vsftpd-proftpd.md'), 'utf8')

function block(kind: string): string {
  const [, text] = new RegExp(`^\`\`\`${kind}\\n([^]*?)^\`\`\``, 'm').exec(PAGE) ?? []
  if (text === undefined) throw new Error(`the page has no ${kind}`)
  return text
}

/** The words of the page, on a free port of loopback. */
export function wordsOfPage(backend: number): Words {
  const { services } = parse(block('yaml')) as { services: Record<string, { backend: string; passive: object }> }
  const here = Object.entries(services).map(([name, service]) => {
    assert.equal(service.backend, '127.0.0.1:2121')
    const passive = { ...service.passive, address: '127.0.0.1' }
    return [name, { ...service, listen: '127.0.0.1:0', backend: `127.0.0.1:${backend}`, passive }] as const
  })
  return { services: Object.fromEntries(here) }
}

/** The page's settings with another port. */
function settings(kind: string, port: number): string {
  const text = block(kind)
  assert.match(text, /\b2121\b/)
  return text.replace('2121', String(port))
}

const SERVERS = {
  vsftpd: {
    command: (file: string) => `vsftpd '${file}'`,
    own: (folder: string) => `background=NO
seccomp_sandbox=NO
secure_chroot_dir=${folder}/empty
anonymous_enable=YES
anon_root=${folder}/files
write_enable=YES
anon_upload_enable=YES
anon_mkdir_write_enable=YES
anon_other_write_enable=YES
anon_umask=022
xferlog_enable=YES
log_ftp_protocol=YES
vsftpd_log_file=${folder}/ftp.log
`,
    kind: 'ini',
  },
  proftpd: {
    command: (file: string) => `'${unpackedFile('proftpd-core', '/usr/sbin/proftpd')}' -n -c '${file}'`,
    own: (folder: string) => `ModulePath ${unpackedFile('proftpd-mod-crypto', '/usr/lib/proftpd')}
LoadModule mod_tls.c
ServerName test
User nobody
Group nogroup
AuthPAM off
UseFtpUsers off
UseReverseDNS off
WtmpLog off
DelayEngine off
PidFile ${folder}/own-pid
ScoreboardFile ${folder}/scoreboard
SystemLog ${folder}/ftp.log
TransferLog ${folder}/transfer.log
AllowOverwrite on
AllowStoreRestart on
AllowRetrieveRestart on
<Anonymous ${folder}/files>
  User nobody
  Group nogroup
  UserAlias anonymous nobody
  RequireValidShell off
</Anonymous>
`,
    kind: 'apache',
  },
} as const

export type FtpServerName = keyof typeof SERVERS

/** vsftpd in TLS, for the commands and for data. */
const inTls = (folder: string, tls: 'starttls' | 'implicit'): string => `ssl_enable=YES
implicit_ssl=${tls === 'implicit' ? 'YES' : 'NO'}
allow_anon_ssl=YES
force_anon_logins_ssl=YES
force_anon_data_ssl=YES
require_ssl_reuse=YES
rsa_cert_file=${folder}/cert.pem
rsa_private_key_file=${folder}/key.pem`

/** What the page has of addresses, and the same for IPv6. */
const IN_IPV6: Readonly<Record<FtpServerName, Readonly<Record<string, string>>>> = {
  vsftpd: { 'listen=YES': 'listen=NO', 'listen_ipv6=NO': 'listen_ipv6=YES', 'listen_address=127.0.0.1': 'listen_address6=::1' },
  proftpd: { 'DefaultAddress 127.0.0.1': 'DefaultAddress ::1', 'UseIPv6 off': 'UseIPv6 on' },
}

/** `tls`: of vsftpd alone, in place of the plain text that the page has. `ipv6`: on `::1` in place of 127.0.0.1. */
export async function startFtp(
  name: FtpServerName,
  t: Pick<TestContext, 'after'>,
  { tls, ipv6 = false }: { readonly tls?: 'starttls' | 'implicit'; readonly ipv6?: boolean } = {},
): Promise<FtpServer> {
  const { command, own, kind } = SERVERS[name]
  const at = await daemon(t as TestContext, { name, command })
  const files = join(at.folder, 'files')
  mkdirSync(join(files, 'in'), { recursive: true })
  for (const [folder, mode] of [
    [at.folder, 0o755],
    [join(files, 'in'), 0o777],
    [files, 0o555],
  ] as const)
    chmodSync(folder, mode)
  let text = settings(kind, at.port)
  for (const [word, other] of Object.entries(ipv6 ? IN_IPV6[name] : {})) text = text.replace(word, other)
  await at.start(`${tls === undefined ? text : text.replace('ssl_enable=NO', inTls(at.folder, tls))}${own(at.folder)}`)
  return { port: at.port, files, log: () => readFileSync(join(at.folder, 'ftp.log'), 'utf8') }
}

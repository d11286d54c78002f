import { chmodSync, chownSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { makeRoot } from '../chroot.ts'
import { SERVER_NAME } from '../certificates.ts'
import { gnutlsPriority, lines, when, type Server, type Settings } from '../server.ts'

export type EximSettings = Settings<
  'protocols' | 'ciphers' | 'dh' | 'certificates' | 'chain',
  {
    /** A stapled OCSP response. */
    readonly staple: boolean
    /** Every recipient is known, and messages stay in the queue. */
    readonly acceptsMail: boolean
    /** Mail for anybody is delivered to the Maildir `mail/inbox`; headers stay as they come. */
    readonly delivers: boolean
    /** More lines of the main section, which take the place of those above them, and sections. */
    readonly main: string
    /** The doors, where others have been told of them. */
    readonly doors: Readonly<Record<'smtp' | 'smtps', number>>
    /** Debian's exim4-daemon-heavy, which knows the PROXY protocol. */
    readonly heavy: boolean
  }
>

const USER = { name: 'Debian-exim', id: 64_003 }

/** Exim on GnuTLS, as Debian builds it: `ciphers` is a priority string. It runs in a root directory of its own. */
export const exim: Server<EximSettings, 'smtp' | 'smtps'> = {
  packages: ['exim4-daemon-light', 'libidn12', 'libnsl2', 'libgnutls-dane0'],
  needsRoot: true,
  async plan(settings, site) {
    const doors = settings.doors ?? { smtp: await site.port(), smtps: await site.port() }
    const root = site.folder
    makeRoot(
      root,
      settings.heavy === true ? 'exim4-daemon-heavy' : 'exim4-daemon-light',
      ['/usr/sbin/exim4'],
      [USER, { name: 'mail', id: 8 }],
    )
    const owned = ['var/spool/exim4', 'var/log/exim4'].map((name) => site.directory(name))
    const inside = (file: string): string => file.slice(root.length)
    const leaves = site.leaves(settings)
    execFileSync('chown', [String(USER.id), ...owned, ...leaves.map((leaf) => leaf.key)])
    chmodSync(join(root, 'tmp'), 0o1777)
    const main = lines(
      `primary_hostname = ${SERVER_NAME}\nlog_file_path = /var/log/exim4/%slog\nspool_directory = /var/spool/exim4`,
      `daemon_smtp_ports = ${doors.smtp} : ${doors.smtps}\ntls_on_connect_ports = ${doors.smtps}\nlocal_interfaces = 127.0.0.1`,
      'tls_advertise_hosts = *\nkeep_environment =\nhost_lookup =\nrfc1413_query_timeout = 0s\nacl_smtp_connect = accept',
      accepting(settings),
      'log_selector = +tls_cipher +smtp_connection',
      `tls_certificate = ${leaves.map((leaf) => inside(leaf.chain)).join(' : ')}`,
      `tls_privatekey = ${leaves.map((leaf) => inside(leaf.key)).join(' : ')}`,
      settings.staple === true && `tls_ocsp_file = ${leaves.map((leaf) => inside(leaf.ocsp)).join(' : ')}`,
      when(gnutlsPriority(settings), (priority) => `tls_require_ciphers = ${priority}`),
      when(site.dh(settings), (file) => `tls_dhparam = ${inside(file)}`),
    )
    const delivers = settings.delivers === true
    if (delivers) prepareDelivery(root, site.directory('mail'))
    // With a file that it was not built for it gives up its rights, and could not deliver.
    site.write(delivers ? 'etc/exim4/exim4.conf' : 'exim.conf', changed(main, settings.main ?? '') + (delivers ? DELIVERY : ''))
    const command = [
      '/usr/sbin/chroot',
      root,
      '/usr/sbin/exim4',
      ...(delivers ? ['-bdf', '-q1m'] : ['-C', '/exim.conf', '-bdf', '-oX', `${doors.smtp} : ${doors.smtps}`]),
      '-oP',
      '/var/run/exim.pid',
    ]
    return { runs: [{ command }], doors, logs: ['main', 'panic'].map((log) => join(root, `var/log/exim4/${log}log`)) }
  },
}

function accepting({ acceptsMail, delivers }: EximSettings): string {
  if (delivers === true) return 'acl_smtp_rcpt = accept\nacl_smtp_data = accept'
  return acceptsMail === true ? 'acl_smtp_rcpt = accept\nacl_smtp_data = accept\nqueue_only' : 'acl_smtp_rcpt = deny'
}

/** The program becomes the owner of the mailbox. */
function prepareDelivery(root: string, folder: string): void {
  chownSync(folder, NOBODY, NOBODY)
  chmodSync(join(root, 'usr/sbin/exim4'), 0o4755)
}

const NOBODY = 65_534

const DELIVERY = lines(
  'begin routers\nall:\n  driver = accept\n  transport = inbox',
  'begin transports\ninbox:\n  driver = appendfile\n  directory = /mail/inbox\n  maildir_format\n  create_directory\n  envelope_to_add',
  `  user = ${NOBODY}\n  group = ${NOBODY}`,
)

/** Exim takes no option twice: what is given anew leaves its old line out. */
function changed(main: string, more: string): string {
  const names = new Set([...more.matchAll(/^(\w+) *=/gm)].map(([, name]) => name))
  const kept = main.split('\n').filter((line) => !names.has(line.split(' =')[0]))
  return kept.join('\n') + more
}

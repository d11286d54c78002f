import { chmodSync } from 'node:fs'
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
  }
>

const USER = { name: 'Debian-exim', id: 64_003 }

/** Exim on GnuTLS, as Debian builds it: `ciphers` is a priority string. It runs in a root directory of its own. */
export const exim: Server<EximSettings, 'smtp' | 'smtps'> = {
  packages: ['exim4-daemon-light', 'libidn12', 'libnsl2', 'libgnutls-dane0'],
  needsRoot: true,
  async plan(settings, site) {
    const doors = { smtp: await site.port(), smtps: await site.port() }
    const root = site.folder
    makeRoot(root, 'exim4-daemon-light', ['/usr/sbin/exim4'], [USER, { name: 'mail', id: 8 }])
    const owned = ['var/spool/exim4', 'var/log/exim4'].map((name) => site.directory(name))
    const inside = (file: string): string => file.slice(root.length)
    const leaves = site.leaves(settings)
    execFileSync('chown', [String(USER.id), ...owned, ...leaves.map((leaf) => leaf.key)])
    chmodSync(join(root, 'tmp'), 0o1777)
    const configuration = lines(
      `primary_hostname = ${SERVER_NAME}\nlog_file_path = /var/log/exim4/%slog\nspool_directory = /var/spool/exim4`,
      `daemon_smtp_ports = ${doors.smtp} : ${doors.smtps}\ntls_on_connect_ports = ${doors.smtps}\nlocal_interfaces = 127.0.0.1`,
      'tls_advertise_hosts = *\nkeep_environment =\nhost_lookup =\nrfc1413_query_timeout = 0s\nacl_smtp_connect = accept',
      settings.acceptsMail === true ? 'acl_smtp_rcpt = accept\nacl_smtp_data = accept\nqueue_only' : 'acl_smtp_rcpt = deny',
      'log_selector = +tls_cipher +smtp_connection',
      `tls_certificate = ${leaves.map((leaf) => inside(leaf.chain)).join(' : ')}`,
      `tls_privatekey = ${leaves.map((leaf) => inside(leaf.key)).join(' : ')}`,
      settings.staple === true && `tls_ocsp_file = ${leaves.map((leaf) => inside(leaf.ocsp)).join(' : ')}`,
      when(gnutlsPriority(settings), (priority) => `tls_require_ciphers = ${priority}`),
      when(site.dh(settings), (file) => `tls_dhparam = ${inside(file)}`),
    )
    site.write('exim.conf', configuration)
    const command = [
      '/usr/sbin/chroot',
      root,
      '/usr/sbin/exim4',
      '-C',
      '/exim.conf',
      '-bdf',
      '-oX',
      `${doors.smtp} : ${doors.smtps}`,
      '-oP',
      '/var/run/exim.pid',
    ]
    return { runs: [{ command }], doors, logs: ['main', 'panic'].map((log) => join(root, `var/log/exim4/${log}log`)) }
  },
}

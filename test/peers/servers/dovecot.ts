import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { lines, opensslCiphers, range, when, type Server, type Settings } from '../server.ts'

type Door = 'imap' | 'imaps' | 'pop3' | 'pop3s' | 'sieve' | 'lmtp'

export type DovecotSettings = Settings<
  'protocols' | 'ciphers' | 'ciphersuites' | 'securityLevel' | 'groups' | 'dh' | 'order' | 'certificates' | 'chain',
  {
    /** Logins are offered before TLS. */
    readonly plaintextAuth: boolean
    /** Doors, where `more` has others. */
    readonly doors: Partial<Readonly<Record<Door, number>>>
    /** Every connection begins with a header of the PROXY protocol. */
    readonly behindProxy: boolean
    /** More settings, which take the place of those above them. */
    readonly more: string
  }
>

/**
 * Dovecot 2.3 with TLS on every door. It knows a lowest protocol only; 1.3 is always on. The password of everybody is `x`.
 * A client from the same address counts as safe, so that logins are offered before TLS on loopback whatever the settings say.
 */
export const dovecot: Server<DovecotSettings, Door> = {
  packages: ['dovecot-imapd', 'dovecot-pop3d', 'dovecot-lmtpd', 'dovecot-managesieved'],
  needsRoot: true,
  async plan(settings, site) {
    const { groups, protocols, ciphersuites, order, plaintextAuth = false, behindProxy = false } = settings
    const doors = {
      imap: await site.port(),
      imaps: await site.port(),
      pop3: await site.port(),
      pop3s: await site.port(),
      sieve: await site.port(),
      lmtp: await site.port(),
      ...settings.doors,
    }
    const [leaf, other] = site.leaves(settings)
    if (protocols !== undefined && range(protocols)[1] !== 'TLSv1.3') throw new Error('Dovecot 2.3 always allows TLS 1.3')
    const log = join(site.folder, 'dovecot.log')
    // Mailboxes are nobody's.
    chmodSync(site.directory('mail'), 0o1777)
    const listen = (service: string, name: string, port: number, implicit: boolean): string =>
      listener(service, name, port, [`ssl = ${implicit ? 'yes' : 'no'}`, ...(behindProxy ? ['haproxy = yes'] : [])])
    const configuration = lines(
      `base_dir = ${site.folder}/run\nstate_dir = ${site.folder}/state\nlog_path = ${log}`,
      'protocols = imap pop3 sieve lmtp\nlisten = 127.0.0.1',
      `mail_location = maildir:${site.folder}/mail/%u`,
      'ssl = yes\nverbose_ssl = yes',
      `disable_plaintext_auth = ${plaintextAuth ? 'no' : 'yes'}`,
      when(leaf, ({ chain, key }) => `ssl_cert = <${chain}\nssl_key = <${key}`),
      when(other, ({ chain, key }) => `ssl_alt_cert = <${chain}\nssl_alt_key = <${key}`),
      when(site.dh(settings), (file) => `ssl_dh = <${file}`),
      when(protocols, (wanted) => `ssl_min_protocol = ${range(wanted)[0]}`),
      when(opensslCiphers(settings), (list) => `ssl_cipher_list = ${list}`),
      when(ciphersuites, (list) => `ssl_cipher_suites = ${list}`),
      when(groups, (list) => `ssl_curve_list = ${list.join(':')}`),
      when(order, (who) => `ssl_prefer_server_ciphers = ${who === 'server' ? 'yes' : 'no'}`),
      'mail_max_userip_connections = 1000\npassdb {\n  driver = static\n  args = password=x\n}',
      `userdb {\n  driver = static\n  args = uid=nobody gid=nogroup home=${site.folder}/mail\n}`,
      behindProxy && 'haproxy_trusted_networks = 127.0.0.0/8',
      listen('imap-login', 'imap', doors.imap, false) + listen('imap-login', 'imaps', doors.imaps, true),
      listen('pop3-login', 'pop3', doors.pop3, false) + listen('pop3-login', 'pop3s', doors.pop3s, true),
      listen('managesieve-login', 'sieve', doors.sieve, false) + listen('lmtp', 'lmtp', doors.lmtp, false),
      // For servers of mail, which ask it about logins: /run/auth.
      `service auth {\n  unix_listener auth {\n    mode = 0666\n  }\n}`,
      // As Dovecot's own pages have it for many clients. Debian has it start a process for each of them, which takes several times as long as the handshake.
      ...['imap-login', 'pop3-login', 'managesieve-login'].map((service) => `service ${service} {\n  service_count = 0\n}`),
      settings.more,
    )
    return {
      runs: [{ command: ['/usr/sbin/dovecot', '-F', '-c', site.write('dovecot.conf', configuration)], signal: 'KILL' }],
      doors,
      logs: [log],
    }
  },
}

function listener(service: string, name: string, port: number, words: readonly string[]): string {
  return `service ${service} {\n  inet_listener ${name} {\n    port = ${port}\n${words.map((word) => `    ${word}\n`).join('')}  }\n}\n`
}

import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { SERVER_NAME } from '../certificates.ts'
import { lines, opensslCiphers, unwanted, when, type Server, type Settings, type Site } from '../server.ts'

export type PostfixSettings = Settings<
  'protocols' | 'ciphers' | 'securityLevel' | 'groups' | 'dh' | 'order' | 'certificates' | 'chain',
  {
    /** Connections that one client may make in a minute; the next is answered with 421. */
    readonly connectionsPerMinute: number
    /** Connections that one client may have at once. */
    readonly connectionsAtOnce: number
    /** Mail for example.net is delivered to the Maildir `mail/inbox`; headers stay as they come. */
    readonly delivers: boolean
    /** More lines of main.cf; they take the place of those above them. */
    readonly main: string
    /** More lines of master.cf. */
    readonly services: string
    /** How long the door `postscreen` waits for clients that talk too early. */
    readonly greetWaitSeconds: number
    /** Every connection to `smtp`, `smtps` and `submission` begins with a header of the PROXY protocol. */
    readonly behindProxy: boolean
    /** Who comes from 127.0.0.1 may say for whom, and is trusted; the other addresses of this machine are not. */
    readonly xclient: boolean
  }
>

const QUEUES = ['active', 'bounce', 'corrupt', 'defer', 'deferred', 'flush', 'hold', 'incoming', 'private', 'saved', 'trace'] as const

/** Postfix as a server that receives mail and knows no recipient. `submission` wants TLS before anything else. */
export const postfix: Server<PostfixSettings, 'smtp' | 'smtps' | 'submission' | 'postscreen'> = {
  packages: ['postfix'],
  needsRoot: true,
  async plan(settings, site) {
    const doors = { smtp: await site.port(), smtps: await site.port(), submission: await site.port(), postscreen: await site.port() }
    makeSpool(site)
    // Postfix waits before a file of the last second, since it might still change.
    utimesSync(site.write('etc/main.cf', mainCf(settings, site)), 0, 0)
    site.write('etc/master.cf', masterCf(doors) + (settings.services ?? ''))
    if (settings.delivers === true) chownSync(site.directory('mail'), NOBODY, NOBODY)
    if (existsSync('/etc/postfix/dynamicmaps.cf')) site.write('etc/dynamicmaps.cf', '')
    return {
      runs: [{ command: ['/usr/bin/setsid', '/usr/lib/postfix/sbin/master', '-d', '-c', join(site.folder, 'etc')] }],
      doors,
      logs: [join(site.folder, 'mail.log')],
    }
  },
}

function makeSpool(site: Site): void {
  for (const queue of QUEUES) site.directory(`spool/${queue}`)
  execFileSync('chown', ['postfix', site.directory('data'), ...QUEUES.map((queue) => join(site.folder, 'spool', queue))])
  const shared = ['maildrop', 'public'].map((name) => site.directory(`spool/${name}`))
  execFileSync('chown', ['postfix:postdrop', ...shared])
  site.directory('spool/pid')
}

function mainCf(settings: PostfixSettings, site: Site): string {
  const { protocols, groups, connectionsPerMinute = 0, connectionsAtOnce = 0, greetWaitSeconds = 1 } = settings
  const exclusions = when(
    protocols,
    (wanted) =>
      `>=TLSv1, ${unwanted(wanted)
        .map((one) => `!${one}`)
        .join(', ')}`,
  )
  const ciphers = opensslCiphers(settings)
  return lines(
    'compatibility_level = 3.6',
    `queue_directory = ${site.folder}/spool`,
    `data_directory = ${site.folder}/data`,
    'daemon_directory = /usr/lib/postfix/sbin',
    'command_directory = /usr/sbin',
    `maillog_file = ${site.folder}/mail.log`,
    `maillog_file_prefixes = ${site.folder}`,
    `myhostname = ${SERVER_NAME}`,
    'mydestination =\nlocal_recipient_maps =\nalias_maps =\nalias_database =',
    'inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nsmtpd_peername_lookup = no',
    `smtpd_tls_chain_files = ${site
      .leaves(settings)
      .map((leaf) => `${leaf.key} ${leaf.chain}`)
      .join(' ')}`,
    'smtpd_tls_security_level = may\nsmtpd_tls_loglevel = 1',
    when(exclusions, (value) => `smtpd_tls_protocols = ${value}\nsmtpd_tls_mandatory_protocols = ${value}`),
    when(ciphers, (list) => `smtpd_tls_ciphers = low\nsmtpd_tls_mandatory_ciphers = low\ntls_low_cipherlist = ${list}`),
    when(groups, (list) => `tls_eecdh_auto_curves = ${list.join(' ')}`),
    when(site.dh(settings), (file) => `smtpd_tls_dh1024_param_file = ${file}`),
    when(settings.order, (order) => `tls_preempt_cipherlist = ${order === 'server' ? 'yes' : 'no'}`),
    `smtpd_client_connection_rate_limit = ${connectionsPerMinute}`,
    `smtpd_client_connection_count_limit = ${connectionsAtOnce}`,
    'smtpd_client_event_limit_exceptions =',
    settings.behindProxy === true && 'smtpd_upstream_proxy_protocol = haproxy',
    settings.xclient === true && 'smtpd_authorized_xclient_hosts = 127.0.0.1',
    `mynetworks = 127.0.0.${settings.xclient === true ? '1/32' : '0/8'}`,
    `postscreen_access_list =\npostscreen_greet_wait = ${greetWaitSeconds}s\npostscreen_greet_banner = ${SERVER_NAME} ESMTP please wait`,
    'postscreen_greet_action = enforce\npostscreen_cache_map =',
    settings.delivers === true && deliverTo(`${site.folder}/mail`),
    settings.main,
  )
}

const NOBODY = 65_534

/** Queue names that never come again tell two messages from one that was delivered twice. */
function deliverTo(folder: string): string {
  return lines(
    `virtual_mailbox_domains = example.net\nvirtual_mailbox_maps = static:inbox/\nvirtual_mailbox_base = ${folder}\nvirtual_mailbox_limit = 0`,
    `virtual_uid_maps = static:${NOBODY}\nvirtual_gid_maps = static:${NOBODY}`,
    'enable_long_queue_ids = yes\nlocal_header_rewrite_clients =\nin_flow_delay = 0',
  )
}

function masterCf(doors: Readonly<Record<'smtp' | 'smtps' | 'submission' | 'postscreen', number>>): string {
  return lines(
    `${doors.smtp} inet n - n - 100 smtpd`,
    `${doors.smtps} inet n - n - 100 smtpd -o smtpd_tls_wrappermode=yes`,
    `${doors.submission} inet n - n - 100 smtpd -o smtpd_tls_security_level=encrypt`,
    `${doors.postscreen} inet n - n - 1 postscreen`,
    'smtpd pass - - n - - smtpd\ntlsproxy unix - - n - 0 tlsproxy\ndnsblog unix - - n - 0 dnsblog',
    'pickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr',
    'tlsmgr unix - - n 1000? 1 tlsmgr\nrewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce',
    'virtual unix - n n - - virtual\nretry unix - - n - - error',
    'anvil unix - - n - 1 anvil\nproxymap unix - - n - - proxymap\nerror unix - - n - - error',
    'postlog unix-dgram n - n - 1 postlogd',
  )
}

import { opensslCiphers, lines, when, type Server, type Settings } from '../server.ts'

export type NginxSettings = Settings<
  'protocols' | 'ciphers' | 'ciphersuites' | 'securityLevel' | 'groups' | 'dh' | 'order' | 'certificates' | 'chain',
  {
    /** A stapled OCSP response for the first certificate. */
    readonly staple: boolean
    readonly tickets: boolean
    /** `on`: who has none is refused in HTTP. */
    readonly verifyClient: 'optional' | 'on'
    readonly earlyData: boolean
    /** HTTP/2 beside HTTP/1.1, by ALPN. */
    readonly http2: boolean
    /** More of its configuration of HTTP, with a log of who asked. */
    readonly plain: string
    /** On the web door, who does not ask for the server by this name gets the alert unrecognized_name. */
    readonly onlyAs: string
  }
>

/** nginx as web server and, with STARTTLS, as mail proxy that nobody can log in to. */
export const nginx: Server<NginxSettings, 'https' | 'smtp' | 'imap' | 'pop3' | 'imaps'> = {
  packages: ['nginx', 'libnginx-mod-mail'],
  async plan(settings, site) {
    const doors = {
      https: await site.port(),
      smtp: await site.port(),
      imap: await site.port(),
      pop3: await site.port(),
      imaps: await site.port(),
    }
    const [first] = site.leaves(settings)
    const onlyHttp = lines(
      settings.staple === true && when(first, (leaf) => `ssl_stapling on; ssl_stapling_file ${leaf.ocsp};`),
      settings.earlyData === true && 'ssl_early_data on;',
    )
    const configuration = lines(
      'load_module /usr/lib/nginx/modules/ngx_mail_module.so;',
      site.root && 'user www-data;',
      `daemon off; worker_processes 1; pid ${site.folder}/pid; error_log ${site.folder}/error.log notice;`,
      'events { worker_connections 1024; }',
      'http {',
      ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((name) => `${name === 'body' ? 'client_body' : name}_temp_path ${site.folder}/${name};`)
        .join(' '),
      `access_log ${settings.plain === undefined ? 'off' : `${site.folder}/access.log`}; keepalive_timeout 5;\n${tls(settings, site)}${onlyHttp}`,
      settings.onlyAs !== undefined && `server { listen 127.0.0.1:${doors.https} ssl default_server; ssl_reject_handshake on; }`,
      `server { ${settings.onlyAs === undefined ? '' : `server_name ${settings.onlyAs}; `}listen 127.0.0.1:${doors.https} ssl${settings.http2 === true ? ' http2' : ''}; return 200 "ok\\n"; }`,
      settings.plain,
      '}',
      `mail {\nserver_name mail.example.test; auth_http 127.0.0.1:9/;\n${tls(settings, site)}`,
      `server { listen 127.0.0.1:${doors.smtp}; protocol smtp; starttls on; smtp_auth login plain; }`,
      `server { listen 127.0.0.1:${doors.imap}; protocol imap; starttls on; }`,
      `server { listen 127.0.0.1:${doors.pop3}; protocol pop3; starttls on; }`,
      `server { listen 127.0.0.1:${doors.imaps} ssl; protocol imap; }`,
      '}',
    )
    const file = site.write('nginx.conf', configuration)
    return {
      runs: [{ command: ['/usr/sbin/nginx', '-c', file, '-p', site.folder] }],
      doors,
      logs: [`${site.folder}/error.log`, `${site.folder}/access.log`],
    }
  },
}

function tls(settings: NginxSettings, site: Parameters<typeof nginx.plan>[1]): string {
  return lines(
    ...site.leaves(settings).map((leaf) => `ssl_certificate ${leaf.chain}; ssl_certificate_key ${leaf.key};`),
    when(site.dh(settings), (file) => `ssl_dhparam ${file};`),
    when(settings.protocols, (wanted) => `ssl_protocols ${wanted.join(' ')};`),
    when(opensslCiphers(settings), (list) => `ssl_ciphers ${list};`),
    when(settings.ciphersuites, (list) => `ssl_conf_command Ciphersuites ${list};`),
    when(settings.groups, (list) => `ssl_ecdh_curve ${list.join(':')};`),
    when(settings.order, (who) => `ssl_prefer_server_ciphers ${who === 'server' ? 'on' : 'off'};`),
    when(settings.verifyClient, (how) => `ssl_verify_client ${how}; ssl_client_certificate ${site.authority};`),
    when(settings.tickets, (on) => `ssl_session_tickets ${on ? 'on' : 'off'};`),
  )
}

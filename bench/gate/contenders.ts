import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { said } from './processes.ts'

export type ContenderName = 'gate' | 'haproxy' | 'nginx' | 'stunnel' | 'bare' | 'handles' | 'handles, looking'

/** Where everything is. */
export interface Place {
  readonly folder: string
  /** Where the contender listens with TLS, with STARTTLS of IMAP, of SMTP. */
  readonly ports: { readonly tls: number; readonly imap: number; readonly smtp: number }
  /** Of the servers behind, in plain text. */
  readonly behind: { readonly tcp: number; readonly imap: number; readonly smtp: number }
  /** Processes that serve. */
  readonly workers: number
}

/** A program that stands in front of a server and speaks TLS. */
export interface Contender {
  readonly name: ContenderName
  /** Undefined: it is not installed. */
  readonly version: string | undefined
  /** Writes its settings and says how it is started. */
  readonly command: (place: Place) => readonly string[]
}

const ROOT = new URL('../../', import.meta.url).pathname
const GATE = join(ROOT, 'bin/postern.js')

/** What is under the gate, and how bare.ts calls it. */
const BARE: readonly (readonly [ContenderName, string])[] = [
  ['bare', 'node'],
  ['handles', 'handles'],
  ['handles, looking', 'looking'],
]

/** All have the same keys, versions and suites; nobody but the gate writes a line for each connection. */
export const CONTENDERS: readonly Contender[] = [
  {
    name: 'gate',
    version: said([process.execPath, GATE, '--version'], /postern \S+/),
    command: (place) => {
      const service = (port: number, dialect: string, tls: string, behind: number): object => ({
        listen: `127.0.0.1:${port}`,
        dialect,
        tls,
        policy: 'mozilla-intermediate',
        backend: `127.0.0.1:${behind}`,
      })
      const { ports, behind, workers } = place
      const config = {
        workers,
        limits: { connections: 1_000_000, perClient: 1_000_000 },
        identities: { bench: ['ec', 'rsa'].map((kind) => ({ certificate: `${kind}.crt`, key: `${kind}.key` })) },
        services: {
          tls: service(ports.tls, 'tls', 'implicit', behind.tcp),
          imap: service(ports.imap, 'imap', 'starttls', behind.imap),
          smtp: service(ports.smtp, 'smtp', 'starttls', behind.smtp),
        },
      }
      const file = join(place.folder, `gate-${ports.tls}.json`)
      writeFileSync(file, JSON.stringify(config))
      return [process.execPath, GATE, 'gate', 'run', file]
    },
  },
  {
    name: 'haproxy',
    version: said(['haproxy', '-v'], /HAProxy version [\d.]+/),
    command: ({ folder, ports, behind, workers }) => {
      const file = join(folder, `haproxy-${ports.tls}.cfg`)
      writeFileSync(
        file,
        `global
  maxconn 9900
  nbthread ${workers}
  tune.ssl.cachesize 20000
  ssl-default-bind-options ssl-min-ver TLSv1.2
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384
  ssl-default-bind-curves X25519:P-256
defaults
  mode tcp
  timeout connect 5s
  timeout client 300s
  timeout server 300s
listen bench
  bind 127.0.0.1:${ports.tls} ssl crt ${folder}/both.pem backlog 16384
  server behind 127.0.0.1:${behind.tcp}
`,
      )
      return ['haproxy', '-q', '-f', file]
    },
  },
  {
    name: 'nginx',
    version: said(['nginx', '-v'], /nginx\/[\d.]+/),
    command: ({ folder, ports, behind, workers }) => {
      const file = join(folder, `nginx-${ports.tls}.conf`)
      const tls = ['ec', 'rsa'].map((kind) => `ssl_certificate ${folder}/${kind}.crt; ssl_certificate_key ${folder}/${kind}.key;`).join(' ')
      const versions = `ssl_protocols TLSv1.2 TLSv1.3; ssl_ecdh_curve X25519:P-256;`
      writeFileSync(
        file,
        `load_module /usr/lib/nginx/modules/ngx_stream_module.so;
load_module /usr/lib/nginx/modules/ngx_mail_module.so;
worker_processes ${workers}; daemon off; pid ${folder}/nginx-${ports.tls}.pid; error_log ${folder}/nginx.err crit; user root;
worker_rlimit_nofile 20000;
events { worker_connections 19900; multi_accept on; }
stream { access_log off; tcp_nodelay on; server { listen 127.0.0.1:${ports.tls} ssl backlog=16384; ${tls} ${versions}
  ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384; ssl_session_cache shared:s:10m; ssl_session_tickets on;
  proxy_pass 127.0.0.1:${behind.tcp}; proxy_timeout 300s; } }
mail { auth_http 127.0.0.1:9/; server_name gate.test; server { listen 127.0.0.1:${ports.imap}; protocol imap; starttls on; ${tls} ${versions} imap_auth plain login; } }
`,
      )
      return ['nginx', '-e', `${folder}/nginx.err`, '-c', file]
    },
  },
  {
    name: 'stunnel',
    version: said(['stunnel4', '-version'], /stunnel [\d.]+/),
    command: ({ folder, ports, behind }) => {
      const file = join(folder, `stunnel-${ports.tls}.conf`)
      writeFileSync(
        file,
        `foreground = yes
pid =
debug = 3
output = ${folder}/stunnel.log
socket = l:TCP_NODELAY=1
socket = r:TCP_NODELAY=1
[bench]
accept = 127.0.0.1:${ports.tls}
connect = 127.0.0.1:${behind.tcp}
cert = ${folder}/ec.pem
sslVersionMin = TLSv1.2
ciphersuites = TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384
curves = X25519:P-256
TIMEOUTclose = 0
`,
      )
      return ['stunnel4', file]
    },
  },
  ...BARE.map(([name, how]): Contender => ({
    name,
    version: process.version,
    command: ({ folder, ports, behind }) => [
      process.execPath,
      new URL('./bare.ts', import.meta.url).pathname,
      folder,
      String(ports.tls),
      String(behind.tcp),
      how,
    ],
  })),
]

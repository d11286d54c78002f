import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Adapter } from './adapter.ts'
import { dovecotAdapter } from './dovecot/adapter.ts'
import { haproxyAdapter } from './haproxy/adapter.ts'
import { nginxAdapter } from './nginx/adapter.ts'
import { postfixAdapter } from './postfix/adapter.ts'
import { fileOf } from './settings-file.ts'
import { mailExpressAdapter, tomcatAdapter } from './tomcat/adapter.ts'

const tomcat = (...connectors: readonly string[]): string => `<Server><Service>${connectors.join('')}</Service></Server>`
const HOST = '<SSLHostConfig><Certificate/></SSLHostConfig>'

describe('where a product can be met, by its settings', () => {
  const rows: readonly (readonly [
    why: string,
    adapter: Adapter,
    files: Readonly<Record<string, string>>,
    expected: readonly (readonly [door: string, listens: readonly string[]])[],
  ])[] = [
    [
      'by port and address, hosts by name not',
      tomcatAdapter,
      {
        'server.xml': tomcat(
          `<Connector port="8443" SSLEnabled="true">${HOST}<SSLHostConfig hostName="b.example"><Certificate/></SSLHostConfig></Connector>`,
          `<Connector port="8444" address="192.0.2.7" SSLEnabled="true">${HOST}</Connector>`,
          `<Connector port="8445" address="::1" SSLEnabled="true">${HOST}</Connector>`,
          `<Connector port="\${port}" SSLEnabled="true">${HOST}</Connector>`,
        ),
      },
      [
        ['port 8443', ['tls://localhost:8443']],
        ['port 8443, host b.example', []],
        ['port 8444 on 192.0.2.7', ['tls://192.0.2.7:8444']],
        ['port 8445 on ::1', ['tls://localhost:8445']],
        ['port ${port}', []],
      ],
    ],
    [
      'the gateway connects to nobody but its gateway',
      mailExpressAdapter,
      {
        'server.xml': tomcat(
          '<Connector port="8443" SSLEnabled="true" SSLProtocol="all"/>',
          '<Connector protocol="com.globalscape.protocolhandler.DMZProtocolHandler" port="44500" sslProtocols="TLSv1"/>',
        ),
      },
      [
        ['port 8443', ['tls://localhost:8443']],
        ['DMZ Gateway', []],
      ],
    ],
    [
      'the default server of each address, and mail by its protocol',
      nginxAdapter,
      {
        'nginx.conf': `http {
          server { listen 443 ssl; listen [::]:443 ssl; server_name a; }
          server { listen *:443 ssl; server_name b; }
          server { listen 8443 ssl; server_name c; }
          server { listen 8443 ssl default_server; server_name d; }
          server { listen unix:/run/x ssl; listen 192.0.2.1:443 ssl proxy_protocol; listen 444 quic; server_name e; }
        }
        mail { server { listen 143; protocol imap; starttls on; } server { listen 993 ssl; protocol imap; } }`,
      },
      [
        ['http a 443 [::]:443', ['https://localhost:443']],
        ['http b *:443', []],
        ['http c 8443', []],
        ['http d 8443', ['https://localhost:8443']],
        ['http e unix:/run/x 192.0.2.1:443 444', []],
        ['mail 143', ['imap://localhost:143']],
        ['mail 993', ['tls://localhost:993']],
      ],
    ],
    [
      'login services that are on, as their blocks change them',
      dovecotAdapter,
      {
        'dovecot.conf': `protocols = imap pop3 lmtp sieve
          service imap-login {
            inet_listener imap {
              port = 0
            }
            inet_listener other {
              port = 9993
              ssl = yes
            }
          }
          service pop3-login {
            inet_listener pop3 {
              haproxy = yes
            }
          }
          protocol pop3 {
            ssl_min_protocol = TLSv1.2
          }`,
      },
      [
        ['every protocol', ['imaps://localhost:993', 'imaps://localhost:9993', 'sieve://localhost:4190']],
        ['protocol pop3', ['pop3s://localhost:995']],
      ],
    ],
    ['nothing without TLS', dovecotAdapter, { 'dovecot.conf': 'protocols = imap\nssl = no\n' }, [['every protocol', []]]],
    [
      'one address for all, and protocols that are turned on elsewhere',
      dovecotAdapter,
      {
        'dovecot.conf':
          'listen = 192.0.2.1, ::\nprotocols = pop3\nprotocols = sieve\nprotocols = $protocols imap\nssl_min_protocol = TLSv1.2\n',
      },
      [['every protocol', ['imap://192.0.2.1:143', 'imaps://192.0.2.1:993', 'sieve://192.0.2.1:4190']]],
    ],
    [
      'bind lines with ports, but those that expect a PROXY header',
      haproxyAdapter,
      {
        'haproxy.cfg':
          'frontend a\n bind :443,ipv4@192.0.2.1:444 ssl crt x\n bind *:8443 ssl crt x accept-proxy\n bind :::995 ssl crt x\n bind :5000-5010 ssl crt x\nbackend b\n server s 192.0.2.2:443 ssl\n',
      },
      [
        ['frontend a :443,ipv4@192.0.2.1:444', ['tls://localhost:443', 'tls://192.0.2.1:444']],
        ['frontend a *:8443', []],
        ['frontend a :::995', ['tls://localhost:995']],
        ['frontend a :5000-5010', []],
        ['backend b s', []],
      ],
    ],
    [
      'services of master.cf that speak TLS',
      postfixAdapter,
      {
        'main.cf': 'smtpd_tls_security_level = may\nsmtp_tls_security_level = may\n',
        'master.cf':
          'smtp inet n - y - - smtpd\nsmtps inet n - y - - smtpd\n  -o smtpd_tls_wrappermode=yes\n127.0.0.1:10025 inet n - y - - smtpd\n  -o smtpd_tls_security_level=none\n192.0.2.1:submission inet n - y - - smtpd\nsmtpd pass - - y - - smtpd\nsmtp unix - - y - - smtp\n',
      },
      [
        ['smtp (25)', ['smtp://localhost:25']],
        ['smtps (465)', ['smtps://localhost:465']],
        ['127.0.0.1:10025', []],
        ['192.0.2.1:submission', ['smtp://192.0.2.1:587']],
        ['smtpd', []],
        ['smtp', []],
      ],
    ],
  ]
  for (const [why, adapter, files, expected] of rows) {
    test(`${adapter.product}: ${why}`, () => {
      const all = Object.entries(files).map(([name, text]) => fileOf(`/etc/x/${name}`, Buffer.from(text)))
      const more = (path: string) => all.find((file) => file.path === path)
      const { legs } = adapter.read(all[0]!, { more })
      assert.deepEqual(
        legs.map(({ door, listens = [] }) => [door, listens]),
        expected,
      )
    })
  }
})

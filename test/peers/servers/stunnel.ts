import { readFileSync } from 'node:fs'
import type { Loopback } from '../loopback.ts'
import { plainBackend, type PlainProtocol } from '../plain-backend.ts'
import { lines, opensslCiphers, unwanted, when, type Server, type Settings, type Site } from '../server.ts'

export type StunnelSettings = Settings<
  'protocols' | 'ciphers' | 'ciphersuites' | 'securityLevel' | 'groups' | 'dh' | 'order' | 'certificates' | 'chain'
>

/**
 * stunnel before plain backends: it speaks STARTTLS itself (`protocol =`), and plain TLS on `tls`. One certificate.
 * Without `dh` it gets a home-made 2048-bit group, since by itself it would compute one for half a minute.
 */
export const stunnel: Server<StunnelSettings, PlainProtocol | 'tls'> = {
  packages: ['stunnel4'],
  async plan(settings, site) {
    const doors = { smtp: await site.port(), imap: await site.port(), pop3: await site.port(), tls: await site.port() }
    const backends = { smtp: await plainBackend('smtp'), imap: await plainBackend('imap'), pop3: await plainBackend('pop3') }
    const configuration = lines(
      'foreground = yes\npid =\ndebug = info\nsyslog = no',
      common(settings, site),
      ...(['smtp', 'imap', 'pop3'] as const).map((protocol) =>
        lines(
          `[${protocol}]\naccept = 127.0.0.1:${doors[protocol]}\nconnect = 127.0.0.1:${backends[protocol].port}\nprotocol = ${protocol}`,
        ),
      ),
      `[tls]\naccept = 127.0.0.1:${doors.tls}\nconnect = 127.0.0.1:${backends.pop3.port}`,
    )
    return {
      runs: [{ command: ['/usr/bin/stunnel4', site.write('stunnel.conf', configuration)] }],
      doors,
      stop: () => stopAll(Object.values(backends)),
    }
  },
}

async function stopAll(backends: readonly Loopback[]): Promise<void> {
  for (const backend of backends) await backend.stop()
}

/** Options before the first section are the defaults of all. */
function common(settings: StunnelSettings, site: Site): string {
  const leaf = site.leaves(settings)[0]
  const parameters = site.dh({ dh: settings.dh ?? 'own-2048' })
  const pem = [leaf?.chain, leaf?.key, parameters].map((file) => (file === undefined ? '' : readFileSync(file, 'utf8'))).join('')
  const { protocols } = settings
  return lines(
    `cert = ${site.write('stunnel.pem', pem, 0o600)}`,
    when(protocols, () => `sslVersionMin = TLSv1`),
    ...(protocols === undefined ? [] : unwanted(protocols).map((version) => `options = NO_${version.replace('.', '_')}`)),
    when(opensslCiphers(settings), (list) => `ciphers = ${list}`),
    when(settings.securityLevel, (level) => `securityLevel = ${level}`),
    when(settings.ciphersuites, (list) => `ciphersuites = ${list}`),
    when(settings.groups, (list) => `curves = ${list.join(':')}`),
    when(settings.order, (who) => `options = ${who === 'server' ? '' : '-'}CIPHER_SERVER_PREFERENCE`),
  )
}

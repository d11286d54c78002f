import { makeSmtpdRoot } from '../smtpd-root.ts'
import { SERVER_NAME } from '../certificates.ts'
import { lines, opensslCiphers, when, type Server, type Settings } from '../server.ts'

export type OpenSmtpdSettings = Settings<
  'ciphers' | 'securityLevel' | 'certificates' | 'chain',
  {
    /** In place of its listeners and rules; `doors` have to be where it listens. */
    readonly main: string
    readonly doors: Readonly<Record<'smtp' | 'smtps', number>>
  }
>

/**
 * OpenSMTPD as Debian 12 builds it, in a root directory of its own. That build cannot sign: its key keeper does not work
 * with OpenSSL 3 (OpenSMTPD issue 1171). It answers a hello with ServerHello and Certificate, and ends every handshake that
 * needs the certificate's key with the alert internal_error; anonymous ECDHE works. Its setting for DHE turns none on.
 */
export const opensmtpd: Server<OpenSmtpdSettings, 'smtp' | 'smtps'> = {
  packages: ['opensmtpd', 'libevent-2.1-7'],
  needsRoot: true,
  async plan(settings, site) {
    const doors = settings.doors ?? { smtp: await site.port(), smtps: await site.port() }
    const root = site.folder
    makeSmtpdRoot(root)
    const [leaf] = site.leaves(settings)
    const inside = (file: string): string => `"${file.slice(root.length)}"`
    const configuration = lines(
      when(leaf, ({ chain, key }) => `pki test cert ${inside(chain)}\npki test key ${inside(key)}`),
      when(opensslCiphers(settings), (list) => `smtp ciphers "${list}"`),
      settings.main ?? usual(doors),
    )
    site.write('etc/smtpd.conf', configuration, 0o600)
    return { runs: [{ command: ['/usr/sbin/chroot', root, '/usr/sbin/smtpd', '-d'] }], doors }
  },
}

function usual({ smtp, smtps }: Readonly<Record<'smtp' | 'smtps', number>>): string {
  return lines(
    `listen on 127.0.0.1 port ${smtp} tls pki test hostname ${SERVER_NAME}`,
    `listen on 127.0.0.1 port ${smtps} smtps pki test hostname ${SERVER_NAME}`,
    'action outbound relay\nmatch for domain "nowhere.example.test" action outbound',
  )
}

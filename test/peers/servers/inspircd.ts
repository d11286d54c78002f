import { SERVER_NAME } from '../certificates.ts'
import { gnutlsPriority, lines, when, type Server, type Settings } from '../server.ts'

export type InspircdSettings = Settings<
  'protocols' | 'ciphers' | 'dh' | 'certificates' | 'chain',
  {
    /** It greets with a NOTICE that it looks up the client's name, as it does by itself. */
    readonly lookUp: boolean
  }
>

/** An IRC server on GnuTLS: STARTTLS on `irc`, TLS at once on `ircs`. `ciphers` is a priority string. One certificate. */
export const inspircd: Server<InspircdSettings, 'irc' | 'ircs'> = {
  packages: ['inspircd'],
  async plan(settings, site) {
    const doors = { irc: await site.port(), ircs: await site.port() }
    const [leaf] = site.leaves(settings)
    const profile = [
      when(leaf, ({ chain, key }) => `certfile="${chain}" keyfile="${key}"`),
      when(gnutlsPriority(settings), (priority) => `priority="${priority}"`),
      when(site.dh(settings), (file) => `dhfile="${file}"`),
    ]
    const configuration = lines(
      `<server name="${SERVER_NAME}" description="Test" network="Test">\n<admin name="Test" nick="test" email="test@example.test">`,
      '<module name="ssl_gnutls">\n<module name="cap">\n<module name="starttls">',
      `<sslprofile name="test" provider="gnutls" ${profile.filter((part) => part !== undefined).join(' ')}>`,
      `<bind address="127.0.0.1" port="${doors.irc}" type="clients">`,
      `<bind address="127.0.0.1" port="${doors.ircs}" type="clients" sslprofile="test">`,
      `<connect name="all" allow="*" timeout="20" localmax="1000" globalmax="1000" resolvehostnames="${settings.lookUp === false ? 'no' : 'yes'}">`,
      `<path configdir="${site.folder}" datadir="${site.directory('data')}" logdir="${site.folder}">\n<pid file="${site.folder}/pid">`,
      '<starttls provider="test">',
    )
    const command = [
      '/usr/sbin/inspircd',
      '--nofork',
      ...(site.root ? ['--runasroot'] : []),
      `--config=${site.write('inspircd.conf', configuration)}`,
    ]
    return { runs: [{ command, signal: 'KILL' }], doors }
  },
}

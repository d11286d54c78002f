import { gnutlsPriority, lines, when, type Server, type Settings } from '../server.ts'

export type SlapdSettings = Settings<'protocols' | 'ciphers' | 'dh' | 'certificates' | 'chain'>

/**
 * OpenLDAP's server with an empty directory, on GnuTLS as Debian builds it: `ciphers` is a priority string. One certificate.
 * Instead of a group of less than 2048 bits it takes one of 2048.
 */
export const slapd: Server<SlapdSettings, 'ldap' | 'ldaps'> = {
  packages: ['slapd'],
  async plan(settings, site) {
    const doors = { ldap: await site.port(), ldaps: await site.port() }
    const [leaf] = site.leaves(settings)
    const configuration = lines(
      `pidfile ${site.folder}/pid\nargsfile ${site.folder}/args`,
      when(leaf, ({ chain, key }) => `TLSCertificateFile ${chain}\nTLSCertificateKeyFile ${key}`),
      when(gnutlsPriority(settings), (priority) => `TLSCipherSuite ${priority}`),
      when(site.dh(settings), (file) => `TLSDHParamFile ${file}`),
    )
    const urls = `ldap://127.0.0.1:${doors.ldap} ldaps://127.0.0.1:${doors.ldaps}`
    return { runs: [{ command: ['/usr/sbin/slapd', '-d', '256', '-h', urls, '-f', site.write('slapd.conf', configuration)] }], doors }
  },
}

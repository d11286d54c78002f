import { readFileSync } from 'node:fs'
import type { PackageName } from '../packages.ts'
import { lines, opensslCiphers, range, when, type Server, type Settings } from '../server.ts'

export type LighttpdSettings = Settings<'protocols' | 'ciphers' | 'securityLevel' | 'groups' | 'dh' | 'certificates' | 'chain'>

/**
 * lighttpd, whose modules put five TLS libraries behind one settings file. Protocols are a
 * range. OpenSSL and wolfSSL take any OpenSSL cipher list, the others `HIGH` and little more. One certificate.
 */
function lighttpd(library: 'openssl' | 'gnutls' | 'mbedtls' | 'nss' | 'wolfssl'): Server<LighttpdSettings, 'https'> {
  // Only OpenSSL's module hands the name on as it stands.
  const name = (version: string): string => (library === 'openssl' ? version : version.replace(/v1$/, 'v1.0'))
  const packages: readonly PackageName[] = ['lighttpd', `lighttpd-mod-${library}`]
  return {
    packages,
    async plan(settings, site) {
      const doors = { https: await site.port() }
      const [first] = site.leaves(settings)
      const pem = [first?.key, first?.chain].map((file) => (file === undefined ? '' : readFileSync(file, 'utf8'))).join('')
      const [lowest, highest] = settings.protocols === undefined ? [] : range(settings.protocols)
      const commands = [
        when(lowest, (version) => `"MinProtocol" => "${name(version)}"`),
        when(highest, (version) => `"MaxProtocol" => "${name(version)}"`),
        when(opensslCiphers(settings), (list) => `"CipherString" => "${list}"`),
        when(settings.groups, (list) => `"Curves" => "${list.join(':')}"`),
      ].filter((command) => command !== undefined)
      const configuration = lines(
        `server.modules = ( "mod_${library}" )`,
        `server.document-root = "${site.directory('www')}"\nserver.errorlog = "${site.folder}/error.log"`,
        `server.bind = "127.0.0.1"\nserver.port = ${doors.https}\nssl.engine = "enable"`,
        `ssl.pemfile = "${site.write('both.pem', pem, 0o600)}"`,
        when(site.dh(settings), (file) => `ssl.dh-file = "${file}"`),
        commands.length > 0 && `ssl.openssl.ssl-conf-cmd = (${commands.join(', ')})`,
      )
      const file = site.write('lighttpd.conf', configuration)
      return { runs: [{ command: ['/usr/sbin/lighttpd', '-D', '-f', file] }], doors, logs: [`${site.folder}/error.log`] }
    },
  }
}

export const lighttpdOpenssl: Server<LighttpdSettings, 'https'> = lighttpd('openssl')
export const lighttpdGnutls: Server<LighttpdSettings, 'https'> = lighttpd('gnutls')
export const lighttpdMbedtls: Server<LighttpdSettings, 'https'> = lighttpd('mbedtls')
export const lighttpdNss: Server<LighttpdSettings, 'https'> = lighttpd('nss')
export const lighttpdWolfssl: Server<LighttpdSettings, 'https'> = lighttpd('wolfssl')

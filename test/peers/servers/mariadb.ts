import { lines, opensslCiphers, when, type Server, type Settings } from '../server.ts'

export type MariadbSettings = Settings<'protocols' | 'ciphers' | 'securityLevel' | 'certificates' | 'chain'>

/** MariaDB without any table. It has no setting for groups, DH or order. */
export const mariadb: Server<MariadbSettings, 'mysql'> = {
  packages: ['mariadb-server-core'],
  async plan(settings, site) {
    const doors = { mysql: await site.port() }
    const [leaf] = site.leaves(settings)
    const configuration = lines(
      `[mariadbd]\ndatadir=${site.directory('data')}\nsocket=${site.folder}/socket\npid-file=${site.folder}/pid\ntmpdir=${site.folder}/tmp`,
      `bind-address=127.0.0.1\nport=${doors.mysql}\nskip-grant-tables\nskip-networking=0\nskip-innodb\ndefault-storage-engine=MyISAM\nskip-name-resolve`,
      site.root && 'user=root',
      when(leaf, ({ chain, key }) => `ssl-cert=${chain}\nssl-key=${key}`),
      when(settings.protocols, (wanted) => `tls-version=${wanted.map((version) => version.replace(/v1$/, 'v1.0')).join(',')}`),
      when(opensslCiphers(settings), (list) => `ssl-cipher=${list}`),
    )
    return { runs: [{ command: ['/usr/sbin/mariadbd', `--defaults-file=${site.write('my.cnf', configuration)}`] }], doors }
  },
}

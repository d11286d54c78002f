import { lines, opensslCiphers, when, type Server, type Settings } from '../server.ts'

export type VsftpdSettings = Settings<
  'ciphers' | 'securityLevel' | 'certificates' | 'chain',
  {
    /** TLS 1.0 and 1.1 stay with the others; false leaves what OpenSSL has without the version 1.0. */
    readonly tls10: boolean
  }
>

/** vsftpd with AUTH TLS on `ftp` and TLS at once on `ftps`. It has no setting for DH, groups, order or versions after 1.0. */
export const vsftpd: Server<VsftpdSettings, 'ftp' | 'ftps'> = {
  packages: ['vsftpd'],
  needsRoot: true,
  async plan(settings, site) {
    const doors = { ftp: await site.port(), ftps: await site.port() }
    const [leaf] = site.leaves(settings)
    const configuration = (port: number, implicit: boolean): string =>
      lines(
        `listen=YES\nlisten_ipv6=NO\nlisten_address=127.0.0.1\nlisten_port=${port}\nbackground=NO`,
        `anonymous_enable=YES\nallow_anon_ssl=YES\nanon_root=${site.directory('files')}\nsecure_chroot_dir=${site.directory('empty')}`,
        `ssl_enable=YES\nimplicit_ssl=${implicit ? 'YES' : 'NO'}\nforce_anon_logins_ssl=YES\nforce_local_logins_ssl=YES\ndebug_ssl=YES`,
        `ssl_tlsv1=${settings.tls10 === false ? 'NO' : 'YES'}\nseccomp_sandbox=NO\nxferlog_enable=YES\nlog_ftp_protocol=YES`,
        `vsftpd_log_file=${site.folder}/vsftpd.log`,
        when(leaf, ({ chain, key }) => `rsa_cert_file=${chain}\nrsa_private_key_file=${key}`),
        when(opensslCiphers(settings), (list) => `ssl_ciphers=${list}`),
      )
    const files = [site.write('ftp.conf', configuration(doors.ftp, false)), site.write('ftps.conf', configuration(doors.ftps, true))]
    return { runs: files.map((file) => ({ command: ['/usr/sbin/vsftpd', file] })), doors, logs: [`${site.folder}/vsftpd.log`] }
  },
}

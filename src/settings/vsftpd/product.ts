import type { Product } from '../adapter.ts'

/** Blanks before the = keep vsftpd from starting, and whoever mends them has to know whose file it is. */
const TYPICAL =
  /^[ \t]*(?:anonymous_enable|local_enable|write_enable|pasv_enable|pam_service_name|ssl_enable|implicit_ssl|chroot_local_user)[ \t]*=/gm

/** vsftpd: one door, with TLS at once or after AUTH. */
export const vsftpdProduct: Product = {
  product: 'vsftpd',
  title: 'vsftpd',
  places: ['/etc/vsftpd.conf', '/etc/vsftpd/vsftpd.conf', '/usr/local/etc/vsftpd.conf'],
  recognises: ({ path, text }) => {
    if (/(?:^|[/\\])vsftpd\.conf$/.test(path)) return 1
    return (text.match(TYPICAL)?.length ?? 0) > 1 ? 0.9 : 0
  },
  mends: true,
}

import type { Product } from '../adapter.ts'

/** ProFTPD with mod_tls: the main server and its virtual hosts, with what they include and get from `<Global>`. */
export const proftpdProduct: Product = {
  product: 'proftpd',
  title: 'ProFTPD',
  places: ['/etc/proftpd/proftpd.conf', '/etc/proftpd.conf', '/usr/local/etc/proftpd.conf', '/usr/local/etc/proftpd/proftpd.conf'],
  recognises: ({ path, text }) => {
    if (/(?:^|[/\\])proftpd\.conf$/.test(path)) return 1
    return /^[ \t]*(?:TLSEngine|TLSProtocol|TLSRSACertificateFile|<IfModule\s+mod_tls\.c>)/im.test(text) ? 0.9 : 0
  },
}

import type { Product } from '../adapter.ts'

/** Postfix: main.cf, what master.cf sets for single services, and the policy tables of its client. */
export const postfixProduct: Product = {
  product: 'postfix',
  title: 'Postfix',
  places: ['/etc/postfix/main.cf', '/usr/local/etc/postfix/main.cf', '/opt/zimbra/conf/main.cf'],
  recognises: (file) => {
    if (/(?:^|[/\\])main\.cf$/.test(file.path)) return 1
    return /^(?:smtpd?_tls_|mydestination|myhostname|smtpd_\w+_restrictions)\w*\s*=/m.test(file.text) ? 0.8 : 0
  },
}

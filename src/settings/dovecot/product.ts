import type { Product } from '../adapter.ts'

/** Dovecot 2.3 and 2.4: dovecot.conf, what it includes, and blocks for protocols and addresses. */
export const dovecotProduct: Product = {
  product: 'dovecot',
  title: 'Dovecot',
  places: ['/etc/dovecot/dovecot.conf', '/usr/local/etc/dovecot/dovecot.conf'],
  recognises: (file) => {
    if (/(?:^|[/\\])dovecot\.conf$/.test(file.path)) return 1
    return /^[ \t]*(?:ssl_min_protocol|ssl_(?:server_)?cert(?:_file)?|dovecot_config_version|mail_location|auth_mechanisms)\s*=/m.test(
      file.text,
    )
      ? 0.8
      : 0
  },
}

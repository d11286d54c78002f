import type { Product } from '../adapter.ts'

/** OpenSMTPD: listeners with TLS as servers, and actions that relay as clients. */
export const opensmtpdProduct: Product = {
  product: 'opensmtpd',
  title: 'OpenSMTPD',
  places: ['/etc/smtpd.conf', '/etc/mail/smtpd.conf', '/etc/opensmtpd/smtpd.conf', '/usr/local/etc/mail/smtpd.conf'],
  recognises: ({ path, text }) => {
    // Cyrus SASL calls the settings of Postfix's log-ins the same.
    if (/^[ \t]*(?:pwcheck_method|mech_list|auxprop_plugin|saslauthd_path)\s*:/m.test(text)) return 0
    if (/(?:^|[/\\])smtpd\.conf$/.test(path)) return 1
    return /^[ \t]*listen[ \t]+on[ \t]/m.test(text) && /^[ \t]*(?:action|match|pki|table|smtp)[ \t]/m.test(text) ? 0.9 : 0
  },
}

import { basename } from 'node:path'
import type { Product } from '../adapter.ts'

/** Cyrus IMAP: imapd.conf with what it includes, and the services that cyrus.conf beside it has. */
export const cyrusProduct: Product = {
  product: 'cyrus',
  title: 'Cyrus IMAP',
  places: ['/etc/imapd.conf', '/usr/local/etc/imapd.conf'],
  recognises: ({ path, text }) => {
    const ours = /^[ \t]*(?:configdirectory|partition-\w+|sasl_pwcheck_method)[ \t]*:/im.test(text)
    if (isImapdConf(path)) return ours || /^[ \t]*[a-z_]+:/im.test(text) ? 1 : 0
    return ours ? 0.9 : 0
  },
}

function isImapdConf(path: string): boolean {
  return basename(path.replaceAll('\\', '/')) === 'imapd.conf'
}

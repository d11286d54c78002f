import type { Product } from '../adapter.ts'

/** Files of Courier with settings of TLS, each with those that its start script reads before it. */
export const FILES: Readonly<Record<string, readonly string[]>> = {
  'imapd-ssl': ['imapd'],
  'pop3d-ssl': ['pop3d'],
  esmtpd: [],
  'esmtpd-msa': ['esmtpd'],
  'esmtpd-ssl': ['esmtpd'],
  courierd: [],
}

const FOLDERS = ['/etc/courier', '/usr/lib/courier/etc', '/etc/courier-imap', '/usr/lib/courier-imap/etc', '/usr/local/etc/courier-imap']
const NAMES = [...Object.keys(FILES), 'imapd', 'pop3d']

/** Courier and Courier-IMAP: the files that its start scripts read as sh does, every service beside the one that is named. */
export const courierProduct: Product = {
  product: 'courier',
  title: 'Courier',
  places: FOLDERS.flatMap((folder) => Object.keys(FILES).map((name) => `${folder}/${name}`)),
  recognises: ({ path, text }) => {
    const name = /[^/\\]*$/.exec(path)?.[0] ?? ''
    const ours = /^(?:##NAME: \w+:|COURIERTLS=)/m.test(text)
    return NAMES.includes(name) && (ours || /^[ \t]*(?:TLS_\w+|(?:SSL)?PORT|SSLADDRESS|MAXDAEMONS|\w+START(?:TLS)?)=/m.test(text))
      ? 1
      : ours
        ? 0.9
        : 0
  },
}

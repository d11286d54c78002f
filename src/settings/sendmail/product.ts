import type { Product } from '../adapter.ts'

/** Sendmail: the .mc that its administrator writes, or the .cf that it reads. */
export const sendmailProduct: Product = {
  product: 'sendmail',
  title: 'Sendmail',
  places: ['/etc/mail/sendmail.mc', '/etc/mail/sendmail.cf', '/usr/share/sendmail/cf/sendmail.cf', '/etc/sendmail.cf'],
  recognises: ({ path, text }) => {
    const mc = /^(?:define\(`conf[A-Z_]+'|OSTYPE\(`|MAILER\(`)/m.test(text)
    const cf =
      /^V\d+(?:\/\w+)?[ \t\r]*$/m.test(text) || /^O (?:QueueDirectory|CipherList|DaemonPortOptions|ServerSSLOptions)\s*=/m.test(text)
    if (/(?:^|[/\\])(?:sendmail|submit)\.(?:mc|cf)$/.test(path)) return 1
    return mc || cf ? 0.9 : 0
  },
}

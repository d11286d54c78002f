import type { KnownProduct } from './adapter.ts'
import { courierProduct } from './courier/product.ts'
import { cyrusProduct } from './cyrus/product.ts'
import { dovecotProduct } from './dovecot/product.ts'
import { eximProduct } from './exim/product.ts'
import { haproxyProduct } from './haproxy/product.ts'
import { kerioProduct } from './kerio/product.ts'
import { nginxProduct } from './nginx/product.ts'
import { opensmtpdProduct } from './opensmtpd/product.ts'
import { postfixProduct } from './postfix/product.ts'
import { proftpdProduct } from './proftpd/product.ts'
import { sendmailProduct } from './sendmail/product.ts'
import { mailExpressProduct, tomcatProduct } from './tomcat/product.ts'
import { vsftpdProduct } from './vsftpd/product.ts'

/** Every product whose settings Postern reads and writes. A new one is one folder and one line here. */
export const PRODUCTS: readonly KnownProduct[] = [
  { ...kerioProduct, adapter: async () => (await import('./kerio/adapter.ts')).kerioAdapter },
  { ...mailExpressProduct, adapter: async () => (await import('./tomcat/adapter.ts')).mailExpressAdapter },
  { ...tomcatProduct, adapter: async () => (await import('./tomcat/adapter.ts')).tomcatAdapter },
  { ...postfixProduct, adapter: async () => (await import('./postfix/adapter.ts')).postfixAdapter },
  { ...nginxProduct, adapter: async () => (await import('./nginx/adapter.ts')).nginxAdapter },
  { ...dovecotProduct, adapter: async () => (await import('./dovecot/adapter.ts')).dovecotAdapter },
  { ...haproxyProduct, adapter: async () => (await import('./haproxy/adapter.ts')).haproxyAdapter },
  { ...courierProduct, adapter: async () => (await import('./courier/adapter.ts')).courierAdapter },
  { ...cyrusProduct, adapter: async () => (await import('./cyrus/adapter.ts')).cyrusAdapter },
  { ...sendmailProduct, adapter: async () => (await import('./sendmail/adapter.ts')).sendmailAdapter },
  { ...vsftpdProduct, adapter: async () => (await import('./vsftpd/adapter.ts')).vsftpdAdapter },
  { ...eximProduct, adapter: async () => (await import('./exim/adapter.ts')).eximAdapter },
  { ...proftpdProduct, adapter: async () => (await import('./proftpd/adapter.ts')).proftpdAdapter },
  { ...opensmtpdProduct, adapter: async () => (await import('./opensmtpd/adapter.ts')).opensmtpdAdapter },
]

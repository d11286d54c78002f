import type { Adapter } from './adapter.ts'
import { courierAdapter } from './courier/adapter.ts'
import { cyrusAdapter } from './cyrus/adapter.ts'
import { dovecotAdapter } from './dovecot/adapter.ts'
import { eximAdapter } from './exim/adapter.ts'
import { haproxyAdapter } from './haproxy/adapter.ts'
import { kerioAdapter } from './kerio/adapter.ts'
import { nginxAdapter } from './nginx/adapter.ts'
import { opensmtpdAdapter } from './opensmtpd/adapter.ts'
import { postfixAdapter } from './postfix/adapter.ts'
import { proftpdAdapter } from './proftpd/adapter.ts'
import { sendmailAdapter } from './sendmail/adapter.ts'
import { mailExpressAdapter, tomcatAdapter } from './tomcat/adapter.ts'
import { vsftpdAdapter } from './vsftpd/adapter.ts'

/** Every product whose settings Postern reads and writes. A new one is one folder and one line here. */
export const ADAPTERS: readonly Adapter[] = [
  kerioAdapter,
  mailExpressAdapter,
  tomcatAdapter,
  postfixAdapter,
  nginxAdapter,
  dovecotAdapter,
  haproxyAdapter,
  courierAdapter,
  cyrusAdapter,
  sendmailAdapter,
  vsftpdAdapter,
  eximAdapter,
  proftpdAdapter,
  opensmtpdAdapter,
]

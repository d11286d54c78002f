import { courierPage } from './courier.ts'
import { cyrusPage } from './cyrus.ts'
import { dovecotPage } from './dovecot.ts'
import { eximPage } from './exim.ts'
import { kerioConnectPage } from './kerio-connect.ts'
import { mailExpressPage } from './mail-express.ts'
import { opensmtpdPage } from './opensmtpd.ts'
import { postfixPage } from './postfix.ts'
import { sendmailPage } from './sendmail.ts'

// One process for all of them: most of the time of a small test goes into loading the gate.
for (const page of [
  courierPage,
  cyrusPage,
  dovecotPage,
  eximPage,
  kerioConnectPage,
  mailExpressPage,
  opensmtpdPage,
  postfixPage,
  sendmailPage,
])
  page()

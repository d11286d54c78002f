import type { Product } from '../adapter.ts'
import type { SettingsFile } from '../settings-file.ts'

/** Kerio Connect's `mailserver.cfg`: the tables `Security` and `SmtpSecurity`, as server and as client. */
export const kerioProduct: Product = {
  product: 'kerio-connect',
  title: 'Kerio Connect',
  places: [
    '/opt/kerio/mailserver/mailserver.cfg',
    '/usr/local/kerio/mailserver/mailserver.cfg',
    'C:\\Program Files\\Kerio\\MailServer\\mailserver.cfg',
    'C:\\Program Files (x86)\\Kerio\\MailServer\\mailserver.cfg',
  ],
  recognises,
  mends: true,
}

/** Also where the file is broken, so that it can be said what breaks it. */
function recognises({ path, text }: SettingsFile): number {
  // Settings of others may be large, and have no < at all.
  if (!text.includes('<') || !/<[A-Za-z!?]/.test(text)) return 0
  const named = /(?:^|[/\\])mailserver\.cfg(?:\.|$)/i.test(path)
  if (/<table\s*name\s*=\s*[^\w\s<>]{1,3}(?:Smtp)?Security\b/.test(text)) return named ? 1 : 0.9
  if (/<variable\s*name\s*=/.test(text)) return named ? 0.9 : 0.4
  return named ? 0.5 : 0
}

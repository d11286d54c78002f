import type { Product } from '../adapter.ts'
import type { SettingsFile } from '../settings-file.ts'

/** Tomcat's `server.xml`, 6 to 11: Connectors with TLS, and their hosts. */
export const tomcatProduct: Product = {
  product: 'tomcat',
  title: 'Tomcat',
  places: [
    ...['11', '10', '9'].map((line) => `/etc/tomcat${line}/server.xml`),
    '/etc/tomcat/server.xml',
    '/opt/tomcat/conf/server.xml',
    '/usr/local/tomcat/conf/server.xml',
  ],
  recognises: (file) => (isServer(file) ? (isMailExpress(file) ? 0.5 : 0.9) : 0),
  mends: true,
}

/** Globalscape Mail Express, a Tomcat with a Connector of its own for the DMZ Gateway. */
export const mailExpressProduct: Product = {
  product: 'mail-express',
  title: 'Mail Express',
  places: [
    'C:\\Program Files\\Globalscape\\Mail Express\\conf\\server.xml',
    'C:\\Program Files (x86)\\Globalscape\\Mail Express\\conf\\server.xml',
  ],
  recognises: (file) => (isServer(file) && isMailExpress(file) ? 1 : 0),
  mends: true,
}

/** Also where the file is broken, so that it can be said what breaks it. */
function isServer({ text }: SettingsFile): boolean {
  return /<Server[\s>]/.test(text) && /<Connector\s/.test(text)
}

function isMailExpress({ path, text }: SettingsFile): boolean {
  return /globalscape/i.test(text) || /mail ?express/i.test(path)
}

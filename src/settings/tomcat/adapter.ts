import type { Adapter, ProductName } from '../adapter.ts'
import type { SettingsFile } from '../settings-file.ts'
import { secretPlaces } from '../xml/problem.ts'
import { mendTomcat } from './mend.ts'
import { readTomcat } from './read.ts'
import { writeTomcat } from './write.ts'

/** Tomcat's `server.xml`, 6 to 11: Connectors with TLS, and their hosts. */
export const tomcatAdapter: Adapter = {
  ...adapterFor('tomcat', 'Tomcat'),
  places: [
    ...['11', '10', '9'].map((line) => `/etc/tomcat${line}/server.xml`),
    '/etc/tomcat/server.xml',
    '/opt/tomcat/conf/server.xml',
    '/usr/local/tomcat/conf/server.xml',
  ],
  recognises: (file) => (isServer(file) ? (isMailExpress(file) ? 0.5 : 0.9) : 0),
  service: {
    check: (path) => {
      const [, line] = /[/\\]etc[/\\]tomcat(\d*)[/\\]/.exec(path) ?? []
      if (line !== undefined) {
        return ['env', `CATALINA_BASE=/var/lib/tomcat${line}`, `/usr/share/tomcat${line}/bin/catalina.sh`, 'configtest']
      }
      return [`${baseOf(path)}/bin/catalina.sh`, 'configtest']
    },
    source: 'catalina.sh configtest, since Tomcat 7',
  },
  installed: (path, ask) => {
    const answer = librariesOf(path)
      .map((library) => ask.entry(library, 'org/apache/catalina/util/ServerInfo.properties'))
      .find((one) => one !== undefined)
    const version = /^server\.number=(\d+\.\d+\.\d+)/m.exec(answer?.text ?? '')?.[1]
    return answer === undefined || version === undefined ? undefined : { version, by: answer.by }
  },
}

/** Globalscape Mail Express, a Tomcat with a Connector of its own for the DMZ Gateway. */
export const mailExpressAdapter: Adapter = {
  ...adapterFor('mail-express', 'Mail Express'),
  places: [
    'C:\\Program Files\\Globalscape\\Mail Express\\conf\\server.xml',
    'C:\\Program Files (x86)\\Globalscape\\Mail Express\\conf\\server.xml',
  ],
  recognises: (file) => (isServer(file) && isMailExpress(file) ? 1 : 0),
}

function adapterFor(product: ProductName, title: string): Pick<Adapter, 'product' | 'title' | 'read' | 'write' | 'secrets' | 'mend'> {
  return {
    product,
    title,
    read: (file, options) => readTomcat(product, file, options),
    write: writeTomcat,
    secrets: secretPlaces,
    mend: mendTomcat,
  }
}

/** Where the classes are that read this file, which Debian keeps apart from it. */
function librariesOf(path: string): readonly string[] {
  const [, line] = /[/\\]etc[/\\]tomcat(\d*)[/\\]/.exec(path) ?? []
  return line === undefined ? [`${baseOf(path)}/lib/catalina.jar`] : [`/usr/share/tomcat${line}/lib/catalina.jar`]
}

/** The folder above `conf`. */
function baseOf(path: string): string {
  return path.replace(/(?:[/\\]?conf)?[/\\]?[^/\\]*$/, '') || '.'
}

/** Also where the file is broken, so that it can be said what breaks it. */
function isServer({ text }: SettingsFile): boolean {
  return /<Server[\s>]/.test(text) && /<Connector\s/.test(text)
}

function isMailExpress({ path, text }: SettingsFile): boolean {
  return /globalscape/i.test(text) || /mail ?express/i.test(path)
}

import type { Adapter, ProductName } from '../adapter.ts'
import { secretPlaces } from '../xml/problem.ts'
import { mendTomcat } from './mend.ts'
import { mailExpressProduct, tomcatProduct } from './product.ts'
import { readTomcat } from './read.ts'
import { writeTomcat } from './write.ts'

/** Tomcat's `server.xml`, 6 to 11: Connectors with TLS, and their hosts. */
export const tomcatAdapter: Adapter = {
  ...tomcatProduct,
  ...adapterFor('tomcat'),
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
  ...mailExpressProduct,
  ...adapterFor('mail-express'),
}

function adapterFor(product: ProductName): Pick<Adapter, 'read' | 'write' | 'secrets' | 'mend'> {
  return {
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

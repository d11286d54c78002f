import { join } from 'node:path'
import type { LeafFiles } from '../certificates.ts'
import { JVM, NOTHING_FORBIDDEN } from '../java.ts'
import { lines, when, type Server, type Settings } from '../server.ts'
import type { JavaProtocol } from './jsse.ts'

/** What one connector of server.xml says. */
export interface ConnectorSettings {
  /** The attribute `protocols`. */
  readonly versions?: readonly JavaProtocol[]
  /** The attribute `ciphers`: OpenSSL list or JSSE names. */
  readonly ciphers?: string
  readonly order?: 'server' | 'client'
}

export type TomcatSettings = Settings<
  'certificates' | 'groups' | 'chain',
  ConnectorSettings & {
    /** The second connector, where the program's administrators would log in. As the first one when left out. */
    readonly admin: ConnectorSettings
    /** What `java.security` forbids stays forbidden. */
    readonly strict: boolean
    /** Size of DHE groups in bits, or `legacy`. */
    readonly dhKeySize: number | 'legacy'
    /** Its only connector, what stands in its host, and where that listens; it serves `webapps/ROOT` and logs who asked. */
    readonly plain: { readonly connector: string; readonly host: string; readonly port: number }
  }
>

const HOME = '/usr/share/tomcat10'

/** Tomcat 10 with two JSSE connectors and no application. */
export const tomcat: Server<TomcatSettings, 'https' | 'admin'> = {
  packages: ['tomcat10', 'openjdk-17-jdk-headless'],
  async plan(settings, site) {
    const { plain } = settings
    const doors = { https: plain?.port ?? (await site.port()), admin: plain?.port ?? (await site.port()) }
    const leaves = site.leaves(settings)
    const names = settings.certificates ?? ['rsa']
    const certificates = leaves.map((leaf, index) => certificate(leaf, names[index]?.startsWith('ecdsa') === true ? 'EC' : 'RSA')).join('')
    const connectors =
      plain?.connector ?? connector(doors.https, settings, certificates) + connector(doors.admin, settings.admin ?? settings, certificates)
    for (const directory of ['logs', 'temp', 'webapps', 'work']) site.directory(directory)
    site.write(
      'conf/web.xml',
      `<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="5.0">${plain === undefined ? '' : FILES}</web-app>`,
    )
    if (plain !== undefined) site.write('webapps/ROOT/index.html', '<p>behind the gate</p>\n')
    site.write(
      'conf/server.xml',
      `<Server port="-1"><Service name="Catalina">${connectors}<Engine name="Catalina" defaultHost="localhost">
       <Host name="localhost" appBase="webapps" autoDeploy="false" deployOnStartup="${plain !== undefined}">${plain === undefined ? '' : plain.host + LOG}</Host></Engine></Service></Server>`,
    )
    site.write(
      'conf/logging.properties',
      lines('handlers = java.util.logging.ConsoleHandler', 'java.util.logging.ConsoleHandler.level = INFO'),
    )
    const security = site.write('java.security', settings.strict === true ? '' : NOTHING_FORBIDDEN)
    const properties = [
      `-Dcatalina.home=${HOME}`,
      `-Dcatalina.base=${site.folder}`,
      `-Djava.io.tmpdir=${join(site.folder, 'temp')}`,
      `-Djava.util.logging.config.file=${join(site.folder, 'conf/logging.properties')}`,
      `-Djava.security.properties=${security}`,
      when(settings.dhKeySize, (bits) => `-Djdk.tls.ephemeralDHKeySize=${bits}`),
      when(settings.groups, (groups) => `-Djdk.tls.namedGroups=${groups.join(',')}`),
    ].filter((property) => property !== undefined)
    const classes = [`${HOME}/bin/bootstrap.jar`, `${HOME}/bin/tomcat-juli.jar`].join(':')
    const command = ['/usr/bin/java', ...JVM, ...properties, '-cp', classes, 'org.apache.catalina.startup.Bootstrap', 'start']
    return { runs: [{ command }], doors, ...(plain === undefined ? {} : { logs: [join(site.folder, 'logs/access.log')] }) }
  },
}

/** Files are served. */
const FILES = `<servlet><servlet-name>default</servlet-name><servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class></servlet>
  <servlet-mapping><servlet-name>default</servlet-name><url-pattern>/</url-pattern></servlet-mapping>
  <welcome-file-list><welcome-file>index.html</welcome-file></welcome-file-list>`

const LOG =
  '<Valve className="org.apache.catalina.valves.AccessLogValve" directory="logs" prefix="access" suffix=".log" rotatable="false" buffered="false" requestAttributesEnabled="true" pattern="%a %p %s %r"/>'

function connector(port: number, { versions, ciphers, order }: ConnectorSettings, certificates: string): string {
  const attributes = [
    when(versions, (names) => `protocols="${names.join('+')}"`),
    when(ciphers, (list) => `ciphers="${list}"`),
    when(order, (who) => `honorCipherOrder="${who === 'server'}"`),
  ]
  const tls = `<SSLHostConfig ${attributes.filter((attribute) => attribute !== undefined).join(' ')}>${certificates}</SSLHostConfig>`
  return `<Connector address="127.0.0.1" port="${port}" protocol="org.apache.coyote.http11.Http11NioProtocol" SSLEnabled="true" maxThreads="20"
    sslImplementationName="org.apache.tomcat.util.net.jsse.JSSEImplementation">${tls}</Connector>`
}

function certificate({ pkcs12 }: LeafFiles, type: 'RSA' | 'EC'): string {
  return `<Certificate type="${type}" certificateKeystoreFile="${pkcs12}" certificateKeystoreType="PKCS12" certificateKeystorePassword="changeit"/>`
}

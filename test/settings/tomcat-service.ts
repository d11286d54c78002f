import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { certificates } from '../peers/index.ts'
import { JVM, NOTHING_FORBIDDEN } from '../peers/java.ts'
import { KEPT } from '../peers/packages.ts'
import { isKept, keeperLine } from './keeper.ts'
import { statusOfLine } from './program.ts'

/** Debian has 10 as a server and 9 as a library only. */
export type TomcatLine = '9' | '10'

/** A real Tomcat with a folder of its own, which is stopped and started by command lines. */
export interface TomcatService {
  readonly folder: string
  /** server.xml. */
  readonly file: string
  readonly start: string
  readonly stop: string
  readonly runs: () => boolean
  readonly log: () => string
}

/** `connectors` with `KEYSTORE` where the attribute of a keystore goes. Nothing is forbidden that this Java has. */
export async function tomcatService(line: TomcatLine, connectors: string, t: Pick<TestContext, 'after'>): Promise<TomcatService> {
  const folder = mkdtempSync(join(tmpdir(), `postern-tomcat${line}-`))
  const write = (name: string, text: string, mode = 0o644): string => {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text, { mode })
    return join(folder, name)
  }
  for (const directory of ['logs', 'temp', 'webapps', 'work']) mkdirSync(join(folder, directory))
  write('conf/web.xml', '<web-app/>')
  // Where --detect looks for the version.
  mkdirSync(join(folder, 'lib'))
  symlinkSync(`/usr/share/java/tomcat${line}-catalina.jar`, join(folder, 'lib/catalina.jar'))
  const logging = write('conf/logging.properties', 'handlers = java.util.logging.ConsoleHandler\n')
  const { pkcs12 } = (await certificates()).leaf('rsa')
  const file = write('conf/server.xml', serverXml(connectors.replaceAll('KEYSTORE', pkcs12)))
  const command = [
    '/usr/bin/java',
    ...JVM,
    `-Dcatalina.base=${folder}`,
    `-Dcatalina.home=${folder}`,
    `-Djava.io.tmpdir=${join(folder, 'temp')}`,
    `-Djava.util.logging.config.file=${logging}`,
    `-Djava.security.properties=${write('java.security', NOTHING_FORBIDDEN)}`,
    '-cp',
    [...jars(line), ...(connectors.includes('DMZProtocolHandler') ? [gatewayHandler()] : [])].join(':'),
    'org.apache.catalina.startup.Bootstrap',
  ]
  // What Debian's catalina.sh does for `configtest`, with the same class path as the server.
  write('bin/catalina.sh', `#!/bin/sh\nexec ${command.map((word) => `'${word}'`).join(' ')} "$@"\n`, 0o755)
  const [start, stop] = [keeperLine('start', folder, 'Server startup in', ...command, 'start'), keeperLine('stop', folder)]
  t.after(async () => {
    await statusOfLine(stop)
    rmSync(folder, { recursive: true, force: true })
  })
  const service = { folder, file, start, stop, runs: () => isKept(folder), log: () => readFileSync(join(folder, 'log'), 'utf8') }
  if ((await statusOfLine(start, 60_000)) !== 0) throw new Error(`Cannot start Tomcat ${line}:\n${service.log().slice(-4000)}`)
  return service
}

function serverXml(connectors: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- Kept as it is: SSLProtocol="all" -->
<Server port="-1">
  <Service name="Catalina">
    ${connectors}
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="webapps" autoDeploy="false" deployOnStartup="false"/>
    </Engine>
  </Service>
</Server>
`
}

function jars(line: TomcatLine): readonly string[] {
  const folder = '/usr/share/java'
  const names = readdirSync(folder).filter((name) => new RegExp(`^tomcat${line}-[a-z-]+\\.jar$`).test(name))
  return names.map((name) => join(folder, name))
}

const HANDLER = 'com/globalscape/protocolhandler/DMZProtocolHandler'

/**
 * The class that Mail Express has for its gateway and no Tomcat has: here it listens, as the real one waits for the gateway, and takes
 * `sslProtocols` as Tomcat 6 does, as another name of the list of protocols. Tomcat 9 is the newest that it can be made for.
 */
const HANDLER_SOURCE = `package com.globalscape.protocolhandler;
public class DMZProtocolHandler extends org.apache.coyote.http11.Http11NioProtocol {
  public void setSslProtocols(String list) {
    setSslEnabledProtocols(list);
  }
}
`

/** The folder with the compiled class. Made once. */
function gatewayHandler(): string {
  const folder = join(KEPT, 'tomcat9-gateway')
  if (existsSync(join(folder, `${HANDLER}.class`))) return folder
  const source = join(mkdtempSync(join(tmpdir(), 'postern-java-')), 'DMZProtocolHandler.java')
  writeFileSync(source, HANDLER_SOURCE)
  mkdirSync(folder, { recursive: true })
  execFileSync('/usr/bin/javac', ['-nowarn', '-cp', jars('9').join(':'), '-d', folder, source], { timeout: 120_000 })
  rmSync(join(source, '..'), { recursive: true, force: true })
  return folder
}

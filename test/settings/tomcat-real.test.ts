import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type, type Ended } from '../cli-session.ts'
import { needPackages } from '../peers/index.ts'
import { freePort } from '../peers/free-port.ts'
import { speaks } from './speaks.ts'
import { tomcatService, type TomcatLine, type TomcatService } from './tomcat-service.ts'

const KEYSTORE = 'keystoreFile="KEYSTORE" keystorePass="changeit" keystoreType="PKCS12"'
const CERTIFICATE =
  '<Certificate certificateKeystoreFile="KEYSTORE" certificateKeystorePassword="changeit" certificateKeystoreType="PKCS12"/>'

/** What the settings say on a line, and what has to come of it. */
interface Case {
  readonly line: TomcatLine
  readonly why: string
  readonly connectors: (ports: readonly [number, number]) => string
  /** What show finds beside what rulebooks say. */
  readonly shown: RegExp
}

const CASES: readonly Case[] = [
  {
    line: '9',
    why: 'the attributes of the page on its Connectors',
    connectors: ([one, other]) =>
      `<Connector port="${one}" protocol="HTTP/1.1" SSLEnabled="true" scheme="https" secure="true" SSLProtocol="all"\n               ${KEYSTORE} SSLCipherSuite='HIGH:!aNULL' />
    <Connector port="${other}" address="127.0.0.1" protocol="org.apache.coyote.http11.Http11NioProtocol" SSLEnabled="true" ${KEYSTORE}
               sslEnabledProtocols=" TLSv1, TLSv1.1,TLSv1.2" ciphers="TLS_RSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"/>`,
    shown: /TLS 1\.0 is offered\. \[protocol-tls1-0\]/,
  },
  {
    line: '10',
    why: 'hosts, beside which the attributes of the page are ignored',
    connectors: ([one, other]) =>
      `<Connector port="${one}" protocol="HTTP/1.1" SSLEnabled="true" SSLProtocol="TLSv1.2">
      <SSLHostConfig protocols="all">${CERTIFICATE}</SSLHostConfig>
    </Connector>
    <Connector port="${other}" address="127.0.0.1" protocol="org.apache.coyote.http11.Http11NioProtocol" SSLEnabled="true">
      <SSLHostConfig protocols="TLSv1+TLSv1.2" ciphers="HIGH:!aNULL" honorCipherOrder='true'>${CERTIFICATE}</SSLHostConfig>
    </Connector>`,
    shown: /does not agree with itself about SSLProtocol[^]*\[settings-ignored\]/,
  },
]

const PACKAGES = { '9': 'libtomcat9-java', '10': 'tomcat10' } as const

async function served({ line, connectors }: Case, t: Parameters<typeof tomcatService>[2]): Promise<Scene> {
  const ports = [await freePort(), await freePort()] as const
  const service = await tomcatService(line, connectors(ports), t)
  const own = [service.file, '--product', 'tomcat', '--detect', '--state', join(service.folder, 'state')]
  const policy = join(service.folder, 'tls.yaml')
  const apply = ['--policy', policy, '--as-far-as-possible', '--stop', service.stop, '--start', service.start]
  return {
    service,
    policy,
    settings: (command, ...more) => type(['settings', command, ...own, ...more]),
    apply: (...more) => type(['settings', 'apply', ...own, ...apply, ...more]),
    lets: (at, protocol) => speaks(`tls://localhost:${ports[at]}`, protocol),
  }
}

interface Scene {
  readonly service: TomcatService
  readonly policy: string
  readonly settings: (command: string, ...more: readonly string[]) => Promise<Ended>
  readonly apply: (...more: readonly string[]) => Promise<Ended>
  readonly lets: (at: 0 | 1, protocol: 'TLSv1' | 'TLSv1.2') => Promise<boolean>
}

describe('postern settings and a real Tomcat', { concurrency: true }, () => {
  for (const one of CASES) {
    // A Java takes seconds to start, so that one server goes through all of it.
    test(
      `Tomcat ${one.line}, ${one.why}: show, plan, apply with its own check, prove both doors that the settings name, undo, and take back what cannot work`,
      { skip: needPackages(PACKAGES[one.line], 'openjdk-17-jdk-headless') },
      async (t) => {
        const { service, policy, settings, apply, lets } = await served(one, t)
        const before = readFileSync(service.file)
        const shown = await settings('show')
        assert.equal(shown.status, 0, shown.err)
        assert.match(shown.out, new RegExp(`^Tomcat ${one.line}\\.[\\d.]+ \\(as .*/lib/catalina\\.jar says\\)`))
        assert.match(shown.out, one.shown)
        assert.doesNotMatch(shown.out, /changeit/)
        assert.ok((await lets(0, 'TLSv1')) && (await lets(1, 'TLSv1')))

        writeFileSync(policy, 'base: mozilla-intermediate\n')
        const planned = await settings('plan', '--policy', policy)
        assert.equal(planned.status, 1, planned.err)
        const made = await apply()
        assert.equal(made.status, 0, made.err + made.out)
        assert.equal(made.out.match(/keeps to tls, proved on the wire/g)?.length, 2)
        assert.doesNotMatch(made.out, /not checked|changeit/)
        assert.equal((await settings('plan', '--policy', policy)).status, 0)
        assert.ok(!(await lets(0, 'TLSv1')) && (await lets(0, 'TLSv1.2')) && (await lets(1, 'TLSv1.2')))
        const undone = await settings('undo')
        assert.equal(undone.status, 0, undone.err)
        assert.deepEqual(readFileSync(service.file), before)
        assert.ok(await lets(0, 'TLSv1'))

        // Suites for a key that it does not have: it starts, and nobody can speak to it.
        writeFileSync(policy, 'base: mozilla-intermediate\nprotocols: [TLSv1.2]\nciphers: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n')
        const failed = await apply('--no-check')
        assert.equal(failed.status, 3, failed.out)
        assert.match(failed.err, /Cannot prove the change on the wire/)
        assert.match(failed.err, /its doors are open again/)
        assert.deepEqual(readFileSync(service.file), before)
        assert.ok(service.runs() && (await lets(0, 'TLSv1')))
      },
    )
  }
})

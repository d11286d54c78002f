import { describe } from 'node:test'
import fc from 'fast-check'
import { fileOf, type ReadOptions } from '../../src/settings/index.ts'
import { mailExpressAdapter, tomcatAdapter } from '../../src/settings/tomcat/adapter.ts'
import { holdLaws, type LawFiles } from '../settings-laws.ts'

const PROTOCOLS = fc.constantFrom(
  'all',
  'TLSv1',
  'TLSv1.2',
  'TLSv1,TLSv1.1,TLSv1.2',
  'TLSv1.2+TLSv1.3',
  'SSLv2Hello,SSLv3,TLSv1',
  ' TLSv1.2 , TLSv1.3',
  'TLsv1',
  'SSLv2+SSLv3',
  'all-TLSv1',
  'TLSv1.3',
  '',
)
const CIPHERS = fc.constantFrom(
  'HIGH:!aNULL',
  'ALL',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'AES128-SHA,DHE-RSA-AES256-SHA',
  'TLS_RSA_WITH_AES_128_CBC_SHA, SSL_RSA_WITH_RC4_128_SHA',
  'TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES256-GCM-SHA384',
  'no such',
  'HIGH:&quot;',
)
const OLD = fc.record(
  {
    SSLProtocol: PROTOCOLS,
    sslProtocols: PROTOCOLS,
    sslEnabledProtocols: PROTOCOLS,
    sslProtocol: fc.constantFrom('TLS', 'TLSv1'),
    SSLCipherSuite: CIPHERS,
    ciphers: CIPHERS,
    SSLHonorCipherOrder: fc.constantFrom('true', 'false', 'x'),
    useServerCipherSuitesOrder: fc.constantFrom('true', 'false'),
    keystoreFile: fc.constant('conf/x.jks'),
    keystorePass: fc.constant('a&amp;b'),
    SSLCertificateFile: fc.constant('x.crt'),
  },
  { requiredKeys: [] },
)
const HOST = fc.record(
  {
    protocols: PROTOCOLS,
    ciphers: CIPHERS,
    cipherSuites: fc.constant('TLS_AES_128_GCM_SHA256'),
    honorCipherOrder: fc.constantFrom('true', 'false'),
  },
  { requiredKeys: [] },
)
const STYLE = fc.record({
  gap: fc.constantFrom(' ', '\n\t', '\r\n      '),
  quote: fc.constantFrom('"', "'"),
  around: fc.constantFrom('', ' '),
})

const printed = (attributes: Readonly<Record<string, string>>): fc.Arbitrary<string> =>
  fc
    .tuple(STYLE, fc.shuffledSubarray(Object.entries(attributes), { minLength: Object.keys(attributes).length }))
    .map(([{ gap, quote, around }, all]) => all.map(([name, value]) => `${gap}${name}${around}=${around}${quote}${value}${quote}`).join(''))

const connector = (dmz: boolean): fc.Arbitrary<string> =>
  fc
    .tuple(
      OLD.chain((all) => printed({ ...all, SSLEnabled: 'true' })),
      fc.array(HOST.chain(printed), { maxLength: 2 }),
      dmz
        ? fc.constant('com.globalscape.protocolhandler.DMZProtocolHandler')
        : fc.constantFrom('HTTP/1.1', 'org.apache.coyote.http11.Http11NioProtocol', 'org.apache.coyote.http11.Http11AprProtocol'),
    )
    .map(([attributes, hosts, protocol]) => {
      const inside = hosts.map(
        (host, index) => `<SSLHostConfig${index === 0 ? '' : ` hostName='h${index}'`}${host}><Certificate/></SSLHostConfig>`,
      )
      const tag = `<Connector port="8443" protocol="${protocol}"${attributes}`
      return inside.length === 0 ? `${tag} />` : `${tag}><!-- stays -->${inside.join('\n')}</Connector>`
    })

const file = (product: 'tomcat' | 'mail-express'): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom('', '\uFEFF', '<?xml version="1.0"?>\n'),
      connector(false),
      product === 'tomcat' ? connector(false) : connector(true),
    )
    .map(
      ([head, one, other]) =>
        `${head}<Server>\r\n<Service><!-- é "SSLProtocol" -->${one}\r\n${other}<Connector port="80"/></Service></Server>`,
    )

const given = (product: 'tomcat' | 'mail-express', versions: readonly string[]): fc.Arbitrary<LawFiles> =>
  fc
    .tuple(file(product), fc.record({ version: fc.constantFrom(...versions) }, { requiredKeys: [] }))
    .map(([text, options]: [string, ReadOptions]) => ({ files: [fileOf('conf/server.xml', Buffer.from(text))], options }))

describe('the laws of settings', () => {
  const versions = ['6.0.35', '7.0.5', '7.0.20', '7.0.57', '7.0.109', '8.0.30', '8.5', '9.0.80', '10.0.5', '10.1', '11']
  holdLaws(tomcatAdapter, given('tomcat', versions), { stays: /<!--/ })
  holdLaws(mailExpressAdapter, given('mail-express', ['3', '4.1']), { stays: /<!--/ })
})

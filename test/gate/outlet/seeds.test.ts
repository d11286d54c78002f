import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { createServer, type SecureVersion, type TlsOptions } from 'node:tls'
import { main } from '../../../src/cli/main.ts'
import { openSeed, readSeed, type Seed } from '../seeded.ts'
import { certificates } from '../../peers/index.ts'
import { Talker } from '../talker.ts'
import { startDestination, type Manners } from './destination.ts'
import { SENT, sendTo } from './sending-to.ts'

/** `mailserver.cfg` with what Kerio Connect does as a client, and an outlet beside it. */
function kerio(variables: string, port: number, outlet: Readonly<Record<string, unknown>> = {}): Seed {
  const variable = (text: string): string => {
    const [name = '', value = ''] = text.split('=')
    return `    <variable name="${name}">${value}</variable>\n`
  }
  const words = variables === '' ? '' : variables.split(' ').map(variable).join('')
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<config version="1">\n  <table name="Security">\n  </table>\n  <table name="SmtpSecurity">\n${words}  </table>\n</config>\n`
  const out = { listen: '127.0.0.1:0', dialect: 'smtp', tls: 'none', outlet: { to: `127.0.0.1:${port}`, tls: 'required', ...outlet } }
  return { name: 'mailserver.cfg', text, beside: { services: { out } }, values: { productVersion: '9.4.2' } }
}

const only = (version: SecureVersion): TlsOptions => ({ minVersion: version, maxVersion: version })

/** A mailbox of a provider, and what its TLS was; or what the server hears that fetches, where there is none. */
async function fetchMail(variables: Readonly<Record<string, string>>, options: TlsOptions, t: TestContext): Promise<string> {
  const { leaf } = await certificates()
  const pair = { key: readFileSync(leaf('rsa').key), cert: readFileSync(leaf('rsa').chain) }
  const provider = createServer({ ...pair, minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0', ...options }, (socket) => {
    socket.on('error', () => undefined).write(`+OK ${socket.getProtocol() ?? ''} ${socket.getCipher().name}\r\n`)
  })
  await once(provider.listen(0, '127.0.0.1'), 'listening')
  t.after(() => void provider.close())
  const { port } = provider.address() as AddressInfo
  const backend = { address: `127.0.0.1:${port}`, tls: 'implicit' }
  const fetch = { listen: '127.0.0.1:0', dialect: 'pop3', tls: 'none', hideLogin: false, backend }
  const words = Object.entries(variables).map(([name, value]) => `<variable name="${name}">${value}</variable>`)
  const text = `<config><table name="Security">${words.join('')}</table><table name="SmtpSecurity"/></config>`
  const at = await openSeed({ name: 'mailserver.cfg', text, beside: { services: { fetch } }, values: { productVersion: '9.4.2' } }, t)
  const talker = await Talker.to(at('fetch'))
  const heard = await talker.hears(/\r\n/)
  talker.leave()
  return heard.trim().replace(/^\+OK /, '')
}

async function send(variables: string, manners: Manners, t: TestContext, outlet?: Readonly<Record<string, unknown>>): Promise<string> {
  const destination = await startDestination(manners, t)
  const port = await openSeed(kerio(variables, destination.port, outlet), t)
  const said = await sendTo(port('out'), 'x\r\n')
  return SENT.test(said) ? (destination.messages[0]?.version ?? 'plain') : said
}

describe('what Kerio Connect sends goes by the client variables of its own file', () => {
  const rows: readonly (readonly [why: string, variables: string, manners: Manners, expected: RegExp])[] = [
    ['the newest of those that it names', 'ClientTlsProtocols=TLSv1,TLSv1.1,TLSv1.2', { leaf: 'rsa' }, /^TLSv1\.2$/],
    ['an old one that it names', 'ClientTlsProtocols=TLSv1,TLSv1.1,TLSv1.2', { leaf: 'rsa', version: 'TLSv1' }, /^TLSv1$/],
    [
      'an old one that it does not',
      'ClientTlsProtocols=TLSv1.1,TLSv1.2',
      { leaf: 'rsa', version: 'TLSv1' },
      /^451 4\.7\.5 .* takes none of TLSv1\.1 or TLSv1\.2, and the policy mailserver\.cfg, SMTP, as a client of services\.out\.outlet/,
    ],
    ['with a hole', 'ClientTlsProtocols=TLSv1,TLSv1.2', { leaf: 'rsa', version: 'TLSv1' }, /^TLSv1$/],
    ['in the hole', 'ClientTlsProtocols=TLSv1,TLSv1.2', { leaf: 'rsa', version: 'TLSv1.1' }, /^451 4\.7\.5 /],
    ['not those of the server', 'ServerTlsProtocols=TLSv1 ClientTlsProtocols=TLSv1.2', { leaf: 'rsa', version: 'TLSv1' }, /^451 4\.7\.5 /],
    ['a cipher that the other end has', 'ClientTlsProtocols=TLSv1.2 ClientTlsCiphers=AES128-SHA', { leaf: 'rsa' }, /^TLSv1\.2$/],
    [
      'one that it cannot have',
      'ClientTlsProtocols=TLSv1.2 ClientTlsCiphers=ECDHE-ECDSA-AES128-GCM-SHA256',
      { leaf: 'rsa' },
      /^451 4\.7\.5 .* find no TLS under the policy mailserver\.cfg, SMTP, as a client/,
    ],
  ]
  for (const [why, variables, manners, expected] of rows) test(why, async (t) => assert.match(await send(variables, manners, t), expected))

  test('a policy that is named beside it comes first', async (t) => {
    const manners = { leaf: 'rsa', version: 'TLSv1' } as const
    assert.equal(await send('ClientTlsProtocols=TLSv1.2', manners, t, { policy: 'mozilla-old' }), 'TLSv1')
  })

  test('what it fetches does, too, and what stands in front of itself does not', async (t) => {
    const seed = kerio('', 25)
    const text = seed.text.replace(
      '<table name="Security">\n',
      '<table name="Security">\n    <variable name="ClientTlsProtocols">TLSv1,TLSv1.2</variable>\n',
    )
    const pop3 = { listen: '127.0.0.1:0', dialect: 'pop3', tls: 'none' }
    const services = {
      fetch: { ...pop3, backend: { address: 'pop.example.net:995', tls: 'implicit' } },
      pop3s: { listen: '127.0.0.1:0', backend: { address: '127.0.0.1:995', tls: 'implicit' } },
    }
    const { config } = await readSeed({ ...seed, text, beside: { services } }, t)
    assert.deepEqual(
      config.services.map(({ name, backends }) => [name, backends[0]?.policy?.name, backends[0]?.policy?.protocols.allowed]),
      [
        ['fetch', 'mailserver.cfg, everything but SMTP, as a client', ['TLSv1', 'TLSv1.2']],
        ['pop3s', undefined, undefined],
      ],
    )
  })

  const PROTOCOLS = 'ClientTlsProtocols'
  const SUITES = 'ClientTlsCiphers'
  const fetched: readonly (readonly [why: string, variables: Readonly<Record<string, string>>, server: TlsOptions, expected: RegExp])[] = [
    ['the newest of those that it names', { [PROTOCOLS]: 'TLSv1,TLSv1.1,TLSv1.2' }, {}, /^TLSv1\.2 /],
    ['an old one that it names, beside one that nobody speaks', { [PROTOCOLS]: 'SSLv3,TLSv1' }, only('TLSv1'), /^TLSv1 /],
    ['an old one that it does not', { [PROTOCOLS]: 'TLSv1.1,TLSv1.2' }, only('TLSv1'), /^-ERR \[SYS\/TEMP\] /],
    ['with a hole', { [PROTOCOLS]: 'TLSv1,TLSv1.2' }, only('TLSv1'), /^TLSv1 /],
    ['in the hole', { [PROTOCOLS]: 'TLSv1,TLSv1.2' }, only('TLSv1.1'), /^-ERR \[SYS\/TEMP\] /],
    ['not those of the server', { ServerTlsProtocols: 'TLSv1', [PROTOCOLS]: 'TLSv1.2' }, only('TLSv1'), /^-ERR /],
    ['a cipher that the other end has', { [PROTOCOLS]: 'TLSv1.2', [SUITES]: 'AES128-SHA' }, {}, /^TLSv1\.2 AES128-SHA$/],
    ['one that it cannot have', { [PROTOCOLS]: 'TLSv1.2', [SUITES]: 'ECDHE-ECDSA-AES128-GCM-SHA256' }, {}, /^-ERR \[SYS\/TEMP\] /],
  ]
  for (const [why, variables, options, expected] of fetched)
    test(`and what it fetches by POP3, ${why}`, async (t) => assert.match(await fetchMail(variables, options, t), expected))

  test('postern gate check says by what it goes', async (t) => {
    const { file } = await readSeed(kerio('ClientTlsProtocols=TLSv1.2', 25), t)
    let text = ''
    const terminal = {
      out: (some: string) => void (text += some),
      err: () => {},
      interactive: false,
      colour: false,
      columns: 80,
      cwd: '/',
      env: {},
    }
    assert.equal(await main(['gate', 'check', file, '--product-version', '9.4.2'], terminal), 0)
    assert.match(text, /\n {2}outlet: to 127\.0\.0\.1:25, TLS required, by mailserver\.cfg, SMTP, as a client\n/)
  })
})

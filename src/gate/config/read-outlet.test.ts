import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { PosternError } from '../../errors.ts'
import { readGateConfig } from './read-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-outlet-'))
after(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'old.yaml'), 'base: mozilla-old\n')

const read = (text: string): ReturnType<typeof readGateConfig> => {
  writeFileSync(join(folder, 'postern.yaml'), text)
  return readGateConfig(join(folder, 'postern.yaml'), new Date('2026-11-22'))
}
const service = (outlet: string, dialect = 'smtp'): string =>
  `services:\n  out:\n    listen: :2525\n    dialect: ${dialect}\n    tls: none\n    policy: mozilla-intermediate\n    ${outlet}\n`

describe('outlet', () => {
  test('needs no word: recipients, TLS where it is offered, for this machine', async () => {
    const [out] = (await read(service('outlet: {}'))).services
    assert.deepEqual(out?.backends, [])
    const { leg, destinations, clients, mailHostsHere, resolver } = out.outlet!
    assert.deepEqual(
      [leg.to, leg.tls, leg.implicit, leg.policy.name, leg.stages, leg.title],
      [undefined, 'opportunistic', false, 'mozilla-intermediate', [{ from: undefined, stage: 'observe' }], 'services.out.outlet'],
    )
    const networks = clients.map(({ address }) => address)
    assert.deepEqual([destinations, resolver, mailHostsHere, networks], [[], undefined, 'refuse', ['127.0.0.0', '::1']])
  })

  test('a destination has what it says itself, and else what the outlet says', async () => {
    const words =
      'outlet: { tls: required, policy: mozilla-modern, destinations: [{ domains: [Old.example], policy: old.yaml, stage: observe }, { mx: ["*.example.net"], tls: verify, name: mx.example.net }, { domains: [b.example], to: 127.0.0.1:26 }] }'
    const [out] = (await read(service(words))).services
    assert.deepEqual(
      out?.outlet?.destinations.map(({ domains, mx, leg }) => [
        domains,
        mx,
        leg.tls,
        leg.policy.name,
        leg.stages[0]?.stage,
        leg.name,
        leg.to?.port,
        leg.title,
      ]),
      [
        [['old.example'], [], 'required', 'old', 'observe', undefined, undefined, 'services.out.outlet.destinations.0'],
        [[], ['*.example.net'], 'verify', 'mozilla-modern', 'refuse', 'mx.example.net', undefined, 'services.out.outlet.destinations.1'],
        [['b.example'], [], 'required', 'mozilla-modern', 'refuse', undefined, 26, 'services.out.outlet.destinations.2'],
      ],
    )
  })

  test('reports, by mail where a server signs them', async () => {
    const reports = 'reports: { organization: Example GmbH, contact: tls@example.com, mail: "127.0.0.1:25" }'
    const [out] = (await read(service(`outlet: { state: kept, ${reports} }`))).services
    assert.deepEqual(
      [out?.outlet?.state, out?.outlet?.reports],
      [join(folder, 'kept'), { organization: 'Example GmbH', contact: 'tls@example.com', mail: { host: '127.0.0.1', port: 25 } }],
    )
  })

  test('whoever fetches has a password here, and a token or another password there', async () => {
    for (const name of ['here', 'there', 'token']) writeFileSync(join(folder, name), 't', { mode: 0o600 })
    const logins = '[{ user: a, passwordFile: here, as: b, asPasswordFile: there }, { user: c, passwordFile: here, tokenFile: token }]'
    const backend = `backend: { address: "127.0.0.1:1", tls: implicit, name: x.example }\n    hideLogin: false\n    logins: ${logins}`
    const [fetch] = (await read(service(backend, 'imap'))).services
    assert.deepEqual(
      fetch?.logins?.map(({ user, onward }) => [user, onward]),
      [
        ['a', { user: 'b', from: { kind: 'password', file: join(folder, 'there') } }],
        ['c', { user: 'c', from: { kind: 'token', file: join(folder, 'token') } }],
      ],
    )
  })

  test('a secret goes to the relay that it is for alone', async () => {
    writeFileSync(join(folder, 'token'), 't', { mode: 0o600 })
    const words =
      'outlet: { to: "a:587", tls: verify, login: { user: u, tokenFile: token }, destinations: [{ domains: [a.example], policy: old.yaml }, { domains: [b.example], to: "b:25" }, { domains: [c.example], to: recipients }, { domains: [d.example], tls: required }] }'
    const [out] = (await read(service(words))).services
    assert.equal(out?.outlet?.leg.login?.user, 'u')
    assert.deepEqual(
      out?.outlet?.destinations.map(({ leg }) => leg.login?.user),
      ['u', undefined, undefined, undefined],
    )
  })

  const mistakes: readonly (readonly [why: string, text: string, message: RegExp, remedy: RegExp])[] = [
    [
      'both a server behind and next hops',
      service('outlet: {}\n    backend: 127.0.0.1:25'),
      /postern\.yaml:7:13: this service has a backend too\n {2} {4}outlet: \{\}\n {2} {12}\^$/,
      /outlet: \{\}/,
    ],
    [
      'a next hop that is the outlet',
      service('outlet: { to: "localhost:2525" }'),
      /7:19: out listens on :2525 itself, and localhost:2525 leads back to it\n/,
      /at an address or a port of its own/,
    ],
    [
      'one for some that leads back through another service',
      `${service('outlet: { destinations: [{ domains: [a.example], to: "127.0.0.1:25" }] }')}  in: { listen: ":25", dialect: smtp, tls: none, policy: pci-dss, backend: "127.0.0.1:2525" }\n`,
      /7:\d+: out listens on :2525 itself, and 127\.0\.0\.1:25 leads back to it through in\n.*\n.*\^$/,
      /at an address or a port of its own/,
    ],
    ['neither', service('hideLogin: true'), /3:5: nothing is behind this service/, /backend: host:port/],
    ['a dialect in which nobody sends', service('outlet: {}', 'imap'), /7:13: in imap nobody sends mail/, /Use backend/],
    ['LMTP to mail hosts', service('outlet: {}', 'lmtp'), /7:13: mail hosts of domains speak no LMTP/, /to: host:port/],
    ['a next hop without a port', service('outlet: { to: mx.example }'), /7:19: "mx\.example" is neither recipients nor a host/, /.*/],
    ['an authority for nobody', service('outlet: { ca: ca.pem }'), /7:19: ca is about certificates, and tls: opp/, /tls: verify/],
    [
      'TLS at once with mail hosts',
      service('outlet: { implicit: true }'),
      /7:25: mail hosts of domains begin in the clear/,
      /to: host:port/,
    ],
    [
      'a destination for nobody',
      service('outlet: { destinations: [{ tls: required }] }'),
      /7:30: it does not say for whom it is/,
      /domains/,
    ],
    [
      'a relay for mail hosts',
      service('outlet: { destinations: [{ mx: [a], to: "b:25" }] }'),
      /7:45: whose mail goes there is not said/,
      /domains/,
    ],
    [
      'a password for mail hosts',
      service('outlet: { tls: verify, login: { user: a, tokenFile: old.yaml } }'),
      /7:\d+: mail hosts of domains let everybody send/,
      /to: host:port/,
    ],
    [
      'a password for anybody',
      service('outlet: { to: "a:587", tls: required, login: { user: a, tokenFile: old.yaml } }'),
      /7:\d+: whoever is at the other end would get the secret/,
      /tls: verify/,
    ],
    [
      'a password that others can read',
      service('outlet: { to: "a:587", tls: verify, login: { user: a, passwordFile: old.yaml } }'),
      /7:\d+: old\.yaml: others can read or change it/,
      /chmod 600/,
    ],
    [
      'a password that stands nowhere',
      service('outlet: { to: "a:587", tls: verify, login: { user: a } }'),
      /7:\d+: the secret stands nowhere, or twice/,
      /tokenCommand/,
    ],
    [
      'a password for the server behind, and a token',
      service(
        'backend: { address: "127.0.0.1:1", tls: implicit, name: x.example }\n    hideLogin: false\n    logins: [{ user: a, passwordFile: here, asPasswordFile: there, tokenFile: token }]',
        'imap',
      ),
      /9:14: the secret stands nowhere, or twice/,
      /one of asPasswordFile, tokenFile and tokenCommand/,
    ],
    [
      'users of an outlet',
      service('outlet: {}\n    logins: [{ user: a, passwordFile: b }]'),
      /8:13: an outlet has no users/,
      /login under outlet/,
    ],
    [
      'users of another dialect',
      service('backend: 127.0.0.1:1\n    logins: [{ user: a, passwordFile: b }]', 'smtp'),
      /8:13: in smtp nobody logs in for a client/,
      /dialect: imap and dialect: pop3/,
    ],
    [
      'a token for anybody',
      service(
        'backend: { address: "127.0.0.1:1", tls: implicit }\n    hideLogin: false\n    logins: [{ user: a, passwordFile: b }]',
        'pop3',
      ),
      /9:13: whoever is in the place of the server behind would get the secret/,
      /name: of its certificate/,
    ],
    ['a word that is none', service('outlet: { resolvr: ":53" }'), /7:15: there is no word "resolvr" here/, /Did you mean resolver/],
    [
      'reports that nothing keeps',
      service('outlet: { reports: { organization: X, contact: a@b.example } }'),
      /7:24: what is to be reported has to be kept/,
      /state: \/var\/lib\/postern-gate/,
    ],
    [
      'a contact that is none',
      service('outlet: { state: s, reports: { organization: X, contact: "a@b.example, c" } }'),
      /7:62: .*a contact is an address of mail/,
      /.*/,
    ],
    [
      'a server for reports without a port',
      service('outlet: { state: s, reports: { organization: X, contact: a@b.example, mail: localhost } }'),
      /7:81: .*"localhost" is not a host with a port/,
      /.*/,
    ],
    ['a policy that is nowhere', service('outlet: { policy: nowhere }'), /7:23: "nowhere" is neither a rulebook nor/, /mozilla-modern/],
  ]
  for (const [why, text, message, remedy] of mistakes)
    test(`not ${why}`, () =>
      assert.rejects(read(text), (error) => {
        assert.ok(error instanceof PosternError)
        assert.match(error.message, message)
        assert.match(error.remedy ?? '', remedy)
        return true
      }))
})

import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { before, describe, test } from 'node:test'
import { stringify } from 'yaml'
import type { Terminal } from '../../../src/cli/terminal.ts'
import { main } from '../../../src/cli/main.ts'
import { explanationJson } from '../../../src/gate/outlet/explain-schema.ts'
import { certificates, type LeafName } from '../../peers/index.ts'
import { startGate, type Gated } from '../gated.ts'
import { NEEDS_ZONES, startZones, type Zone } from '../names/zones.ts'
import { lasting } from '../programs.ts'
import { startDestination, type Destination, type Manners } from './destination.ts'
import { SENT, sendTo } from './sending-to.ts'

const { leaf } = await certificates()

/** SHA-256 of a key, as TLSA records have it with selector 1. */
function spki(name: LeafName): string {
  const key = new X509Certificate(readFileSync(leaf(name).certificate)).publicKey
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
}

/** The certificate of the authority, with selector 0. */
function anchor(name: LeafName): string {
  const [, issuer = ''] = readFileSync(leaf(name).chain, 'latin1').split(/(?=-----BEGIN)/)
  return createHash('sha256').update(new X509Certificate(issuer).raw).digest('hex')
}

const signed = (records: string): Zone => ({ dnssec: 'signed', records })
const EE = `_25._tcp.mx TLSA 3 1 1 ${spki('rsa')}`
const AT = (host: number): string => `127.0.77.${host}`

/** One address for each kind of mail host. */
const HOSTS: Readonly<Record<number, Manners>> = { 2: { leaf: 'rsa' }, 3: {}, 4: { leaf: 'self-signed' }, 5: { leaf: 'expired' } }

const ZONES: Readonly<Record<string, Zone>> = {
  'right.example': signed(`@ MX 10 mx\nmx A ${AT(2)}\n${EE}`),
  'wrong.example': signed(`@ MX 10 mx\nmx A ${AT(4)}\n${EE}`),
  'stripped.example': signed(`@ MX 10 mx\nmx A ${AT(3)}\n${EE}`),
  'expired.example': signed(`@ MX 10 mx\nmx A ${AT(5)}\n_25._tcp.mx TLSA 3 1 1 ${spki('expired')}`),
  'anchor.example': signed(`@ MX 10 mx\nmx A ${AT(2)}\n_25._tcp.mx TLSA 2 0 1 ${anchor('rsa')}`),
  'unusable.example': signed(`@ MX 10 mx\nmx A ${AT(4)}\n_25._tcp.mx TLSA 0 0 1 ${anchor('rsa')}`),
  'unusable-stripped.example': signed(`@ MX 10 mx\nmx A ${AT(3)}\n_25._tcp.mx TLSA 0 0 1 ${anchor('rsa')}`),
  'rolled.example': signed(`@ MX 10 mx\nmx A ${AT(2)}\n_25._tcp.mx TLSA 3 1 1 ${'ab'.repeat(32)}\n${EE}`),
  'second.example': signed(`@ MX 10 mx\n@ MX 20 other\nmx A ${AT(4)}\n${EE}\nother A ${AT(2)}\n_25._tcp.other TLSA 3 1 1 ${spki('rsa')}`),
  'without.example': signed(`@ MX 10 mx\nmx A ${AT(3)}`),
  'unsigned.example': { dnssec: 'unsigned', records: `@ MX 10 mx\nmx A ${AT(4)}\n${EE}` },
  'bogus.example': { dnssec: 'bogus', records: `@ MX 10 mx\nmx A ${AT(2)}\n${EE}` },
  'hosted.example': signed('@ MX 10 mx.bogus.example.'),
  'null.example': signed('@ MX 0 .'),
  'implicit.example': signed(`@ A ${AT(2)}\n_25._tcp TLSA 3 1 1 ${spki('rsa')}`),
  'down.example': signed(`@ MX 10 down\n@ MX 20 mx\ndown A ${AT(99)}\nmx A ${AT(2)}\n${EE}`),
}

const TERMINAL: Terminal = { out: () => undefined, err: () => undefined, interactive: false, colour: false, columns: 80, env: {}, cwd: '/' }

describe('DANE, RFC 7672', { skip: NEEDS_ZONES }, () => {
  const t = lasting()
  let gated: Gated
  let resolver = ''
  const destinations = new Map<string, Destination>()
  before(async () => {
    resolver = (await startZones(ZONES, t)).resolver
    for (const [host, manners] of Object.entries(HOSTS))
      destinations.set(host, await startDestination({ ...manners, address: AT(Number(host)) }, t))
    const out = { dialect: 'smtp', tls: 'none', outlet: { resolver } }
    const only = { dialect: 'smtp', tls: 'none', outlet: { resolver, tls: 'dane' } }
    gated = await startGate({ services: { out, only }, timeouts: { connect: 2 } }, t)
  })

  const rows: readonly (readonly [why: string, domain: string, said: RegExp, onward?: string | undefined, service?: 'only'])[] = [
    ['the certificate that is meant, whatever its name', 'right.example', SENT, 'mx.right.example dane'],
    [
      'another',
      'wrong.example',
      /^451 4\.7\.5 mx\.wrong\.example \[127\.0\.77\.4\] cannot be believed: its certificate is not that of .*; that is demanded by TLSA records of mx\.wrong\.example/,
    ],
    [
      'no STARTTLS',
      'stripped.example',
      /^451 4\.7\.4 mx\.stripped\.example .* offers no STARTTLS, and nothing goes there in the clear: TLSA records of mx\.stripped\.example/,
    ],
    ['an expired one that is meant, RFC 7672 §3.1.1', 'expired.example', SENT, 'mx.expired.example dane'],
    [
      'the right authority for another name',
      'anchor.example',
      /^451 4\.7\.5 .* is made out to none of mx\.anchor\.example, anchor\.example/,
    ],
    ['records that nobody can use want TLS with anybody, RFC 7672 §2.2', 'unusable.example', SENT, 'mx.unusable.example none'],
    ['and nothing in the clear', 'unusable-stripped.example', /^451 4\.7\.4 /],
    ['one of two records', 'rolled.example', SENT, 'mx.rolled.example dane'],
    ['the next host where the first shows another', 'second.example', SENT, 'other.second.example dane'],
    ['no records and no TLS', 'without.example', SENT, 'mx.without.example plain'],
    ['records that nobody has signed', 'unsigned.example', SENT, 'mx.unsigned.example none'],
    ['a domain whose signatures are wrong', 'bogus.example', /^451 4\.4\.3 Where mail for bogus\.example goes cannot be told now/],
    ['a host whose signatures are wrong', 'hosted.example', /^451 4\.4\.3 Where mx\.bogus\.example is cannot be told now/],
    ['a domain that takes no mail', 'null.example', /^556 5\.1\.10 null\.example takes no mail/],
    ['no such domain', 'nowhere.right.example', /^550 5\.1\.2 No mail can go to nowhere\.right\.example/],
    ['a domain without MX', 'implicit.example', SENT, 'implicit.example dane'],
    ['a first host that is down', 'down.example', SENT, 'mx.down.example dane'],
    ['DANE alone', 'right.example', SENT, 'mx.right.example dane', 'only'],
    [
      'and nobody without it',
      'without.example',
      /^451 4\.7\.5 mx\.without\.example has no DANE \(it has no TLSA record\), and tls: dane of services\.only\.outlet sends nowhere else/,
      undefined,
      'only',
    ],
  ]
  for (const [why, domain, said, onward, service = 'out'] of rows)
    test(why, async () => {
      const before = [...destinations.values()].reduce((sum, { messages }) => sum + messages.length, 0)
      const heard = await sendTo(gated.port(service), 'x\r\n', `b@${domain}`)
      const record = await gated.record()
      assert.match(heard, said)
      const after = [...destinations.values()].reduce((sum, { messages }) => sum + messages.length, 0)
      assert.equal(after - before, onward === undefined ? 0 : 1)
      const last = record.onward?.at(-1)
      if (onward !== undefined) assert.equal(`${last?.host} ${last?.tls?.checked ?? 'plain'}`, onward)
    })

  test('postern gate explain says the same without sending', async () => {
    const before = destinations.get('2')?.commands.length ?? 0
    const file = join(mkdtempSync(join(tmpdir(), 'postern-explain-')), 'postern.yaml')
    const services = { out: { listen: '127.0.0.1:0', dialect: 'smtp', tls: 'none', policy: 'mozilla-modern', outlet: { resolver } } }
    writeFileSync(file, stringify({ services }))
    t.after(() => rmSync(dirname(file), { recursive: true }))
    const explained = async (domain: string, ...options: readonly string[]): Promise<readonly [status: number, text: string]> => {
      let text = ''
      const terminal = { ...TERMINAL, out: (some: string) => void (text += some), err: (some: string) => void (text += some) }
      return [await main(['gate', 'explain', domain, '--config', file, ...options], terminal), text]
    }
    const [status, text] = await explained('second.example')
    assert.equal(status, 0)
    assert.match(
      text,
      /^second\.example\n {2}MX mx\.second\.example \(10\), other\.second\.example \(20\), signed \(DNSSEC\)\n {2}no MTA-STS\n/,
    )
    assert.match(
      text,
      /mx\.second\.example \[127\.0\.77\.4\] port 25\n {2}asked by TLSA records of mx\.second\.example\n {2}not used: 451 4\.7\.5 /,
    )
    assert.match(text, /certificate: right, by DANE\n {2}policy mozilla-intermediate: met\n {2}announces PIPELINING, 8BITMIME\n/)
    assert.match(text, /A message would go to other\.second\.example \[127\.0\.77\.2\], in TLSv1\.3\.\n$/)
    for (const [domain, code] of [
      ['right.example', 0],
      ['wrong.example', 1],
      ['null.example', 1],
      ['bogus.example', 1],
      ['nowhere.example', 1],
    ] as const) {
      const [ended, json] = await explained(domain, '--json')
      assert.equal(ended, code, domain)
      explanationJson.parse(JSON.parse(json))
    }
    const [wrong, words] = await explained('wrong.example')
    assert.equal(wrong, 1)
    const said = new Set((destinations.get('2')?.commands ?? []).slice(before).map((line) => line.split(' ', 1)[0]))
    assert.deepEqual(said, new Set(['EHLO', 'STARTTLS', 'QUIT']))
    assert.match(words, /A message would not go now\. Whoever sends it hears: 451 4\.7\.5 /)
  })

  test('asks for the name that the records are for, RFC 7672 §8.1', () => {
    const [first] = destinations.get('2')?.messages ?? []
    assert.equal(first?.serverName, 'mx.right.example')
  })
})

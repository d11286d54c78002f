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
import { ownLoopback } from './own-loopback.ts'
import { SENT, sendTo } from './sending-to.ts'

const { leaf } = await certificates()

/** SHA-256 of a key, as TLSA records have it with selector 1. */
function spki(name: LeafName): string {
  const key = new X509Certificate(readFileSync(leaf(name).certificate)).publicKey
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
}

const signed = (records: string): Zone => ({ dnssec: 'signed', records })
const EE = `_25._tcp.mx TLSA 3 1 1 ${spki('rsa')}`

/** One address for each kind of mail host. */
const HOSTS: Readonly<Record<number, Manners>> = { 2: { leaf: 'rsa' }, 4: { leaf: 'self-signed' } }

const ZONES: Readonly<Record<string, Zone>> = {
  'right.example': signed(`@ MX 10 mx\nmx A ${ownLoopback(2)}\n${EE}`),
  'wrong.example': signed(`@ MX 10 mx\nmx A ${ownLoopback(4)}\n${EE}`),
  'second.example': signed(
    `@ MX 10 mx\n@ MX 20 other\nmx A ${ownLoopback(4)}\n${EE}\nother A ${ownLoopback(2)}\n_25._tcp.other TLSA 3 1 1 ${spki('rsa')}`,
  ),
  'bogus.example': { dnssec: 'bogus', records: `@ MX 10 mx\nmx A ${ownLoopback(2)}\n${EE}` },
  'null.example': signed('@ MX 0 .'),
  'implicit.example': signed(`@ A ${ownLoopback(2)}\n_25._tcp TLSA 3 1 1 ${spki('rsa')}`),
  'down.example': signed(`@ MX 10 down\n@ MX 20 mx\ndown A ${ownLoopback(99)}\nmx A ${ownLoopback(2)}\n${EE}`),
}

const TERMINAL: Terminal = { out: () => undefined, err: () => undefined, interactive: false, colour: false, columns: 80, env: {}, cwd: '/' }

describe('mail hosts, one behind the other, with DANE', { skip: NEEDS_ZONES }, () => {
  const t = lasting()
  let gated: Gated
  let resolver = ''
  const destinations = new Map<string, Destination>()
  before(async () => {
    resolver = (await startZones(ZONES, t)).resolver
    for (const [host, manners] of Object.entries(HOSTS))
      destinations.set(host, await startDestination({ ...manners, address: ownLoopback(Number(host)) }, t))
    const out = { dialect: 'smtp', tls: 'none', outlet: { resolver, mailHostsHere: 'allow' } }
    gated = await startGate({ services: { out }, timeouts: { connect: 2 } }, t)
  })

  const rows: readonly (readonly [why: string, domain: string, said: RegExp, onward?: string])[] = [
    ['the certificate that is meant', 'right.example', SENT, 'mx.right.example dane'],
    ['the next host where the first shows another', 'second.example', SENT, 'other.second.example dane'],
    ['a domain that takes no mail', 'null.example', /^556 5\.1\.10 null\.example takes no mail/],
    ['no such domain', 'nowhere.right.example', /^550 5\.1\.2 No mail can go to nowhere\.right\.example/],
    ['a domain without MX', 'implicit.example', SENT, 'implicit.example dane'],
    ['a first host that is down', 'down.example', SENT, 'mx.down.example dane'],
  ]
  for (const [why, domain, said, onward] of rows)
    test(why, async () => {
      const before = [...destinations.values()].reduce((sum, { messages }) => sum + messages.length, 0)
      const heard = await sendTo(gated.port('out'), 'x\r\n', `b@${domain}`)
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
    const services = {
      out: { listen: '127.0.0.1:0', dialect: 'smtp', tls: 'none', policy: 'mozilla-modern', outlet: { resolver, mailHostsHere: 'allow' } },
    }
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
      /mx\.second\.example \[127\.[\d.]+\.4\] port 25\n {2}asked by TLSA records of mx\.second\.example\n {2}not used: 451 4\.7\.5 /,
    )
    assert.match(text, /certificate: right, by DANE\n {2}policy mozilla-intermediate: met\n {2}announces PIPELINING, 8BITMIME\n/)
    assert.match(text, /A message would go to other\.second\.example \[127\.[\d.]+\.2\], in TLSv1\.3\.\n$/)
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

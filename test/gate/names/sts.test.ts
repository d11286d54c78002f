import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createSecureContext } from 'node:tls'
import { decode, encode } from 'dns-packet'
import { fetchStsPolicy } from '../../../src/gate/names/fetch-sts-policy.ts'
import type { StsFound, StsProblem } from '../../../src/gate/names/names.ts'
import { openNames } from '../../../src/gate/names/open-names.ts'
import { StubResolver } from '../../../src/gate/names/resolver.ts'
import { StsPolicies } from '../../../src/gate/names/sts-policies.ts'
import type { StsPolicy } from '../../../src/gate/names/sts-policy.ts'
import { StsStore } from '../../../src/gate/names/sts-store.ts'
import { liar } from './liar.ts'
import { NEEDS_ZONES, startZones, type Zones } from './zones.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-sts-'))
after(() => rmSync(folder, { recursive: true }))

/** A certificate by the authority of this test, for as many days. */
function make(name: string, days: number, altNames: string | undefined, ...issuer: readonly string[]): { cert: string; key: string } {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
  const words = [
    'req',
    '-x509',
    '-days',
    String(days),
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    key,
    '-out',
    cert,
  ]
  const alt = altNames === undefined ? [] : ['-addext', `subjectAltName=${altNames}`]
  execFileSync('openssl', [...words, '-subj', `/CN=${name}`, '-config', config, ...alt, ...issuer], { stdio: ['ignore', 'ignore', 'pipe'] })
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
}

const config = join(folder, 'empty.cnf')
writeFileSync(config, '[req]\ndistinguished_name = dn\n[dn]\n')
const root = make('root', 10, undefined, '-addext', 'basicConstraints=critical,CA:TRUE')
const BY_ROOT = ['-CA', join(folder, 'root.pem'), '-CAkey', join(folder, 'root.key')]

const POLICY = 'version: STSv1\nmode: enforce\nmx: *.example.com\nmax_age: 86400\n'
const READ: StsPolicy = { mode: 'enforce', mx: ['*.example.com'], maxAge: 86_400 }

const plain = (response: ServerResponse, text: string): void =>
  void response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(text)

interface Site {
  readonly answer: (response: ServerResponse, request: IncomingMessage) => void
  readonly expected: StsPolicy | { readonly type: StsProblem['type']; readonly words: RegExp }
  readonly why: string
}

const FETCH = 'sts-policy-fetch-error'
const INVALID = 'sts-policy-invalid'
const WEBPKI = 'sts-webpki-invalid'

/** By the first label of the domain. */
const SITES: Readonly<Record<string, Site>> = {
  good: { answer: (response) => plain(response, POLICY), expected: READ, why: 'a policy' },
  redirected: {
    answer: (response, request) =>
      void response
        .writeHead(301, { location: `https://mta-sts.good.sts.example:${request.socket.localPort}/.well-known/mta-sts.txt` })
        .end(),
    expected: { type: FETCH, words: /answers 301, and redirects count for nothing/ },
    why: 'a redirect (RFC 8461 §3.3)',
  },
  missing: {
    answer: (response) => void response.writeHead(404, { 'content-type': 'text/plain' }).end(POLICY),
    expected: { type: FETCH, words: /answers 404$/ },
    why: 'not found',
  },
  page: {
    answer: (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end(POLICY),
    expected: { type: INVALID, words: /is not text\/plain/ },
    why: 'a web page',
  },
  huge: {
    answer: (response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      const more = (): void => {
        while (!response.destroyed && response.write(`x_${'a'.repeat(20)}: b\n`.repeat(1000)));
      }
      response.on('drain', more)
      more()
    },
    expected: { type: INVALID, words: /is longer than 64 kB/ },
    why: 'no end of it',
  },
  slow: {
    answer: (response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      const drop = setInterval(() => response.write('x'), 50)
      response.on('close', () => clearInterval(drop))
    },
    expected: { type: FETCH, words: /did not answer in time|ended in the middle/ },
    why: 'one letter at a time',
  },
  cut: {
    answer: (response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '500' })
      response.write(POLICY, () => response.destroy())
    },
    expected: { type: FETCH, words: /ended in the middle/ },
    why: 'cut off: half a policy is another policy',
  },
  broken: {
    answer: (response) => plain(response, 'hello'),
    expected: { type: INVALID, words: /cannot be read: a line of it/ },
    why: 'no policy',
  },
  expired: {
    answer: (response) => plain(response, POLICY),
    expected: { type: WEBPKI, words: /\(CERT_HAS_EXPIRED\)$/ },
    why: 'an expired certificate',
  },
  misnamed: {
    answer: (response) => plain(response, POLICY),
    expected: { type: WEBPKI, words: /\(ERR_TLS_CERT_ALTNAME_INVALID\)$/ },
    why: 'a certificate for the domain itself',
  },
  unnamed: {
    answer: (response) => plain(response, POLICY),
    expected: { type: WEBPKI, words: /\(ERR_TLS_CERT_ALTNAME_INVALID\)$/ },
    why: 'a common name counts for nothing (RFC 8461 §3.3)',
  },
  selfmade: {
    answer: (response) => plain(response, POLICY),
    expected: { type: WEBPKI, words: /\((?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN)\)$/ },
    why: 'a certificate that nobody vouches for',
  },
}

function certificateFor(label: string): ReturnType<typeof make> {
  const name = `mta-sts.${label}.sts.example`
  if (label === 'selfmade') return make(name, 10, `DNS:${name}`)
  if (label === 'unnamed') return make(name, 10, undefined, ...BY_ROOT)
  return make(name, 10, label === 'misnamed' ? 'DNS:misnamed.sts.example' : `DNS:${name}`, ...BY_ROOT)
}

async function startSites(): Promise<Server> {
  const contexts = new Map(Object.keys(SITES).map((label) => [label, createSecureContext(certificateFor(label))]))
  // Made long ago for a day: OpenSSL 3.0 knows no other way.
  const expired = [
    'req',
    '-new',
    '-key',
    join(folder, 'mta-sts.expired.sts.example.key'),
    '-subj',
    '/CN=expired',
    '-config',
    config,
    '-out',
    join(folder, 'expired.csr'),
  ]
  execFileSync('openssl', expired, { stdio: 'ignore' })
  writeFileSync(join(folder, 'index.txt'), '')
  writeFileSync(join(folder, 'serial'), '77\n')
  writeFileSync(
    join(folder, 'ca.cnf'),
    `[ca]\ndefault_ca = one\n[one]\ndatabase = ${folder}/index.txt\nserial = ${folder}/serial\nnew_certs_dir = ${folder}\ndefault_md = sha256\npolicy = any\nx509_extensions = ext\n[any]\ncommonName = supplied\n[ext]\nsubjectAltName = DNS:mta-sts.expired.sts.example\n`,
  )
  const dates = ['-startdate', '20250101000000Z', '-enddate', '20250201000000Z']
  const files = [
    '-cert',
    join(folder, 'root.pem'),
    '-keyfile',
    join(folder, 'root.key'),
    '-in',
    join(folder, 'expired.csr'),
    '-out',
    join(folder, 'expired.pem'),
  ]
  execFileSync('openssl', ['ca', '-batch', '-notext', '-config', join(folder, 'ca.cnf'), ...dates, ...files], { stdio: 'ignore' })
  const key = readFileSync(join(folder, 'mta-sts.expired.sts.example.key'), 'utf8')
  contexts.set('expired', createSecureContext({ cert: readFileSync(join(folder, 'expired.pem'), 'utf8'), key }))
  const server = createServer({ SNICallback: (name, use) => use(null, contexts.get(name.split('.')[1] ?? '')) }, (request, response) => {
    const [, label = ''] = (request.headers.host ?? '').split('.')
    if (request.method === 'GET' && request.url === '/.well-known/mta-sts.txt') SITES[label]?.answer(response, request)
    else response.writeHead(500).end()
  })
  server.on('tlsClientError', () => {})
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server
}

describe('fetchStsPolicy()', { skip: NEEDS_ZONES }, () => {
  let zones: Zones
  let server: Server
  let port = 0
  before(async () => {
    const records = Object.keys(SITES).map((label) => `mta-sts.${label} A 127.0.0.1\n_mta-sts.${label} TXT "v=STSv1; id=${label};"`)
    zones = await startZones({
      'sts.example': { dnssec: 'unsigned', records: `${records.join('\n')}\n_mta-sts.nowhere TXT "v=STSv1; id=1"` },
    })
    server = await startSites()
    port = (server.address() as AddressInfo).port
  })
  after(async () => {
    server.closeAllConnections()
    server.close()
    await zones.stop()
  })

  for (const [label, { expected, why }] of Object.entries(SITES)) {
    test(`${label}: ${why}`, async () => {
      const dns = new StubResolver([{ address: '127.0.0.1', port: zones.port }], { now: Date.now, randomId: () => 1 })
      const patience = label === 'slow' ? 400 : 10_000
      const found = await fetchStsPolicy(`${label}.sts.example`, { dns, port, ca: root.cert, patience })
      if ('mode' in expected) return assert.deepEqual(found, expected)
      assert.ok('words' in found, JSON.stringify(found))
      assert.equal(found.type, expected.type)
      assert.match(found.words, expected.words)
    })
  }

  test('openNames().sts() follows the record, keeps the policy, and says what is wrong', async () => {
    const lines: string[] = []
    const state = join(folder, 'state')
    const resolvers = [{ address: '127.0.0.1', port: zones.port }]
    const names = await openNames({
      resolvers,
      now: Date.now,
      random: Math.random,
      ca: root.cert,
      state,
      policyPort: port,
      tell: (line) => lines.push(line),
    })
    assert.partialDeepStrictEqual(await names.sts('Good.STS.example.'), { kind: 'policy', policy: READ, id: 'good' })
    assert.partialDeepStrictEqual(await names.sts('expired.sts.example'), { kind: 'unknown', problem: { type: WEBPKI } })
    assert.deepEqual(await names.sts('nowhere.sts.example'), {
      kind: 'unknown',
      problem: { type: FETCH, words: 'mta-sts.nowhere.sts.example has no address' },
    })
    assert.deepEqual(await names.sts('other.example'), { kind: 'none' })
    assert.deepEqual(readdirSync(join(state, 'mta-sts')), ['good.sts.example.json'])
    assert.deepEqual(lines, [])
    names.close()
  })
})

const DAY = 86_400_000

/** A domain whose record and policy change, over a year of a day a second. */
async function changing(t: { after: (end: () => void) => void }, store?: StsStore) {
  const world = {
    now: Date.UTC(2026, 0, 1),
    texts: ['v=STSv1; id=one'] as readonly string[] | 'SERVFAIL',
    policy: READ as StsPolicy | StsProblem,
    fetched: 0,
  }
  const at = await liar(t, (query, _from, send) => {
    const { questions = [] } = decode(query)
    const failed = world.texts === 'SERVFAIL'
    const answers = (world.texts === 'SERVFAIL' ? [] : world.texts).map(
      (data) => ({ type: 'TXT', name: questions[0]?.name ?? '', ttl: 0, data }) as const,
    )
    send(encode({ type: 'response', id: query.readUInt16BE(0), flags: failed ? 0x0182 : 0x0180, questions, answers }))
  })
  const dns = new StubResolver([at], { now: () => world.now, randomId: () => 5 })
  const fetch = (): Promise<StsPolicy | StsProblem> => {
    world.fetched++
    return Promise.resolve(world.policy)
  }
  const policies = new StsPolicies({ dns, now: () => world.now, fetch, store })
  return { world, find: (): Promise<StsFound> => policies.find('example.com') }
}

const GONE: StsProblem = { type: FETCH, words: 'it is gone' }
const TESTING: StsPolicy = { ...READ, mode: 'testing' }

describe('StsPolicies', () => {
  test('a policy is fetched once, and again when its id changes', async (t) => {
    const { world, find } = await changing(t)
    for (let count = 0; count < 3; count++) assert.partialDeepStrictEqual(await find(), { kind: 'policy', policy: READ, id: 'one' })
    assert.equal(world.fetched, 1)
    Object.assign(world, { texts: ['v=STSv1; id=two'], policy: TESTING })
    assert.partialDeepStrictEqual(await find(), { policy: TESTING, id: 'two' })
    assert.equal(world.fetched, 2)
  })

  test('many at once fetch it once', async (t) => {
    const { world, find } = await changing(t)
    await Promise.all(Array.from({ length: 20 }, find))
    assert.equal(world.fetched, 1)
  })

  const stale: readonly (readonly [why: string, change: object])[] = [
    ['its record is taken away', { texts: [] }],
    ['DNS fails', { texts: 'SERVFAIL' }],
    ['its record is no longer one', { texts: ['v=STSv1; id=one', 'v=STSv1; id=two'] }],
    ['a new one cannot be fetched', { texts: ['v=STSv1; id=two'], policy: GONE }],
  ]
  for (const [why, change] of stale) {
    test(`it holds as long as it says when ${why} (RFC 8461 §5.1)`, async (t) => {
      const { world, find } = await changing(t)
      await find()
      Object.assign(world, change, { now: world.now + DAY - 1 })
      assert.partialDeepStrictEqual(await find(), { kind: 'policy', policy: READ, id: 'one' })
      world.now += 1
      assert.ok(['none', 'unknown'].includes((await find()).kind))
    })
  }

  test('whose policy cannot be had is let rest for five minutes, unless its id changes', async (t) => {
    const { world, find } = await changing(t)
    world.policy = GONE
    for (let count = 0; count < 3; count++) assert.deepEqual(await find(), { kind: 'unknown', problem: GONE })
    assert.equal(world.fetched, 1)
    world.now += 5 * 60_000
    await find()
    assert.equal(world.fetched, 2)
    Object.assign(world, { texts: ['v=STSv1; id=two'], policy: TESTING })
    assert.partialDeepStrictEqual(await find(), { policy: TESTING })
  })

  test('what does not change is looked at again before it runs out, and mail does not wait for it', async (t) => {
    const { world, find } = await changing(t)
    await find()
    world.now += DAY * 0.6
    await find()
    assert.equal(world.fetched, 2)
    world.now += DAY * 0.6
    assert.partialDeepStrictEqual(await find(), { kind: 'policy', policy: READ })
  })

  test('a policy that says none takes the place of one that enforced', async (t) => {
    const { world, find } = await changing(t)
    await find()
    Object.assign(world, { texts: ['v=STSv1; id=two'], policy: { mode: 'none', mx: [], maxAge: 86_400 } })
    assert.partialDeepStrictEqual(await find(), { policy: { mode: 'none' } })
  })

  test('it outlives the process, and is forgotten when it has run out', async (t) => {
    const place = join(folder, 'kept')
    const told: string[] = []
    const store = (): StsStore => new StsStore(place, (line) => told.push(line))
    await (await changing(t, store())).find()
    const later = await changing(t, store())
    Object.assign(later.world, { texts: 'SERVFAIL', now: later.world.now + 1000 })
    assert.partialDeepStrictEqual(await later.find(), { kind: 'policy', policy: READ, id: 'one' })
    await store().tidy(later.world.now)
    assert.ok(existsSync(join(place, 'example.com.json')))
    await store().tidy(later.world.now + DAY)
    assert.ok(!existsSync(join(place, 'example.com.json')))
    assert.deepEqual(told, [])
  })

  for (const [why, text] of [
    ['half of it', '{"domain":"example.com","id":"one"'],
    ['something else', '[]'],
    [
      'that of another domain',
      JSON.stringify({ domain: 'evil.example', id: 'one', mode: 'none', mx: [], maxAge: 86_400, fetchedAt: Date.UTC(2026, 0, 1) }),
    ],
  ] as const) {
    test(`a file with ${why} is set aside, and said`, async (t) => {
      const place = mkdtempSync(join(folder, 'damaged-'))
      const told: string[] = []
      const file = join(place, 'example.com.json')
      writeFileSync(file, text)
      const { world, find } = await changing(t, new StsStore(place, (line) => told.push(line)))
      assert.partialDeepStrictEqual(await find(), { kind: 'policy', policy: READ })
      assert.equal(world.fetched, 1)
      assert.deepEqual(told, [
        `The MTA-STS policy of example.com in ${file} is damaged. It is set aside as ${file}.broken, and fetched again.`,
      ])
      assert.deepEqual(readdirSync(place).toSorted(), ['example.com.json', 'example.com.json.broken'])
      assert.equal(readFileSync(`${file}.broken`, 'utf8'), text)
    })
  }

  test('where nothing can be kept, it is said once, and policies go on', async (t) => {
    const told: string[] = []
    const file = join(folder, 'a-file')
    writeFileSync(file, '')
    const { world, find } = await changing(t, new StsStore(join(file, 'x'), (line) => told.push(line)))
    await find()
    world.texts = ['v=STSv1; id=two']
    assert.partialDeepStrictEqual(await find(), { kind: 'policy', id: 'two' })
    assert.deepEqual(told, [`MTA-STS policies cannot be kept in ${join(file, 'x')} (ENOTDIR). After a restart they are fetched anew.`])
  })
})

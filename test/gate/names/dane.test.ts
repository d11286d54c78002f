import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { connect, createServer } from 'node:tls'
import fc from 'fast-check'
import type { TlsaRecord } from '../../../src/gate/names/answer.ts'
import { judgeDane, type DaneVerdict } from '../../../src/gate/names/dane.ts'
import { presentedChain } from '../../../src/gate/names/presented.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-dane-'))
after(() => rmSync(folder, { recursive: true }))

const DAY = 86_400_000
/** In the second of the ten days that certificates here are valid. */
const NOW = new Date(Date.now() + DAY)
const SAN = 'subjectAltName=DNS:mx.example,DNS:*.wild.example'
const AUTHORITY = 'basicConstraints=critical,CA:TRUE'

/** Makes a certificate for ten days; `issuer` is itself where there is none. */
function make(name: string, subject: string, issuer?: string, ...extensions: readonly string[]): X509Certificate {
  const file = (one: string, end: string): string => join(folder, `${one}.${end}`)
  const issued = issuer === undefined ? [] : ['-CA', file(issuer, 'pem'), '-CAkey', file(issuer, 'key')]
  const words = ['req', '-x509', '-days', '10', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${subject}`]
  const all = [
    ...words,
    ...issued,
    '-keyout',
    file(name, 'key'),
    '-out',
    file(name, 'pem'),
    ...extensions.flatMap((one) => ['-addext', one]),
  ]
  execFileSync('openssl', [...all, '-config', join(folder, 'empty.cnf')], { stdio: ['ignore', 'ignore', 'pipe'] })
  return new X509Certificate(readFileSync(file(name, 'pem')))
}

writeFileSync(join(folder, 'empty.cnf'), '[req]\ndistinguished_name = dn\n[dn]\n')
const certificates = {
  root: make('root', 'Root', undefined, AUTHORITY),
  other: make('other', 'Other', undefined, AUTHORITY),
  middle: make('middle', 'Middle', 'root', AUTHORITY),
  short: make('short', 'Short', 'root', `${AUTHORITY},pathlen:0`),
  belowShort: make('belowShort', 'Below Short', 'short', AUTHORITY),
  impostor: make('impostor', 'Impostor', 'middle', 'basicConstraints=critical,CA:FALSE'),
  narrow: make('narrow', 'Narrow', 'root', AUTHORITY, 'nameConstraints=critical,permitted;DNS:other.example'),
  leaf: make('leaf', 'leaf', 'middle', SAN),
  direct: make('direct', 'direct', 'root', SAN),
  named: make('named', 'mx.example', 'middle'),
  client: make('client', 'client', 'middle', SAN, 'extendedKeyUsage=clientAuth'),
  ofImpostor: make('ofImpostor', 'leaf', 'impostor', SAN),
  ofShort: make('ofShort', 'leaf', 'belowShort', SAN),
  ofNarrow: make('ofNarrow', 'leaf', 'narrow', SAN),
  alone: make('alone', 'alone', undefined, SAN),
} as const

type Name = keyof typeof certificates

/** `3 1 1 leaf`: a record of a certificate here. */
function record(text: string): TlsaRecord {
  const [usage = 0, selector = 0, matchingType = 0] = text.split(' ', 3).map(Number)
  const name = text.split(' ')[3] ?? ''
  if (!(name in certificates)) return { usage, selector, matchingType, data: Buffer.from(name, 'hex') }
  const certificate = certificates[name as Name]
  const selected = selector === 1 ? certificate.publicKey.export({ type: 'spki', format: 'der' }) : certificate.raw
  const data =
    matchingType === 0
      ? selected
      : createHash(matchingType === 2 ? 'sha512' : 'sha256')
          .update(selected)
          .digest()
  return { usage, selector, matchingType, data }
}

const WRONG = 'ab'.repeat(32)

interface Row {
  readonly records: readonly string[]
  readonly chain: readonly Name[]
  readonly name?: string
  readonly days?: number
  readonly kind: DaneVerdict['kind']
  readonly type?: string
  readonly why: string
  /** OpenSSL cannot be asked, or thinks otherwise: why. */
  readonly apart?: string
}

const ROWS: readonly Row[] = [
  { records: ['3 1 1 leaf'], chain: ['leaf', 'middle'], kind: 'verified', why: 'the key of the server' },
  { records: ['3 0 1 leaf'], chain: ['leaf', 'middle'], kind: 'verified', why: 'its certificate' },
  { records: ['3 1 2 leaf'], chain: ['leaf'], kind: 'verified', why: 'SHA-512' },
  { records: ['3 0 0 leaf'], chain: ['leaf'], kind: 'verified', why: 'the certificate in full' },
  { records: ['3 1 0 leaf'], chain: ['leaf'], kind: 'verified', why: 'the key in full' },
  { records: ['3 1 1 alone'], chain: ['alone'], kind: 'verified', why: 'self-signed' },
  { records: ['3 1 1 leaf'], chain: ['leaf'], name: 'other.example', kind: 'verified', why: 'no name counts (RFC 7672 §3.2.1)' },
  { records: ['3 1 1 leaf'], chain: ['leaf'], days: 30, kind: 'verified', why: 'no date counts (RFC 7672 §3.1.1)' },
  { records: [`3 1 1 ${WRONG}`, '3 1 1 leaf'], chain: ['leaf'], kind: 'verified', why: 'one of several, as in a change of keys' },
  { records: [`3 1 1 ${WRONG}`], chain: ['leaf', 'middle'], kind: 'failed', why: 'of another key' },
  { records: ['3 1 1 middle'], chain: ['leaf', 'middle'], kind: 'failed', why: 'an authority is not the server' },
  { records: ['3 1 1 leaf', `3 1 2 ${WRONG}${WRONG}`], chain: ['leaf'], kind: 'failed', why: 'the stronger digest decides (RFC 7671 §9)' },
  {
    records: ['3 0 1 leaf', `3 1 2 ${WRONG}${WRONG}`],
    chain: ['leaf'],
    kind: 'verified',
    why: 'a digest over something else decides nothing',
  },
  { records: ['2 0 1 root'], chain: ['leaf', 'middle', 'root'], kind: 'verified', why: 'a root that was sent' },
  { records: ['2 0 1 middle'], chain: ['leaf', 'middle'], kind: 'verified', why: 'an authority in between' },
  { records: ['2 1 1 middle'], chain: ['leaf', 'middle'], kind: 'verified', why: 'by its key' },
  {
    records: ['2 0 1 root'],
    chain: ['leaf', 'middle'],
    kind: 'failed',
    why: 'a root that was not sent, and is a digest only (RFC 7671 §5.2.1)',
  },
  { records: ['2 0 0 root'], chain: ['leaf', 'middle'], kind: 'verified', why: 'a root that was not sent, in full' },
  { records: ['2 1 0 root'], chain: ['leaf', 'middle'], kind: 'verified', why: 'the bare key of one' },
  { records: ['2 1 0 other'], chain: ['leaf', 'middle'], kind: 'failed', why: 'the bare key of another one' },
  { records: ['2 0 0 other'], chain: ['leaf', 'middle'], kind: 'failed', why: 'another authority' },
  { records: ['2 0 1 root'], chain: ['direct', 'root'], kind: 'verified', why: 'right below' },
  { records: ['2 0 1 root'], chain: ['leaf', 'root'], kind: 'failed', why: 'an authority is missing on the way' },
  { records: ['2 0 1 other'], chain: ['leaf', 'middle', 'other'], kind: 'failed', why: 'sent, but nobody it has signed' },
  {
    records: ['2 0 1 root'],
    chain: ['leaf', 'middle', 'root'],
    name: 'other.example',
    kind: 'failed',
    type: 'certificate-host-mismatch',
    why: 'another name (RFC 7672 §3.1.2)',
  },
  { records: ['2 0 1 root'], chain: ['leaf', 'middle', 'root'], name: 'a.wild.example', kind: 'verified', why: 'a wildcard' },
  {
    records: ['2 0 1 root'],
    chain: ['named', 'middle', 'root'],
    kind: 'verified',
    why: 'a common name where there is no other (RFC 7672 §3.2.3)',
  },
  {
    records: ['2 0 1 root'],
    chain: ['leaf', 'middle', 'root'],
    days: 30,
    kind: 'failed',
    type: 'certificate-expired',
    why: 'expired (RFC 7672 §3.1.2)',
  },
  {
    records: ['2 0 1 root'],
    chain: ['leaf', 'middle', 'root'],
    days: -30,
    kind: 'failed',
    type: 'validation-failure',
    why: 'not yet valid',
  },
  { records: ['2 0 1 root'], chain: ['client', 'middle', 'root'], kind: 'failed', why: 'for clients only' },
  {
    records: ['2 0 1 root'],
    chain: ['ofImpostor', 'impostor', 'middle', 'root'],
    kind: 'failed',
    why: 'signed by one that is no authority',
  },
  {
    records: ['2 0 1 root'],
    chain: ['ofShort', 'belowShort', 'short', 'root'],
    kind: 'failed',
    why: 'an authority below one that may have none',
  },
  { records: ['2 0 1 root'], chain: ['ofNarrow', 'narrow', 'root'], kind: 'failed', why: 'a name that its authority may not certify' },
  { records: ['2 0 1 leaf'], chain: ['leaf', 'middle'], kind: 'failed', why: 'a server is not its own authority' },
  {
    records: [`2 0 1 ${WRONG}`, '3 1 1 leaf'],
    chain: ['leaf'],
    name: 'other.example',
    kind: 'verified',
    why: 'of both usages one is enough',
  },
  {
    records: ['0 0 1 root'],
    chain: ['leaf', 'middle', 'root'],
    kind: 'unusable',
    why: 'PKIX-TA (RFC 7672 §3.1.3)',
    apart: 'OpenSSL knows it',
  },
  { records: ['1 1 1 leaf'], chain: ['leaf', 'middle'], kind: 'unusable', why: 'PKIX-EE (RFC 7672 §3.1.3)', apart: 'OpenSSL knows it' },
  { records: ['3 2 1 leaf'], chain: ['leaf'], kind: 'unusable', why: 'an unknown selector' },
  { records: [`3 1 9 ${WRONG}`], chain: ['leaf'], kind: 'unusable', why: 'an unknown matching type' },
  { records: ['3 1 1 abcd'], chain: ['leaf'], kind: 'unusable', why: 'a digest that is too short' },
  { records: ['3 0 0 abcd'], chain: ['leaf'], kind: 'unusable', why: 'a certificate that is none' },
  { records: ['2 1 0 abcd'], chain: ['leaf'], kind: 'unusable', why: 'a key that is none' },
  {
    records: ['0 0 1 root', `3 1 1 ${WRONG}`],
    chain: ['leaf'],
    kind: 'failed',
    why: 'one that is usable decides',
    apart: 'OpenSSL knows it',
  },
]

function judge({ records, chain, name = 'mx.example', days = 0 }: Row): DaneVerdict {
  const presented = { chain: chain.map((one) => certificates[one]), names: [name], now: new Date(NOW.getTime() + days * DAY) }
  return judgeDane(records.map(record), presented)
}

describe('judgeDane()', () => {
  for (const row of ROWS) {
    test(`${row.records.join(' + ').replaceAll(WRONG, '…')} for ${row.chain.join(' < ')}: ${row.kind}, ${row.why}`, () => {
      const verdict = judge(row)
      assert.equal(verdict.kind, row.kind, verdict.words)
      if (row.type !== undefined) assert.partialDeepStrictEqual(verdict, { type: row.type })
    })
  }

  test('says what was matched, and what was not', () => {
    const [own, anchored] = ['3 1 1 leaf', '2 1 1 middle'].map(record)
    assert.ok(own !== undefined && anchored !== undefined)
    const presented = { chain: [certificates.leaf, certificates.middle], names: ['other.example', 'another.example'], now: NOW }
    const shown = (one: TlsaRecord): string => Buffer.from(one.data).toString('hex', 0, 4)
    assert.equal(judgeDane([own], presented).words, `its certificate is the one of TLSA 3 1 1 ${shown(own)}…`)
    assert.equal(
      judgeDane([anchored], presented).words,
      `its certificate leads to TLSA 2 1 1 ${shown(anchored)}…, and is made out to none of other.example, another.example`,
    )
    assert.equal(judgeDane([own], { ...presented, chain: [] }).words, 'it has presented no certificate')
  })

  test('the order of records and of authorities changes nothing, nor does what else was sent', () => {
    const name = fc.constantFrom(...(Object.keys(certificates) as Name[]))
    const one = fc
      .tuple(fc.constantFrom('2', '3'), fc.constantFrom('0', '1'), fc.constantFrom('0', '1', '2'), name)
      .map((parts) => parts.join(' '))
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 4 }), name, fc.array(name, { maxLength: 6 }), (records, leaf, others) => {
        const row = { records, chain: [leaf, ...others], kind: 'failed', why: '' } as const
        const { kind } = judge(row)
        assert.equal(judge({ ...row, records: records.toReversed(), chain: [leaf, ...others.toReversed(), ...others] }).kind, kind)
        if (kind === 'verified') assert.equal(judge({ ...row, chain: [...row.chain, 'other', 'alone', 'middle', 'root'] }).kind, kind)
      }),
      { numRuns: 100 },
    )
  })

  test('any records are judged', () => {
    const any = fc.record({ usage: fc.nat(4), selector: fc.nat(3), matchingType: fc.nat(4), data: fc.uint8Array({ maxLength: 70 }) })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 5 }), (records) => {
        assert.match(judgeDane(records, { chain: [certificates.leaf], names: ['mx.example'], now: NOW }).kind, /^(?:failed|unusable)$/)
      }),
    )
  })

  test('those who certify each other in circles are left in time', () => {
    const chain = [certificates.leaf, ...Array.from({ length: 200 }, () => certificates.middle), certificates.root]
    assert.equal(judgeDane([record('2 0 1 root')], { chain, names: ['mx.example'], now: NOW }).kind, 'verified')
  })
})

describe('judgeDane() and OpenSSL', () => {
  const asked = ROWS.filter(({ apart }) => apart === undefined)
  for (const row of asked) {
    test(`agree about ${row.records.join(' + ').replaceAll(WRONG, '…')} for ${row.chain.join(' < ')}: ${row.why}`, async (t) => {
      const pem = (one: Name): string => readFileSync(join(folder, `${one}.pem`), 'utf8')
      const [leaf] = row.chain
      assert.ok(leaf !== undefined)
      const server = createServer({ cert: row.chain.map(pem).join(''), key: readFileSync(join(folder, `${leaf}.key`)) }, (socket) =>
        socket.resume(),
      )
      server.on('tlsClientError', () => {})
      await once(server.listen(0, '127.0.0.1'), 'listening')
      t.after(() => void server.close())
      const { port } = server.address() as AddressInfo
      assert.equal(await openssl(row, port), row.kind === 'verified')
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
      await once(socket, 'secureConnect')
      const chain = presentedChain(socket)
      socket.destroy()
      const now = new Date(NOW.getTime() + (row.days ?? 0) * DAY)
      assert.equal(judgeDane(row.records.map(record), { chain, names: [row.name ?? 'mx.example'], now }).kind, row.kind, 'as it arrives')
    })
  }
})

/** Whether OpenSSL verifies by these records, as SMTP wants it (RFC 7672 §3.2.1). */
function openssl({ records, name = 'mx.example', days = 0 }: Row, port: number): Promise<boolean> {
  const texts = records
    .map(record)
    .map(({ usage, selector, matchingType, data }) => `${usage} ${selector} ${matchingType} ${Buffer.from(data).toString('hex')}`)
  const seconds = Math.floor((NOW.getTime() + days * DAY) / 1000)
  const words = [
    's_client',
    '-connect',
    `127.0.0.1:${port}`,
    '-dane_tlsa_domain',
    name,
    '-dane_ee_no_namechecks',
    '-verify_return_error',
    '-attime',
    String(seconds),
  ]
  return new Promise((resolve) => {
    const child = execFile(
      'openssl',
      [...words, ...texts.flatMap((text) => ['-dane_tlsa_rrdata', text])],
      { timeout: 10_000 },
      (_error, stdout) => {
        resolve(/^Verification: OK$/m.test(stdout) && /^DANE TLSA /m.test(stdout))
      },
    )
    child.stdin?.end()
  })
}

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { startGate, type Gated } from '../gated.ts'
import { startZones, type Zone } from '../names/zones.ts'
import { lasting } from '../programs.ts'
import { makeAuthority, type Made } from './authority.ts'
import { startSites, type Sites } from './policy-sites.ts'
import { ADDRESSES, rowsOf, type Between, type Kind, type Row } from './rows.ts'
import { sendTo } from './sending-to.ts'
import { startWire, type Wire, type WireManners } from './wire.ts'

type Lasting = Pick<TestContext, 'after'>

/** What mail hosts show. */
export type Leaves = Readonly<Record<'good' | 'expired' | 'selfmade' | 'misnamed', Made>>

/** Ports of 127.0.0.1. */
export type Servers = Partial<Readonly<Record<Kind, number>>>

/** Names, certificates and policies that the rows are about; a `describe` has to call it. */
export class RowsWorld {
  readonly leaves: Leaves
  readonly rows: readonly Row[]
  readonly #root: string
  readonly #site: Readonly<Record<'good' | 'expired', Made>>
  resolver = ''
  sites: Sites = { down: false }
  /** Where an outlet remembers. */
  state = ''

  constructor() {
    const t = lasting()
    const { root, make, makeAlone } = makeAuthority(t)
    const names = ['*.rows.example']
    this.#root = root
    this.leaves = {
      good: make('good', names),
      expired: make('expired', names, -1),
      selfmade: makeAlone('selfmade', names),
      misnamed: make('misnamed', ['other.example']),
    }
    const pem = (made: Made): string => readFileSync(made.chain, 'utf8')
    const { good, expired, selfmade, misnamed } = this.leaves
    this.rows = rowsOf({ root, leaf: { good: pem(good), expired: pem(expired), selfmade: pem(selfmade), misnamed: pem(misnamed) } })
    const hosts = this.rows.filter(({ site }) => site !== undefined).map((row) => `mta-sts.${domainOf(row)}`)
    this.#site = { good: make('site', hosts), expired: make('site-expired', hosts, -1) }
    before(() => this.#open(t))
    const usual = getCACertificates('default')
    after(() => setDefaultCACertificates(usual))
  }

  async #open(t: Lasting): Promise<void> {
    setDefaultCACertificates([this.#root])
    this.state = mkdtempSync(join(tmpdir(), 'postern-rows-'))
    t.after(() => rmSync(this.state, { recursive: true }))
    this.resolver = (await startZones(zonesOf(this.rows), t)).resolver
    const sites = new Map(this.rows.flatMap(({ label, site }) => (site === undefined ? [] : [[label, site] as const])))
    this.sites = await startSites(ADDRESSES.sites, sites, this.#site, t)
  }
}

function domainOf({ label, domain }: Row): string {
  return domain ?? `${label}.d.rows.example`
}

const POLICY = '"v=STSv1; id=1;"'

function zonesOf(rows: readonly Row[]): Readonly<Record<string, Zone>> {
  const lines = rows.flatMap((row) => {
    const { label, at, tlsa = [], site } = row
    const host = [`mx-${label} A ${ADDRESSES[at]}`, ...tlsa.map((data) => `_25._tcp.mx-${label} TLSA ${data}`)]
    if (row.domain !== undefined) return host
    const policy = site === undefined ? [] : [`mta-sts.${label}.d A ${ADDRESSES.sites}`, `_mta-sts.${label}.d TXT ${POLICY}`]
    return [...host, ...policy, `${label}.d MX 10 mx-${label}`]
  })
  const unsigned = (records: string): Zone => ({ dnssec: 'unsigned', records })
  return {
    'rows.example': { dnssec: 'signed', records: lines.join('\n') },
    'unsigned.example': unsigned(`@ MX 10 mx\nmx A ${ADDRESSES.selfmade}\n_25._tcp.mx TLSA 3 1 1 ${'ab'.repeat(32)}`),
    'hosted.example': unsigned('@ MX 10 mx-hosted.rows.example.'),
    'strict.example': unsigned('@ MX 10 mx-hosted-strict.rows.example.'),
    'u.example': unsigned(
      `sts-strict MX 10 mx-sts-strict.rows.example.\nmta-sts.sts-strict A ${ADDRESSES.sites}\n_mta-sts.sts-strict TXT ${POLICY}`,
    ),
    'bogus.example': { dnssec: 'bogus', records: `@ MX 10 mx\nmx A ${ADDRESSES.none}` },
    'lured.example': { dnssec: 'signed', records: '@ MX 10 mx.bogus.example.' },
  }
}

/** Somebody between each mail host and whoever comes. */
export type Wires = ReadonlyMap<Kind | Between, Wire>

const BETWEEN: Readonly<Record<Between, WireManners>> = { stripped: 'strips', refusing: 'refuses', broken: 'breaks' }

export async function startWires(servers: Servers, t: Lasting): Promise<Wires> {
  const { good } = servers
  const kinds = Object.entries(servers) as [Kind, number][]
  const wires = await Promise.all([
    ...kinds.map(async ([kind, port]) => [kind, await startWire(ADDRESSES[kind], port, t)] as const),
    ...(good === undefined ? [] : (Object.entries(BETWEEN) as [Between, WireManners][])).map(
      async ([kind, manners]) => [kind, await startWire(ADDRESSES[kind], good ?? 0, t, manners)] as const,
    ),
  ])
  return new Map<Kind | Between, Wire>(wires)
}

export function mailsIn(wires: Wires): number {
  return [...wires.values()].reduce((sum, { mails }) => sum + mails(), 0)
}

/** The gate with all outlets that the rows name. */
export function startOutlets(resolver: string, t: Lasting): Promise<Gated> {
  const out = (words: object, tls = 'none'): Readonly<Record<string, unknown>> => ({
    dialect: 'smtp',
    tls,
    outlet: { resolver, mailHostsHere: 'allow', ...words },
  })
  const services = {
    out: out({}),
    required: out({ tls: 'required' }),
    dane: out({ tls: 'dane' }),
    secure: out({}, 'starttls'),
    observing: out({ stage: 'observe' }),
  }
  return startGate({ services }, t)
}

const CHECKED = { 'by DANE': 'dane', 'by an authority': 'authority', 'in TLS with anybody': 'none', 'in the clear': 'plain' } as const

/** Tests of all rows for which there is a server; in a `describe`, with what its `before` has started. */
export function testRows(world: RowsWorld, kinds: readonly Kind[], started: () => { readonly gated: Gated; readonly wires: Wires }): void {
  for (const row of world.rows) {
    const { why, label, at, outlet, becomes } = row
    if (at in BETWEEN ? !kinds.includes('good') : !kinds.some((kind) => kind === at)) continue
    test(`${label}: ${why}`, async () => {
      const { gated, wires } = started()
      const before = mailsIn(wires)
      const isStrict = outlet === 'secure'
      const said = await sendTo(
        gated.port(outlet),
        'Subject: x\r\n\r\nx\r\n',
        `b@${domainOf(row)}`,
        isStrict ? ' REQUIRETLS' : '',
        isStrict,
      )
      const { onward } = await gated.record()
      assert.match(said, becomes instanceof RegExp ? becomes : /^250 /)
      assert.equal(mailsIn(wires) - before, becomes === 'in the clear' ? 1 : 0)
      if (becomes instanceof RegExp) return
      const last = onward?.at(-1)
      assert.equal(last?.failed, undefined)
      assert.equal(last?.tls?.checked ?? 'plain', CHECKED[becomes])
    })
  }
}

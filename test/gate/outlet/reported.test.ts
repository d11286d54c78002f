import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { readTally } from '../../../src/gate/tls-rpt/tally-keeper.ts'
import { certificates } from '../../peers/index.ts'
import { startGate } from '../gated.ts'
import { NEEDS_ZONES, startZones, type Zone } from '../names/zones.ts'
import { startDestination } from './destination.ts'
import { SENT, sendTo } from './sending-to.ts'

const { leaf } = await certificates()
const key = new X509Certificate(readFileSync(leaf('rsa').certificate)).publicKey.export({ type: 'spki', format: 'der' })
const EE = `_25._tcp.mx TLSA 3 1 1 ${createHash('sha256').update(key).digest('hex')}`

/** A mail host with TLS, one without, and one with another certificate. */
const [WITH, WITHOUT, OTHER] = ['127.0.78.2', '127.0.78.3', '127.0.78.4']

interface Row {
  readonly zone: string
  readonly sts?: { readonly mode: string; readonly mx: string }
  readonly goes: boolean
  /** Policy, sessions that went well, sessions that failed, and how. */
  readonly counted: readonly string[]
}

const STS = '_mta-sts TXT "v=STSv1; id=1"\n'

const ROWS: Readonly<Record<string, Row>> = {
  'right.example': { zone: `mx A ${WITH}\n${EE}`, goes: true, counted: ['tlsa 1 0'] },
  'wrong.example': { zone: `mx A ${OTHER}\n${EE}`, goes: false, counted: ['tlsa 0 1 validation-failure'] },
  'stripped.example': { zone: `mx A ${WITHOUT}\n${EE}`, goes: false, counted: ['tlsa 0 1 starttls-not-supported'] },
  'broken.example': { zone: `mx A ${WITH}\n_25._tcp.mx CNAME x.bogus.example.`, goes: false, counted: ['tlsa 0 1 dnssec-invalid'] },
  'usual.example': { zone: `mx A ${WITH}`, goes: true, counted: ['no-policy-found 1 0'] },
  'clear.example': { zone: `mx A ${WITHOUT}`, goes: true, counted: ['no-policy-found 0 1 starttls-not-supported'] },
  'down.example': { zone: 'mx A 127.0.78.99', goes: false, counted: [] },
  'testing.example': {
    zone: `${STS}mx A ${WITH}`,
    sts: { mode: 'testing', mx: 'mx.testing.example' },
    goes: true,
    counted: ['sts 0 1 certificate-not-trusted'],
  },
  'elsewhere.example': {
    zone: `${STS}mx A ${WITH}`,
    sts: { mode: 'testing', mx: 'other.example' },
    goes: true,
    counted: ['sts 0 1 validation-failure'],
  },
  'enforced.example': {
    zone: `${STS}mx A ${WITH}`,
    sts: { mode: 'enforce', mx: '*.enforced.example' },
    goes: false,
    counted: ['sts 0 1 certificate-not-trusted'],
  },
  'foreign.example': {
    zone: `${STS}mx A ${WITH}`,
    sts: { mode: 'enforce', mx: 'other.example' },
    goes: false,
    counted: ['sts 0 1 validation-failure'],
  },
  'unfetched.example': { zone: `${STS}mx A ${WITH}`, goes: true, counted: ['no-policy-found 1 0', 'sts 0 1 sts-policy-fetch-error'] },
}

describe('outcomes of an outlet are counted for reports, RFC 8460 §4.3', { skip: NEEDS_ZONES }, () => {
  test('by policy and by what went wrong', async (t) => {
    const state = mkdtempSync(join(tmpdir(), 'postern-reported-'))
    t.after(() => rmSync(state, { recursive: true }))
    mkdirSync(join(state, 'mta-sts'))
    for (const [domain, { sts }] of Object.entries(ROWS)) {
      const kept = { domain, id: '1', mode: sts?.mode, mx: [sts?.mx], maxAge: 86_400, fetchedAt: Date.now() - 1000 }
      if (sts !== undefined) writeFileSync(join(state, 'mta-sts', `${domain}.json`), JSON.stringify(kept))
    }
    const zones = Object.entries(ROWS).map(([domain, { zone }]): [string, Zone] => [
      domain,
      { dnssec: 'signed', records: `@ MX 10 mx\n${zone}` },
    ])
    const bogus: Zone = { dnssec: 'bogus', records: 'x A 127.0.0.1' }
    const { resolver } = await startZones({ ...Object.fromEntries(zones), 'bogus.example': bogus }, t)
    await startDestination({ address: WITH, leaf: 'rsa' }, t)
    await startDestination({ address: WITHOUT }, t)
    await startDestination({ address: OTHER, leaf: 'self-signed' }, t)
    const reports = { organization: 'Example GmbH', contact: 'tls@sender.example' }
    const services = { out: { dialect: 'smtp', tls: 'none', outlet: { resolver, mailHostsHere: 'allow', state, reports } } }
    const gated = await startGate({ services, timeouts: { connect: 2 } }, t)
    for (const [domain, { goes }] of Object.entries(ROWS)) {
      const said = await sendTo(gated.port('out'), 'x\r\n', `b@${domain}`)
      assert.equal(SENT.test(said), goes, `${domain}: ${said}`)
    }
    await gated.gate.close(1000)
    const folder = join(state, 'tls-rpt')
    const files = async (): Promise<readonly string[]> => {
      for (let tries = 0; tries < 100; tries++) {
        const found = readdirSync(folder, { encoding: 'utf8' }).filter((name) => name.endsWith('.json'))
        if (found.length > 0) return found.map((name) => join(folder, name))
        await delay(20)
      }
      return []
    }
    const tally = await readTally(await files(), assert.fail)
    const counted = Object.groupBy(tally.results(), ({ policy }) => policy['policy-domain'])
    for (const [domain, row] of Object.entries(ROWS)) {
      const shown = (counted[domain] ?? []).map(({ policy, summary, 'failure-details': details = [] }) =>
        [policy['policy-type'], ...Object.values(summary), ...details.map((one) => one['result-type'])].join(' '),
      )
      assert.deepEqual(shown, row.counted, domain)
    }
    const [details] = counted['stripped.example']?.[0]?.['failure-details'] ?? []
    assert.deepEqual([details?.['receiving-mx-hostname'], details?.['receiving-ip']], ['mx.stripped.example', WITHOUT])
  })
})

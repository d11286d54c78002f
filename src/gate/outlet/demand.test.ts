import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { policyOf, rulebookByName } from '../../policy/index.ts'
import type { DaneDemand, StsFound } from '../names/names.ts'
import { demandOf } from './demand.ts'
import { isFailure } from './hop-failure.ts'
import { openLeg } from './leg.ts'
import type { LegConfig } from './outlet-config.ts'

const NOW = new Date('2026-11-22')

function leg(change: Partial<LegConfig> = {}): ReturnType<typeof openLeg> {
  const policy = policyOf(rulebookByName('mozilla-intermediate')!, { now: NOW })
  return openLeg({
    title: 'out',
    tls: 'opportunistic',
    implicit: false,
    policy,
    wishes: {},
    stages: [],
    ca: undefined,
    name: undefined,
    plainAfterTls: 'observe',
    to: undefined,
    ...change,
  })
}

const NO_DANE: DaneDemand = { kind: 'none', words: 'it has no TLSA record' }
const DANE: DaneDemand = {
  kind: 'records',
  records: [{ usage: 3, selector: 1, matchingType: 1, data: new Uint8Array(32) }],
  base: 'mx.d.example',
}
const UNUSABLE: DaneDemand = { ...DANE, records: [{ usage: 1, selector: 1, matchingType: 1, data: new Uint8Array(32) }] }
const sts = (mode: 'enforce' | 'testing', mx: string): StsFound => ({
  kind: 'policy',
  policy: { mode, mx: [mx], maxAge: 1 },
  id: '1',
  until: 0,
})

/** In a line: how TLS is demanded, what its certificate is measured by, and who wants that; or the reply. */
function demanded(
  change: Partial<LegConfig>,
  dane: DaneDemand,
  found?: StsFound,
  secure = true,
  knowsTls = false,
  requiresTls = false,
): string {
  const route = { kind: 'hosts', hosts: [], secure, owner: 'alias.example', implicit: false } as const
  const mail = found === undefined ? {} : { mail: { domain: 'd.example', route, sts: found } }
  const demand = demandOf(leg(change), { host: 'mx.d.example', dane, knowsTls, requiresTls, ...mail })
  if (isFailure(demand)) return demand.said
  const { check } = demand
  const by = check.kind === 'dane' ? ` ${check.names.join(' ')}` : check.kind === 'authority' ? ` ${check.name}` : ''
  return `${demand.tls} ${check.kind}${by}: ${demand.by}${demand.keepsPolicy === true ? ', by the policy' : ''}`
}

/** With REQUIRETLS. */
function required(change: Partial<LegConfig>, dane: DaneDemand, found?: StsFound, secure = true): string {
  return demanded(change, dane, found, secure, false, true)
}

const STRICT = 'require authority mx.d.example: REQUIRETLS of the message, by the policy'

describe('demandOf()', () => {
  const none: StsFound = { kind: 'none' }
  const rows: readonly (readonly [why: string, found: string, expected: string | RegExp])[] = [
    ['nothing where nothing is said', demanded({}, NO_DANE, none), 'try none: tls: opportunistic of out'],
    ['what is configured', demanded({ tls: 'verify', name: 'x' }, NO_DANE, none), 'require authority x: tls: verify of out'],
    [
      'DANE, with the names of RFC 7672 §3.2.2',
      demanded({}, DANE, none),
      'require dane mx.d.example alias.example d.example: TLSA records of mx.d.example',
    ],
    [
      'without those that anybody may have written',
      demanded({}, DANE, none, false),
      'require dane mx.d.example: TLSA records of mx.d.example',
    ],
    ['DANE before MTA-STS, RFC 8461 §2', demanded({}, DANE, sts('enforce', 'other.example')), /^require dane /],
    ['DANE before authorities', demanded({ tls: 'verify' }, DANE, none), /^require dane /],
    ['DANE of a relay', demanded({}, DANE), 'require dane mx.d.example: TLSA records of mx.d.example'],
    ['MTA-STS', demanded({}, NO_DANE, sts('enforce', '*.d.example')), 'require authority mx.d.example: the MTA-STS policy of d.example'],
    ['MTA-STS before TLS with whomever', demanded({ tls: 'required' }, NO_DANE, sts('enforce', 'mx.d.example')), /^require authority /],
    [
      'not to a host that it does not have',
      demanded({}, NO_DANE, sts('enforce', 'other.example')),
      /^451 4\.7\.5 mx\.d\.example is not among the mail hosts of the MTA-STS policy of d\.example$/,
    ],
    ['nothing of a policy that is tested, RFC 8461 §5', demanded({}, NO_DANE, sts('testing', 'other.example')), /^try none/],
    [
      'no host of which nobody knows, RFC 7672 §2.1.2',
      demanded({}, { kind: 'failed', why: 'servfail', words: 'SERVFAIL' }, none),
      /^451 4\.7\.5 Whether mx\.d\.example wants DANE cannot be told now \(SERVFAIL\)/,
    ],
    ['DANE alone', demanded({ tls: 'dane' }, NO_DANE, none), /^451 4\.7\.5 mx\.d\.example has no DANE/],
    [
      'TLS where there was TLS',
      demanded({ plainAfterTls: 'refuse' }, NO_DANE, none, true, true),
      /^require none: plainAfterTls: refuse of out/,
    ],
    ['and not where there was none', demanded({ plainAfterTls: 'refuse' }, NO_DANE, none), /^try none/],
    ['the policy, too, where TLS is demanded and no stage was chosen', demanded({ usualStage: true }, DANE, none), /, by the policy$/],
    ['as with MTA-STS', demanded({ usualStage: true }, NO_DANE, sts('enforce', '*.d.example')), /, by the policy$/],
    ['by REQUIRETLS an authority, where DNSSEC has the name', required({}, NO_DANE, none), STRICT],
    ['or MTA-STS has', required({}, NO_DANE, sts('testing', 'mx.d.example'), false), STRICT],
    [
      'nobody whose name anybody may have written',
      required({}, NO_DANE, none, false),
      '550 5.7.30 REQUIRETLS: neither DNSSEC nor MTA-STS says that mx.d.example takes the mail of d.example',
    ],
    [
      'but waits for a policy that cannot be had now',
      required(
        {},
        NO_DANE,
        { kind: 'unknown', problem: { type: 'sts-policy-fetch-error', words: 'mta-sts.d.example answers 503' } },
        false,
      ),
      '451 4.7.30 REQUIRETLS: whether MTA-STS has mx.d.example for the mail of d.example cannot be told now (mta-sts.d.example answers 503)',
    ],
    [
      'or of which DNS does not say whether there is one',
      required({}, NO_DANE, { kind: 'none', failed: 'SERVFAIL' }, false),
      /^451 4\.7\.30 .*\(SERVFAIL\)$/,
    ],
    ['and not where DNSSEC has the name', required({}, NO_DANE, { kind: 'none', failed: 'SERVFAIL' }), STRICT],
    ['nor one that MTA-STS does not have', required({}, NO_DANE, sts('testing', 'other.example'), false), /^550 5\.7\.30 /],
    ['DANE is as good', required({}, DANE, none), /^require dane mx\.d\.example .*, by the policy$/],
    ['but not records that nobody can use', required({}, UNUSABLE, none), STRICT],
    ['a relay is named by the configuration', required({}, NO_DANE), STRICT],
    [
      'what is configured, where that is as much',
      required({ tls: 'verify', name: 'x' }, NO_DANE),
      'require authority x: tls: verify of out, by the policy',
    ],
  ]
  for (const [why, found, expected] of rows)
    test(why, () => (typeof expected === 'string' ? assert.equal(found, expected) : assert.match(found, expected)))
})

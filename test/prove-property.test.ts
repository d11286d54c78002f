import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import { allows, judge, OWN_RULEBOOK, RULEBOOKS, suiteIs, type Policy } from '../src/policy/index.ts'
import { groupByCode, knownPrime, PROTOCOLS, signatureScheme, suiteByCode, suiteName, type ProtocolName } from '../src/registry/index.ts'
import { Group, SSL3, TLS10, TLS11, TLS12, TLS13 } from './hostile/numbers.ts'
import { PRIMES, type PrimeName } from './hostile/primes.ts'
import { script, scripted, startHostile, truthOf, type Truth } from './hostile/index.ts'
import { bulk, KNOWN_SUITES } from './hostile/suites.ts'
import { policyNamed, proveAt, withoutCertificates } from './proved.ts'

type Given = NonNullable<Parameters<typeof script>[0]>

const VERSIONS: Readonly<Partial<Record<ProtocolName, number>>> = {
  SSLv3: SSL3,
  TLSv1: TLS10,
  'TLSv1.1': TLS11,
  'TLSv1.2': TLS12,
  'TLSv1.3': TLS13,
}
const GROUPS = [Group.secp256r1, Group.x25519, Group.secp384r1, Group.secp521r1, Group.x448]
/** Those that these servers can finish a handshake with stand first. */
const TLS13_GROUPS = [...GROUPS, Group.ffdhe2048, Group.x25519mlkem768]
const TLS13_SUITES = [0x1301, 0x1302, 0x1303, 0x1304, 0x1305]
const bestFirst = (all: readonly number[], first: number, some: readonly number[]): number[] => [
  first,
  ...all.filter((one) => one !== first && some.includes(one)),
]
const PRIME_NAMES: readonly PrimeName[] = ['custom768', 'oakley1024', 'custom1024', 'modp2048', 'custom2048', 'ffdhe3072']
/** Those that today's clients sign with, and SHA-1 behind them. */
const SCHEMES = [0x0804, 0x0401, 0x0403, 0x0501, 0x0402]
const OLD_SCHEMES = [0x0201, 0x0203, 0x0202]

/** Ways to refuse, and whether DHE breaks the handshake as it does on a Dovecot without parameters: nobody can tell its closes apart. */
const DIVIDED: readonly Pick<Given, 'refusals' | 'poison'>[] = (['alerts', 'closes'] as const).flatMap((refuses) =>
  [false, true].map((breaks) => {
    const dhe = KNOWN_SUITES.filter((code) => suiteByCode(code)?.kx === 'DHE')
    return {
      ...(refuses === 'alerts'
        ? {}
        : { refusals: { version: 'close', suite: 'close', group: 'close', nonsense: 'close', sslv2: 'close' } as const }),
      ...(breaks ? { poison: { suites: dhe, reaction: refuses === 'alerts' ? { alert: 80 } : ('close' as const) } } : {}),
    }
  }),
)

/** Those that refuse long hellos in the very words in which they refuse suites. */
const HABITS: readonly Pick<Given, 'refusals' | 'poison' | 'balks'>[] = [
  ...DIVIDED,
  ...[150, 100].map((most): Pick<Given, 'balks'> => ({ balks: (hello) => (hello.suites.length > most ? { alert: 40 } : undefined) })),
]

/** What may be in a server for once although the policy forbids it. */
const SINS = ['version', 'suite', 'suite13', 'group', 'group13', 'dh', 'scheme', 'feature', 'order'] as const
type Sin = (typeof SINS)[number]

const groupName = (code: number): string => groupByCode(code)?.name ?? ''
const suite = (name: string): number => KNOWN_SUITES.find((code) => suiteName(code) === name) ?? 0

/** Servers that keep to a policy but for at most one or two sins: random ones would break everything at once. */
function servers(policy: Policy): fc.Arbitrary<Given> {
  const { allowed, required } = policy.protocols
  // Those whose records these servers can protect: only they show encrypt-then-MAC.
  const known = KNOWN_SUITES.filter((code) => bulk(code) !== undefined || !suiteIs(suiteName(code), 'cbc'))
  return fc.option(fc.constantFrom(...SINS), { freq: 2 }).chain((committed) => {
    const sinful = (sin: Sin): boolean => sin === committed
    const pick = <T>(all: readonly T[], fine: (one: T) => boolean, sin: Sin, minLength = 1): fc.Arbitrary<T[]> => {
      const candidates = sinful(sin) ? [...all] : all.filter(fine)
      return candidates.length === 0
        ? fc.constant([])
        : fc.shuffledSubarray(candidates, { minLength: Math.min(minLength, candidates.length), maxLength: Math.min(12, candidates.length) })
    }
    const versions = PROTOCOLS.filter((name) => name !== 'SSLv2')
    const posture = fc.record({
      versions: pick(versions, (name) => allowed.includes(name), 'version').map((names) =>
        [...new Set([...names, ...(sinful('version') ? [] : required)])].flatMap((name) => VERSIONS[name] ?? []),
      ),
      suites: pick(known, (code) => policy.suites.includes(suiteName(code)), 'suite'),
      groups: pick(GROUPS, (code) => policy.groups.includes(groupName(code)), 'group'),
      order: fc.constantFrom(...(sinful('order') ? (['client'] as const) : (['server'] as const))),
      dh: pick(PRIME_NAMES, (name) => allows(policy, { dh: dhOf(name) }), 'dh').map(([prime = 'ffdhe3072']) => ({
        prime,
        withFfdheGroups: 'same' as const,
        withoutFfdheGroups: 'same' as const,
        exportPrime: 'custom512' as const,
      })),
      signatureSchemes: fc.constant(
        sinful('scheme') || policy.signatureSchemes.includes('rsa_pkcs1_sha1') ? [...SCHEMES, ...OLD_SCHEMES] : SCHEMES,
      ),
      renegotiationInfo: sinful('feature') ? fc.boolean() : fc.constant(true),
      extendedMasterSecret: sinful('feature') ? fc.boolean() : fc.constant(true),
      encryptThenMac: sinful('feature') ? fc.boolean() : fc.constant(true),
      compressions: sinful('feature') ? fc.constantFrom([0], [1, 0]) : fc.constant([0]),
      tls13: fc.record({
        suites: pick(TLS13_SUITES, (code) => policy.suites.includes(suiteName(code)), 'suite13').map((some) =>
          bestFirst(TLS13_SUITES, 0x1302, some),
        ),
        groups: pick(TLS13_GROUPS, (code) => policy.groups.includes(groupName(code)), 'group13').map((some) =>
          bestFirst(TLS13_GROUPS, Group.secp256r1, some),
        ),
      }),
    })
    return fc.tuple(posture, fc.constantFrom(...HABITS)).map(([given, habit]): Given => ({ ...given, ...habit }))
  })
}

/**
 * A door that closes on all that is offered says nothing by it, whatever it would take besides. Nor does one that refuses long hellos always
 * let itself be asked in short ones: doubt is no mistake there.
 */
function mayDoubt(given: Given, policy: Policy): boolean {
  if (given.balks !== undefined) return true
  const { protocols, suites } = truthOf(given)
  const takes = (protocol: ProtocolName): boolean =>
    protocols?.[protocol] === true && (suites?.[protocol] ?? []).some((code) => allows(policy, { suite: suiteName(code) }))
  return given.refusals !== undefined && !policy.protocols.allowed.some(takes)
}

function dhOf(name: PrimeName): { readonly bits: number; readonly prime: string } {
  return { bits: PRIMES[name].length * 8, prime: knownPrime(PRIMES[name])?.name ?? 'custom' }
}

/** Everything about a server that its policy does not allow, out of its script alone. */
function sinsOf(given: Given, policy: Policy, now: Date): readonly string[] {
  const truth: Truth = truthOf(given)
  const spoken = PROTOCOLS.filter((name) => truth.protocols?.[name] === true)
  const sins = spoken.filter((protocol) => !allows(policy, { protocol })).map((protocol) => `speaks ${protocol}`)
  sins.push(...policy.protocols.required.filter((protocol) => !spoken.includes(protocol)).map((protocol) => `lacks ${protocol}`))
  for (const protocol of spoken) {
    const names = (truth.suites?.[protocol] ?? []).map(suiteName)
    const fine = names.filter((name) => allows(policy, { suite: name }))
    sins.push(...names.filter((name) => !fine.includes(name)).map((name) => `accepts ${name}`))
    if (policy.protocols.required.includes(protocol) && fine.length === 0) sins.push(`no allowed suite in ${protocol}`)
    if (policy.order === 'server' && passesOver(protocol === 'TLSv1.3' ? 'server' : given.order, fine, now))
      sins.push(`a worse suite can win in ${protocol}`)
    if (fine.some((name) => suiteByCode(suite(name))?.kx === 'DHE') && !allows(policy, { dh: dhOf(script(given).dh.prime) }))
      sins.push('small DH')
    if (protocol === 'TLSv1.2') sins.push(...schemesOf(given, fine).filter((scheme) => !allows(policy, { signatureScheme: scheme })))
  }
  sins.push(...(truth.groups ?? []).map(groupName).filter((group) => !allows(policy, { group })))
  if (!spoken.some((protocol) => allows(policy, { protocol }))) sins.push('speaks nothing that is allowed')
  sins.push(...featureSins(given, truth, policy, spoken))
  return sins
}

const QUALITY = ['bad', 'weak', 'good']

function passesOver(order: Given['order'], suites: readonly string[], now: Date): boolean {
  const ranks = suites.map((name) => QUALITY.indexOf(judge(OWN_RULEBOOK, { subject: 'suite', name }, now)?.verdict ?? 'good'))
  return order === 'client' ? new Set(ranks).size > 1 : ranks.some((rank) => rank > (ranks[0] ?? rank))
}

/** Schemes of TLS 1.2 that one of these suites signs with. The keys of these servers are RSA, DSA and ECDSA. */
function schemesOf(given: Given, suites: readonly string[]): readonly string[] {
  const signers = new Set(
    suites.map((name) => suiteByCode(suite(name))).flatMap((one) => (one?.kx === 'ECDHE' || one?.kx === 'DHE' ? [one.au] : [])),
  )
  const fits = (scheme: number): boolean => {
    if (scheme >= 0x0804 || (scheme & 0xff) === 1) return signers.has('RSA')
    return (scheme & 0xff) === 2 ? signers.has('DSS') : signers.has('ECDSA')
  }
  return script(given)
    .signatureSchemes.filter(fits)
    .map((scheme) => signatureScheme.name(scheme))
}

function featureSins(given: Given, truth: Truth, policy: Policy, spoken: readonly ProtocolName[]): readonly string[] {
  const { required, forbidden } = policy.features
  const [old] = spoken.filter((protocol) => protocol !== 'TLSv1.3')
  if (old === undefined) return []
  const cbc = spoken.some(
    (protocol) =>
      protocol !== 'TLSv1.3' &&
      (truth.suites?.[protocol] ?? []).some((code) => suiteIs(suiteName(code), 'cbc') && allows(policy, { suite: suiteName(code) })),
  )
  return [
    ...(required.includes('secureRenegotiation') && given.renegotiationInfo === false ? ['no secure renegotiation'] : []),
    ...(required.includes('extendedMasterSecret') && given.extendedMasterSecret === false ? ['no extended master secret'] : []),
    ...(required.includes('encryptThenMac') && given.encryptThenMac === false && cbc ? ['no encrypt-then-MAC'] : []),
    ...(forbidden.includes('compression') && given.compressions?.[0] === 1 ? ['compression'] : []),
  ]
}

describe('prove() says no exactly when the server has something that the policy forbids', { concurrency: 2 }, () => {
  const seen = { yes: 0, no: 0 }
  after(() => assert.ok(seen.yes > 10 && seen.no > 10, 'both kinds were tried'))
  for (const { name } of RULEBOOKS) {
    test(name, async () => {
      // Not every suite that these servers take is one that they can finish a handshake with, and attacks need that.
      const { flaws: _flaws, ...policy } = withoutCertificates(policyNamed(name))
      await fc.assert(
        fc.asyncProperty(servers(policy), async (given) => {
          const server = await startHostile(scripted(given))
          try {
            const proof = await proveAt({ port: server.port, name: 'hostile.example' }, policy)
            const sins = sinsOf(given, policy, new Date())
            const told = proof.checks.filter(({ verdict }) => verdict !== 'kept').map(({ id, fact }) => `${id}: ${fact}`)
            seen[sins.length > 0 ? 'no' : 'yes']++
            assert.equal(
              mayDoubt(given, policy) && proof.keeps === 'unknown' ? (sins.length > 0 ? 'no' : 'yes') : proof.keeps,
              sins.length > 0 ? 'no' : 'yes',
              `really: ${sins.join('; ') || 'nothing'}\nfound: ${told.join('; ') || 'nothing'}`,
            )
          } finally {
            await server.stop()
          }
        }),
        { numRuns: 25, endOnFailure: true },
      )
    })
  }
})

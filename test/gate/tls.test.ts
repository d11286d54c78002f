import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { cipherSuites, groups, type ProtocolName } from '../../src/registry/index.ts'
import { RULEBOOKS, type Policy } from '../../src/policy/index.ts'
import { nodeOptions } from '../../src/gate/tls/node-options.ts'
import { hasGroup, hasSuite } from '../../src/gate/tls/abilities.ts'
import { PosternError } from '../../src/errors.ts'
import { SERVER_NAME } from '../peers/index.ts'
import { policyNamed, proveAt, withoutCertificates } from '../proved.ts'
import { identity, openFront, policyWith } from './tls-front.ts'

const names = (some: readonly { readonly iana: string }[]): readonly string[] => some.map(({ iana }) => iana)
/** Suites that this Node has, suites that it lacks, and those of TLS 1.3. */
const HAVE = names(
  cipherSuites.filter((suite) => suite.protocol !== 'TLSv1.3' && hasSuite(suite) && !/PSK|SRP|NULL|anon|DSS/.test(suite.iana)),
)
const LACK = names(cipherSuites.filter((suite) => /3DES|RC4_128|IDEA|EXPORT/.test(suite.iana) && !hasSuite(suite)))
const NEW = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_CCM_SHA256']
const GROUPS = groups.filter((group) => hasGroup(group) && group.strength >= 112 && group.kind !== 'kem').map(({ name }) => name)
const SCHEMES = [
  'rsa_pss_rsae_sha256',
  'rsa_pss_rsae_sha512',
  'rsa_pkcs1_sha256',
  'rsa_pkcs1_sha384',
  'ecdsa_secp256r1_sha256',
  'rsa_pkcs1_sha1',
  'ecdsa_sha1',
]
const VERSIONS: readonly ProtocolName[] = ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

const some = <T>(all: readonly T[], minLength: number, maxLength: number): fc.Arbitrary<T[]> =>
  fc.shuffledSubarray([...all], { minLength, maxLength: Math.min(maxLength, all.length) })

/** Policies with holes, odd lists and things that Node cannot do. */
const policies: fc.Arbitrary<{ readonly policy: Policy; readonly ecdsa: boolean }> = fc
  .record({
    allowed: some(VERSIONS, 1, 5),
    old: some(HAVE, 0, 12),
    lost: some(LACK, 0, 3),
    tls13: some(NEW, 0, 4),
    groups: some(GROUPS, 0, 5),
    ecdsa: fc.boolean(),
    schemes: some(SCHEMES, 0, 7),
    minBits: fc.constantFrom(1024, 2048, 3072),
    order: fc.constantFrom('server' as const, 'client' as const, 'any' as const),
  })
  .map(({ allowed, old, lost, tls13, groups, ecdsa, schemes, minBits, order }) => ({
    ecdsa,
    policy: policyWith({
      protocols: { allowed, required: [] },
      suites: [...old, ...lost, ...tls13],
      // Up to TLS 1.2 a client has to know the curve of the key, RFC 8422 §5.1: the auditor offers what is allowed and no more.
      groups: ecdsa ? [...new Set([...groups, 'secp256r1'])] : groups,
      signatureSchemes: schemes,
      dh: { minBits },
      order,
      features: {
        required: ['secureRenegotiation', 'extendedMasterSecret'],
        // Who renegotiates needs a session, and the auditor has not the ciphers for each of these.
        forbidden: ['compression', 'heartbeat', 'truncatedHmac'],
      },
    }),
  }))

describe('a door by a policy', () => {
  test('keeps to one made at random, as the auditor finds', { timeout: 150_000 }, async () => {
    const [rsa, both] = [await identity(['rsa']), await identity(['rsa', 'ecdsa'])]
    await fc.assert(
      fc.asyncProperty(policies, async ({ policy, ecdsa }) => {
        let front
        try {
          front = await openFront({ policy, identities: [ecdsa ? both : rsa] })
        } catch (error) {
          assert.ok(error instanceof PosternError && error.code === 'POLICY_UNSPEAKABLE', String(error))
          return
        }
        try {
          const { protocols } = front.server.context.spoken
          // An order at random puts worse suites first, which no door may do to the auditor's mind.
          const order = policy.order === 'server' ? 'any' : policy.order
          const demanding = { ...policy, order, protocols: { ...policy.protocols, required: protocols } }
          const proof = await proveAt({ port: front.port, name: SERVER_NAME }, demanding)
          const told = proof.checks.filter(({ verdict }) => verdict !== 'kept').map(({ id, fact }) => `${id}: ${fact}`)
          assert.equal(
            proof.keeps,
            'yes',
            `${told.join('\n')}\n${JSON.stringify(proof.problem)}\n${JSON.stringify(front.server.context.options)}\n${JSON.stringify(front.failed.slice(0, 4))}`,
          )
        } finally {
          await front.stop()
        }
      }),
      { numRuns: 20, endOnFailure: true },
    )
  })

  for (const { name } of RULEBOOKS) {
    test(`keeps to ${name}, flaws and features and all`, async () => {
      const policy = withoutCertificates(policyNamed(name))
      const front = await openFront({ policy, identities: [await identity(['rsa', 'ecdsa'])] })
      try {
        const proof = await proveAt({ port: front.port, name: SERVER_NAME }, policy)
        const told = proof.checks.filter(({ verdict }) => verdict !== 'kept').map(({ id, fact }) => `${id}: ${fact}`)
        assert.deepEqual([proof.keeps, told], ['yes', []])
      } finally {
        await front.stop()
      }
    })
  }

  test('says of everything in the policy that it is spoken, or why not', () => {
    fc.assert(
      fc.property(policies, ({ policy }) => {
        let context
        try {
          context = nodeOptions(policy, { revision: '1', keys: ['RSA', 'ECDSA'] })
        } catch (error) {
          assert.ok(error instanceof PosternError && error.code === 'POLICY_UNSPEAKABLE', String(error))
          return
        }
        const { spoken, inexpressible } = context
        const lost = (part: string): readonly string[] => inexpressible.filter((one) => one.part === part).map(({ name }) => name)
        const rows = [
          ['protocol', policy.protocols.allowed, spoken.protocols],
          ['suite', policy.suites, names(spoken.suites)],
          ['group', policy.groups, spoken.groups.map(({ name }) => name)],
          ['signatureScheme', policy.signatureSchemes, spoken.signatureSchemes],
        ] as const
        for (const [part, wanted, has] of rows) assert.deepEqual([...has, ...lost(part)].toSorted(), [...wanted].toSorted(), part)
      }),
      { numRuns: 100 },
    )
  })
})

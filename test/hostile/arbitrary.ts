import fc from 'fast-check'
import { Group, SSL3, TLS10, TLS11, TLS12, TLS13 } from './numbers.ts'
import type { script } from './script.ts'
import { KNOWN_SUITES } from './suites.ts'

type Given = NonNullable<Parameters<typeof script>[0]>

/** A list with some of these in any order, at least `minLength`. */
function some<T>(values: readonly T[], minLength: number, maxLength = values.length): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...values], { minLength, maxLength })
}

const GROUPS = [Group.secp256r1, Group.x25519, Group.secp384r1, Group.secp521r1, Group.x448]

/**
 * Postures without flaws or moods: what `truthOf()` says of one is all there is to find. Every version has a suite.
 * `candidates` are the code points to draw from: those that the asker knows.
 */
export function scripts(candidates: readonly number[] = KNOWN_SUITES): fc.Arbitrary<Given> {
  return fc.record({
    versions: some([SSL3, TLS10, TLS11, TLS12, TLS13], 1),
    // RSA key exchange is in every version, so that no version is left without a suite.
    suites: fc
      .tuple(some(candidates, 0, Math.min(40, candidates.length)), some([0x002f, 0x0035, 0x000a, 0x0005], 1))
      .map(([more, sure]) => [...new Set([...more, ...sure])]),
    order: fc.constantFrom('server' as const, 'client' as const),
    groups: some(GROUPS, 1),
    groupOrder: fc.constantFrom('server' as const, 'client' as const),
    dh: fc.record({
      prime: fc.constantFrom(
        'custom512' as const,
        'custom768' as const,
        'custom1024' as const,
        'oakley1024' as const,
        'modp2048' as const,
        'custom2048' as const,
      ),
      withFfdheGroups: fc.constant('same' as const),
      withoutFfdheGroups: fc.constant('same' as const),
      exportPrime: fc.constant('custom512' as const),
    }),
    compressions: fc.constantFrom([0], [1, 0]),
    renegotiationInfo: fc.boolean(),
    extendedMasterSecret: fc.boolean(),
    encryptThenMac: fc.boolean(),
    fallbackScsv: fc.boolean(),
    heartbeat: fc.constantFrom(undefined, 'correct' as const),
    tls13: fc.record({
      suites: some([0x1301, 0x1302, 0x1303, 0x1304, 0x1305], 1),
      groups: some([...GROUPS, Group.ffdhe2048, Group.x25519mlkem768], 1),
      suiteOrder: fc.constantFrom('server' as const, 'client' as const),
      groupOrder: fc.constantFrom('share' as const, 'server' as const),
    }),
  })
}

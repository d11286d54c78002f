/**
 * Values that mean nothing and that a peer must step over, for suites, groups, extensions, versions, signature schemes
 * and ALPN names. RFC 8701 §2.
 */
export const GREASE: readonly number[] = Array.from({ length: 16 }, (_, index) => (index * 0x10 + 0x0a) * 0x0101)

/** The GREASE values of psk_key_exchange_modes, which has one byte, RFC 8701 §2. */
export const GREASE_PSK_MODES: readonly number[] = [0x0b, 0x2a, 0x49, 0x68, 0x87, 0xa6, 0xc5, 0xe4]

/** Is this two-byte value reserved to be ignored? */
export function isGrease(code: number): boolean {
  return GREASE.includes(code)
}

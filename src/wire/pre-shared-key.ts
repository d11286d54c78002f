import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * pre_shared_key of a ClientHello, where it is the last extension. RFC 8446 §4.2.11:
 *
 *     struct {
 *         opaque identity<1..2^16-1>;
 *         uint32 obfuscated_ticket_age;
 *     } PskIdentity;
 *     opaque PskBinderEntry<32..255>;
 *     struct {
 *         PskIdentity identities<7..2^16-1>;
 *         PskBinderEntry binders<33..2^16-1>;
 *     } OfferedPsks;
 */
export interface OfferedPsks {
  readonly identities: readonly PskIdentity[]
  readonly binders: readonly Uint8Array[]
}

export interface PskIdentity {
  readonly identity: Uint8Array
  /** In milliseconds, with ticket_age_add added, modulo 2^32. */
  readonly obfuscatedTicketAge: number
}

export function decodeOfferedPsks(data: Uint8Array): OfferedPsks {
  const reader = new Reader(data, 'OfferedPsks')
  const offer = {
    identities: reader.vector(2, 'identities', (inner) =>
      inner.list((item) => ({ identity: item.opaque(2, 'identity'), obfuscatedTicketAge: item.u32('obfuscated_ticket_age') })),
    ),
    binders: reader.vector(2, 'binders', (inner) => inner.list((item) => item.opaque(1, 'binder'))),
  }
  reader.end()
  return offer
}

export function encodeOfferedPsks(offer: OfferedPsks): Uint8Array {
  const writer = new Writer().vector(2, (inner) => {
    for (const { identity, obfuscatedTicketAge } of offer.identities) inner.opaque(2, identity).u32(obfuscatedTicketAge)
  })
  return writeBinders(writer, offer.binders).done()
}

/** How many bytes the end of a ClientHello must be shorter to be what the binders are computed over, RFC 8446 §4.2.11.2. */
export function bindersLength(binders: readonly Uint8Array[]): number {
  return writeBinders(new Writer(), binders).done().length
}

function writeBinders(writer: Writer, binders: readonly Uint8Array[]): Writer {
  return writer.vector(2, (inner) => {
    for (const binder of binders) inner.opaque(1, binder)
  })
}

/** pre_shared_key of a ServerHello: `uint16 selected_identity`, counted from 0, RFC 8446 §4.2.11. */
export function decodeSelectedIdentity(data: Uint8Array): number {
  const reader = new Reader(data, 'PreSharedKey')
  const index = reader.u16('selected_identity')
  reader.end()
  return index
}

export function encodeSelectedIdentity(index: number): Uint8Array {
  return new Writer().u16(index).done()
}

/** psk_key_exchange_modes: `PskKeyExchangeMode ke_modes<1..255>`, RFC 8446 §4.2.9. 0 is psk_ke, 1 is psk_dhe_ke. */
export function decodePskKeyExchangeModes(data: Uint8Array): readonly number[] {
  const reader = new Reader(data, 'PskKeyExchangeModes')
  const modes = reader.u8s(1, 'ke_modes')
  reader.end()
  return modes
}

export function encodePskKeyExchangeModes(modes: readonly number[]): Uint8Array {
  return new Writer().u8s(1, modes).done()
}

/**
 * early_data of a NewSessionTicket: `uint32 max_early_data_size`, in bytes, RFC 8446 §4.2.10.
 * In ClientHello and EncryptedExtensions its data is empty.
 */
export function decodeMaxEarlyDataSize(data: Uint8Array): number {
  const reader = new Reader(data, 'EarlyDataIndication')
  const size = reader.u32('max_early_data_size')
  reader.end()
  return size
}

export function encodeMaxEarlyDataSize(size: number): Uint8Array {
  return new Writer().u32(size).done()
}

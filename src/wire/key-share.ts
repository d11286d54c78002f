import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * One share. RFC 8446 §4.2.8:
 *
 *     struct {
 *         NamedGroup group;
 *         opaque key_exchange<1..2^16-1>;
 *     } KeyShareEntry;
 */
export interface KeyShareEntry {
  readonly group: number
  readonly keyExchange: Uint8Array
}

/**
 * key_share in a ClientHello: `KeyShareEntry client_shares<0..2^16-1>`, RFC 8446 §4.2.8.
 * An empty list asks the server to name a group with a HelloRetryRequest.
 */
export function decodeKeyShareClientHello(data: Uint8Array): readonly KeyShareEntry[] {
  const reader = new Reader(data, 'KeyShareClientHello')
  const shares = reader.vector(2, 'client_shares', (inner) => inner.list(readEntry))
  reader.end()
  return shares
}

export function encodeKeyShareClientHello(shares: readonly KeyShareEntry[]): Uint8Array {
  return new Writer()
    .vector(2, (inner) => {
      for (const share of shares) writeEntry(inner, share)
    })
    .done()
}

/** key_share in a HelloRetryRequest: `NamedGroup selected_group`, RFC 8446 §4.2.8. */
export function decodeKeyShareHelloRetryRequest(data: Uint8Array): number {
  const reader = new Reader(data, 'KeyShareHelloRetryRequest')
  const group = reader.u16('selected_group')
  reader.end()
  return group
}

export function encodeKeyShareHelloRetryRequest(group: number): Uint8Array {
  return new Writer().u16(group).done()
}

/** key_share in a ServerHello: `KeyShareEntry server_share`, RFC 8446 §4.2.8. */
export function decodeKeyShareServerHello(data: Uint8Array): KeyShareEntry {
  const reader = new Reader(data, 'KeyShareServerHello')
  const share = readEntry(reader)
  reader.end()
  return share
}

export function encodeKeyShareServerHello(share: KeyShareEntry): Uint8Array {
  return writeEntry(new Writer(), share).done()
}

function readEntry(reader: Reader): KeyShareEntry {
  return { group: reader.u16('group'), keyExchange: reader.opaque(2, 'key_exchange') }
}

function writeEntry(writer: Writer, share: KeyShareEntry): Writer {
  return writer.u16(share.group).opaque(2, share.keyExchange)
}

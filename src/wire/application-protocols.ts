import { octetsToText, textToOctets } from './octet-string.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * application_layer_protocol_negotiation. RFC 7301 §3.1:
 *
 *     opaque ProtocolName<1..2^8-1>;
 *     struct { ProtocolName protocol_name_list<2..2^16-1> } ProtocolNameList;
 *
 * A server's answer is a list of one. Names are one character a byte, such as `h2` or `smtp`.
 */
export function decodeProtocolNameList(data: Uint8Array): readonly string[] {
  const reader = new Reader(data, 'ProtocolNameList')
  const names = reader.vector(2, 'protocol_name_list', readNames)
  reader.end()
  return names
}

export function encodeProtocolNameList(names: readonly string[]): Uint8Array {
  return new Writer().vector(2, (inner) => writeNames(inner, names)).done()
}

/**
 * next_protocol_negotiation of a ServerHello (draft-agl-tls-nextprotoneg-04, section 3): the names without a length around
 * them, possibly none. A ClientHello sends empty data.
 */
export function decodeNextProtocols(data: Uint8Array): readonly string[] {
  return readNames(new Reader(data, 'NextProtocolNegotiation'))
}

export function encodeNextProtocols(names: readonly string[]): Uint8Array {
  const writer = new Writer()
  writeNames(writer, names)
  return writer.done()
}

function readNames(reader: Reader): readonly string[] {
  return reader.list((item) => octetsToText(item.opaque(1, 'protocol_name')))
}

function writeNames(writer: Writer, names: readonly string[]): void {
  for (const name of names) writer.opaque(1, textToOctets(name))
}

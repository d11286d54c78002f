import { octetsToText, textToOctets } from './octet-string.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** The only name type there is, RFC 6066 §3. */
const HOST_NAME = 0

/**
 * One name. RFC 6066 §3:
 *
 *     struct {
 *         NameType name_type;
 *         select (name_type) { case host_name: HostName; } name;
 *     } ServerName;
 *     opaque HostName<1..2^16-1>;
 *     struct { ServerName server_name_list<1..2^16-1> } ServerNameList;
 */
export interface ServerName {
  /** 0 is host_name. Other types are read as if they had the same shape, which RFC 6066 §3 leaves open. */
  readonly nameType: number
  /** One character a byte; of a well-kept client it is ASCII without a dot at the end. */
  readonly name: string
}

/** server_name of a ClientHello. A server acknowledges it with empty data. Throws `MalformedError`. */
export function decodeServerNameList(data: Uint8Array): readonly ServerName[] {
  const reader = new Reader(data, 'ServerNameList')
  const names = reader.vector(2, 'server_name_list', (inner) =>
    inner.list((item) => ({ nameType: item.u8('name_type'), name: octetsToText(item.opaque(2, 'name')) })),
  )
  reader.end()
  return names
}

/** A plain string is a host_name. */
export function encodeServerNameList(names: readonly (ServerName | string)[]): Uint8Array {
  return new Writer()
    .vector(2, (inner) => {
      for (const item of names) {
        const { nameType, name } = typeof item === 'string' ? { nameType: HOST_NAME, name: item } : item
        inner.u8(nameType).opaque(2, textToOctets(name))
      }
    })
    .done()
}

import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** supported_groups: `NamedGroup named_group_list<2..2^16-1>`, RFC 8446 §4.2.7, RFC 8422 §5.1.1. In the order of preference. */
export function decodeSupportedGroups(data: Uint8Array): readonly number[] {
  const reader = new Reader(data, 'NamedGroupList')
  const groups = reader.u16s(2, 'named_group_list')
  reader.end()
  return groups
}

export function encodeSupportedGroups(groups: readonly number[]): Uint8Array {
  return new Writer().u16s(2, groups).done()
}

/** ec_point_formats: `ECPointFormat ec_point_format_list<1..2^8-1>`, RFC 8422 §5.1.2. 0 is uncompressed. */
export function decodeEcPointFormats(data: Uint8Array): readonly number[] {
  const reader = new Reader(data, 'ECPointFormatList')
  const formats = reader.u8s(1, 'ec_point_format_list')
  reader.end()
  return formats
}

export function encodeEcPointFormats(formats: readonly number[]): Uint8Array {
  return new Writer().u8s(1, formats).done()
}

import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** certificate_authorities: `DistinguishedName authorities<3..2^16-1>`, RFC 8446 §4.2.4. Each is DER. */
export function decodeCertificateAuthorities(data: Uint8Array): readonly Uint8Array[] {
  const reader = new Reader(data, 'CertificateAuthoritiesExtension')
  const authorities = readDistinguishedNames(reader, 'authorities')
  reader.end()
  return authorities
}

export function encodeCertificateAuthorities(authorities: readonly Uint8Array[]): Uint8Array {
  return writeDistinguishedNames(new Writer(), authorities).done()
}

/** `opaque DistinguishedName<1..2^16-1>`, as many as there are. */
export function readDistinguishedNames(reader: Reader, field: string): readonly Uint8Array[] {
  return reader.vector(2, field, (inner) => inner.list((item) => item.opaque(2, 'distinguished_name')))
}

export function writeDistinguishedNames(writer: Writer, names: readonly Uint8Array[]): Writer {
  return writer.vector(2, (inner) => {
    for (const name of names) inner.opaque(2, name)
  })
}

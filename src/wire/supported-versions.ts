import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * supported_versions. RFC 8446 §4.2.1:
 *
 *     struct {
 *         select (Handshake.msg_type) {
 *             case client_hello: ProtocolVersion versions<2..254>;
 *             case server_hello: ProtocolVersion selected_version;
 *         };
 *     } SupportedVersions;
 */
export function decodeSupportedVersionsClientHello(data: Uint8Array): readonly number[] {
  const reader = new Reader(data, 'SupportedVersions')
  const versions = reader.u16s(1, 'versions')
  reader.end()
  return versions
}

/** In the client's order of preference. */
export function encodeSupportedVersionsClientHello(versions: readonly number[]): Uint8Array {
  return new Writer().u16s(1, versions).done()
}

/** The one version of a ServerHello or HelloRetryRequest, RFC 8446 §4.2.1. */
export function decodeSupportedVersionsServerHello(data: Uint8Array): number {
  const reader = new Reader(data, 'SupportedVersions')
  const version = reader.u16('selected_version')
  reader.end()
  return version
}

export function encodeSupportedVersionsServerHello(version: number): Uint8Array {
  return new Writer().u16(version).done()
}

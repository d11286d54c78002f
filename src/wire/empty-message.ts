import { Reader } from './reader.ts'

/**
 * Messages without a body: HelloRequest and ServerHelloDone (RFC 5246 §7.4.1.1 and §7.4.5), EndOfEarlyData (RFC 8446 §4.5).
 * `name` stands in the message of the `MalformedError` when there is a body.
 */
export function decodeEmptyMessage(body: Uint8Array, name: string): void {
  new Reader(body, name).end()
}

export function encodeEmptyMessage(): Uint8Array {
  return new Uint8Array(0)
}

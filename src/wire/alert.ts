import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/**
 * An alert. RFC 8446 §6 and RFC 5246 §7.2:
 *
 *     struct {
 *         AlertLevel level;
 *         AlertDescription description;
 *     } Alert;
 */
export interface Alert {
  /** 1 is warning, 2 is fatal. */
  readonly level: number
  readonly description: number
}

/** Reads the two bytes of one alert. Throws `MalformedError`. */
export function decodeAlert(bytes: Uint8Array): Alert {
  const reader = new Reader(bytes, 'Alert')
  const alert = { level: reader.u8('level'), description: reader.u8('description') }
  reader.end()
  return alert
}

export function encodeAlert(alert: Alert): Uint8Array {
  return new Writer().u8(alert.level).u8(alert.description).done()
}

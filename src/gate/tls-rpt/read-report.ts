import { gunzipSync } from 'node:zlib'
import { codeOf } from '../names/ask-udp.ts'
import { PosternError } from '../../errors.ts'
import { mailParts, type MailPart } from './mail-parts.ts'
import { parseReport, type TlsReport } from './report.ts'

/** A file with a report, or a mail with it: honest ones are a few kB. */
export const MOST_BYTES: number = 16 * 1024 * 1024
/** Unpacked. A few kB can be made to become any number of GB. */
const MOST_JSON = 16 * 1024 * 1024

/**
 * Reads the report in a file as it was received: JSON, JSON in gzip (RFC 8460 §5.1), or a mail that has either attached (RFC 8460 §5.3). `file` is how it is called
 * in errors. Errors: `TLS_REPORT_UNREADABLE`, `input`.
 */
export function readReport(bytes: Uint8Array, file: string): TlsReport {
  if (bytes.length > MOST_BYTES) throw unreadable(file, 'it is longer than 16 MB')
  const json = jsonIn(bytes, file) ?? jsonInMail(bytes, file)
  const report = parseReport(json)
  if (typeof report === 'string') throw unreadable(file, report)
  return report
}

/** Undefined where the bytes are neither JSON nor gzip. */
function jsonIn(bytes: Uint8Array, file: string): string | undefined {
  const [first, second] = bytes
  const gzip = first === 0x1f && second === 0x8b
  const text = new TextDecoder().decode(gzip ? unpacked(bytes, file) : bytes)
  return gzip || /^\s*[{[]/.test(text) ? text : undefined
}

function unpacked(bytes: Uint8Array, file: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_JSON })
  } catch (error) {
    throw unreadable(file, codeOf(error) === 'ERR_BUFFER_TOO_LARGE' ? 'unpacked it is longer than 16 MB' : 'its gzip is damaged')
  }
}

function jsonInMail(bytes: Uint8Array, file: string): string {
  const parts = mailParts(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'))
  const part = parts.find(isReport)
  const json = part === undefined ? undefined : jsonIn(part.content, file)
  if (json === undefined) throw unreadable(file, 'it is neither JSON nor gzip, nor a mail with a report attached')
  return json
}

/** Senders call it by its type, or by the name of its file. */
function isReport({ type, name }: MailPart): boolean {
  return /^application\/tlsrpt\+(?:gzip|json)$/.test(type) || /\.json(?:\.gz)?$/.test(name)
}

function unreadable(file: string, why: string): PosternError {
  return new PosternError('input', 'TLS_REPORT_UNREADABLE', `Cannot read ${file} as a TLS report: ${why}`, {
    remedy: 'Name a report as it was received: a .json or .json.gz file, or the whole mail.',
  })
}

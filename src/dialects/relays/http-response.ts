import { framingOf, type Framing } from './http-body.ts'
import { isFlaw, type Head } from './http-head.ts'

/** What has to be known of a response. */
export interface Response {
  readonly status: number
  readonly framing: Framing
}

/** RFC 9112 §4. */
const STATUS_LINE = /^HTTP\/1\.[01] ([1-5]\d\d)(?: .*)?$/

/** Undefined: a client could read it in another way than another, or not at all. `method`: what it answers. RFC 9112 §6.3. */
export function responseIn({ start, fields }: Head, method: string): Response | undefined {
  const [, code] = STATUS_LINE.exec(start) ?? []
  const framing = framingOf(fields) ?? { kind: 'until-close' }
  if (code === undefined || isFlaw(framing)) return undefined
  const status = Number(code)
  const isBare = method === 'HEAD' || status < 200 || status === 204 || status === 304
  return { status, framing: isBare ? { kind: 'none' } : framing }
}

import { decodeDer, DER_TAG, type DerElement, MalformedError, openDer } from '../wire/index.ts'

/** `[0] EXPLICIT ResponseBytes`, RFC 6960 §4.2.1. */
const RESPONSE_BYTES = 0xa0
const SUCCESSFUL = 0
/** CertStatus, RFC 6960 §4.2.1: good is an implicit NULL, revoked a structure, unknown an implicit NULL. */
const GOOD = 0x80
const REVOKED = 0xa1
const NEXT_UPDATE = 0xa0

/** What a stapled OCSPResponse says of the certificate at a time. Its signature is not checked. */
export function stapleStatus(response: Uint8Array, now: Date): 'good' | 'revoked' | 'expired' | 'unknown-status' {
  try {
    const single = singleResponse(response)
    if (single === undefined) return 'unknown-status'
    const next = single.find((part) => part.tag === NEXT_UPDATE)
    const [nextUpdate] = next === undefined ? [] : decodeDer(next.contents, 'nextUpdate')
    if (nextUpdate !== undefined && readTime(nextUpdate.contents) < now.getTime()) return 'expired'
    if (single.some((part) => part.tag === REVOKED)) return 'revoked'
    return single.some((part) => part.tag === GOOD) ? 'good' : 'unknown-status'
  } catch (error) {
    if (error instanceof MalformedError) return 'unknown-status'
    throw error
  }
}

/** The parts of the first SingleResponse: OCSPResponse, ResponseBytes, BasicOCSPResponse, ResponseData, responses. */
function singleResponse(response: Uint8Array): readonly DerElement[] | undefined {
  const [status, bytes] = openDer(response, 'OCSPResponse')
  if (status?.contents[0] !== SUCCESSFUL || bytes?.tag !== RESPONSE_BYTES) return undefined
  const basic = openDer(bytes.contents, 'ResponseBytes').find((part) => part.tag === DER_TAG.octetString)
  const [data] = basic === undefined ? [] : openDer(basic.contents, 'BasicOCSPResponse')
  // version and responderID are tagged: the only SEQUENCE of the data is the list of responses.
  const responses = data === undefined ? undefined : decodeDer(data.contents, 'ResponseData').find((part) => part.tag === DER_TAG.sequence)
  const [single] = responses === undefined ? [] : decodeDer(responses.contents, 'responses')
  return single === undefined ? undefined : decodeDer(single.contents, 'SingleResponse')
}

/** GeneralizedTime in UTC without fractions, RFC 5280 §4.1.2.5.2: milliseconds since 1970. */
function readTime(contents: Uint8Array): number {
  const text = String.fromCharCode(...contents)
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? []
  return year === undefined ? Number.NaN : Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

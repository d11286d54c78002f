import { createHash, type X509Certificate } from 'node:crypto'
import { DER_TAG, encodeDer } from '../../wire/index.ts'
import { certificateParts } from './ocsp-certificate.ts'

/** 1.3.14.3.2.26 with NULL: the hash that every responder knows, RFC 5019 §2.1.1. It protects nothing here. */
const SHA1 = Uint8Array.of(0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00)

/** A question for the state of one certificate, RFC 6960 §4.1.1, without a nonce: responders have their answers ready. */
export function ocspRequest(leaf: X509Certificate, issuer: X509Certificate): Uint8Array {
  const { subject, key } = certificateParts(issuer)
  const hash = (bytes: Uint8Array): Uint8Array => encodeDer(DER_TAG.octetString, createHash('sha1').update(bytes).digest())
  const certId = encodeDer(DER_TAG.sequence, [SHA1, hash(subject), hash(key), encodeDer(DER_TAG.integer, certificateParts(leaf).serial)])
  // OCSPRequest, TBSRequest, requestList, Request, CertID.
  return [1, 2, 3, 4].reduce((inner) => encodeDer(DER_TAG.sequence, inner), certId)
}

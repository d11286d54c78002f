import { registry, type Registry } from './open-code.ts'

export type ContentTypeName =
  'change_cipher_spec' | 'alert' | 'handshake' | 'application_data' | 'heartbeat' | 'tls12_cid' | 'ack' | 'return_routability_check'

/** TLS ContentType, RFC 8446 §5.1. */
export const contentType: Registry<ContentTypeName> = registry('TLS ContentType', 1, {
  change_cipher_spec: 20,
  alert: 21,
  handshake: 22,
  application_data: 23,
  heartbeat: 24,
  tls12_cid: 25,
  ack: 26,
  return_routability_check: 27,
})

import { describe } from 'node:test'
import { agrees } from './check.ts'

describe('an audit of Postfix', { concurrency: 2 }, () => {
  agrees('postfix', {
    why: 'weak on purpose: TLS 1.0 to 1.3, every suite, DH of 1024 bits, two certificates, its own order',
    settings: {
      protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
      ciphers: 'ALL',
      securityLevel: 0,
      dh: 'own-1024',
      groups: ['P-384', 'X25519'],
      order: 'server',
      certificates: ['rsa', 'ecdsa'],
    },
    doors: { smtp: 'smtp', smtps: 'smtps', submission: 'submission' },
    brute: 'smtps',
    protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
    order: 'server',
    list: 'ALL:@SECLEVEL=0',
    curves: ['secp384r1', 'x25519'],
    groups: ['secp384r1', 'x25519'],
    dh: { bits: 1024, prime: 'custom' },
  })

  agrees('postfix', {
    why: 'kept well: TLS 1.2 and 1.3, AEAD alone, the client chooses',
    settings: { protocols: ['TLSv1.2', 'TLSv1.3'], ciphers: 'ECDHE+AESGCM:ECDHE+CHACHA20', order: 'client' },
    doors: { smtp: 'smtp' },
    brute: 'smtps',
    protocols: ['TLSv1.2', 'TLSv1.3'],
    order: 'client',
    list: 'ECDHE+AESGCM:ECDHE+CHACHA20',
    dh: null,
  })
})

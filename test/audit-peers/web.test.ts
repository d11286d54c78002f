import { describe } from 'node:test'
import { agrees } from './check.ts'

describe('an audit of web servers and proxies', { concurrency: 2 }, () => {
  agrees('nginx', {
    why: 'every suite on the web and mail doors, a hole in the versions',
    settings: {
      protocols: ['TLSv1', 'TLSv1.2', 'TLSv1.3'],
      ciphers: 'ALL',
      securityLevel: 0,
      dh: 'ffdhe2048',
      order: 'server',
      certificates: ['rsa', 'ecdsa'],
      groups: ['X448', 'P-256', 'X25519'],
    },
    doors: { https: 'https', smtp: 'smtp', imap: 'imap', pop3: 'pop3', imaps: 'imaps' },
    brute: 'https',
    protocols: ['TLSv1', 'TLSv1.2', 'TLSv1.3'],
    order: 'server',
    list: 'ALL:@SECLEVEL=0',
    curves: ['x448', 'secp256r1', 'x25519'],
    groups: ['x448', 'secp256r1', 'x25519'],
    dh: { bits: 2048, prime: 'ffdhe2048' },
  })

  agrees('nginx', {
    why: 'TLS 1.3 alone, with one suite',
    settings: { protocols: ['TLSv1.3'], ciphersuites: 'TLS_AES_128_GCM_SHA256', certificates: ['ed25519'] },
    doors: { https: 'https' },
    brute: 'https',
    protocols: ['TLSv1.3'],
    order: 'client',
    oneSuite: ['TLSv1.3'],
    dh: null,
  })

  agrees('haproxy', {
    why: 'settles the certificate before the suite, and has ECDSA for TLS 1.2 alone',
    settings: {
      protocols: ['TLSv1.1', 'TLSv1.2'],
      ciphers: 'kDHE:kECDHE',
      securityLevel: 0,
      dh: 'own-1024',
      certificates: ['rsa', 'ecdsa'],
      order: 'client',
    },
    doors: { https: 'https' },
    brute: 'https',
    protocols: ['TLSv1.1', 'TLSv1.2'],
    order: 'client',
    dh: { bits: 1024, prime: 'custom' },
  })

  agrees('stunnel', {
    why: 'an order of its own in front of plain backends',
    settings: {
      protocols: ['TLSv1', 'TLSv1.2'],
      ciphers: 'AES128:AES256:CAMELLIA',
      securityLevel: 0,
      order: 'server',
      dh: 'modp2048',
      groups: ['P-521', 'P-256'],
    },
    doors: { tls: 'tls', smtp: 'smtp', imap: 'imap', pop3: 'pop3' },
    brute: 'tls',
    protocols: ['TLSv1', 'TLSv1.2'],
    order: 'server',
    list: 'AES128:AES256:CAMELLIA:@SECLEVEL=0',
    curves: ['secp521r1', 'secp256r1'],
    dh: { bits: 2048, prime: 'RFC 3526 group 14' },
  })
})

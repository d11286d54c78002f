import { describe } from 'node:test'
import { agrees } from './check.ts'

describe('an audit of TLS stacks', { concurrency: 2 }, () => {
  agrees('openssl', {
    why: 's_server: one client after the other, the client chooses',
    settings: {
      protocols: ['TLSv1.2', 'TLSv1.3'],
      ciphers: 'ALL',
      securityLevel: 0,
      groups: ['P-256', 'ffdhe3072', 'X25519'],
      dh: 'own-1024',
      certificates: ['rsa', 'ecdsa'],
    },
    doors: { tls: 'tls' },
    brute: 'tls',
    protocols: ['TLSv1.2', 'TLSv1.3'],
    order: 'client',
    list: 'ALL:@SECLEVEL=0',
    dh: { bits: 1024, prime: 'custom' },
  })
  agrees('gnutls', {
    why: 'NULL and anonymous suites, DH of its own for clients without RFC 7919',
    settings: {
      ciphers: 'NORMAL:+NULL:+ANON-ECDH:+ANON-DH',
      protocols: ['TLSv1.1', 'TLSv1.2'],
      dh: 'own-1024',
      certificates: ['rsa', 'ecdsa'],
    },
    doors: { tls: 'tls' },
    brute: 'tls',
    protocols: ['TLSv1.1', 'TLSv1.2'],
    order: 'client',
    dh: { bits: 1024, prime: 'custom' },
  })
  agrees('node8', {
    why: 'OpenSSL 1.0.2',
    settings: { ciphers: 'ALL:!aNULL', dh: 'own-1024' },
    doors: { tls: 'tls', smtp: 'smtp' },
    brute: 'tls',
    protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2'],
    order: 'server',
    dh: { bits: 1024, prime: 'custom' },
  })
  for (const name of ['node12', 'node16', 'node20', 'node24'] as const) {
    agrees(name, {
      why: 'OpenSSL 1.1.1 to 3.5',
      settings: {
        protocols: ['TLSv1', 'TLSv1.2', 'TLSv1.3'],
        ciphers: 'ALL:!aNULL',
        securityLevel: 0,
        dh: 'own-2048',
        groups: ['P-384', 'X25519'],
        order: 'server',
      },
      doors: { tls: 'tls', imap: 'imap' },
      brute: 'tls',
      protocols: ['TLSv1', 'TLSv1.2', 'TLSv1.3'],
      order: 'server',
      curves: ['secp384r1', 'x25519'],
      groups: ['secp384r1', 'x25519'],
      dh: { bits: 2048, prime: 'custom' },
    })
  }
})

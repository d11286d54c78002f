import { describe } from 'node:test'
import { agrees } from './check.ts'

describe('an audit of the libraries behind lighttpd, and of selfserv', { concurrency: 6 }, () => {
  agrees('lighttpdOpenssl', {
    why: 'OpenSSL',
    settings: { ciphers: 'HIGH', protocols: ['TLSv1.2', 'TLSv1.3'] },
    doors: { https: 'https' },
    brute: 'https',
    protocols: ['TLSv1.2', 'TLSv1.3'],
    order: 'client',
    dh: { bits: 2048, prime: 'RFC 3526 group 14' },
  })
  agrees('lighttpdGnutls', {
    why: 'GnuTLS',
    settings: {},
    doors: { https: 'https' },
    brute: 'https',
    protocols: ['TLSv1.2', 'TLSv1.3'],
    order: 'client',
    dh: { bits: 2048, prime: 'ffdhe2048' },
  })
  agrees('lighttpdMbedtls', {
    why: 'mbedTLS',
    settings: { ciphers: 'HIGH' },
    doors: { https: 'https' },
    brute: 'https',
    protocols: ['TLSv1.2'],
    order: 'server',
    dh: { bits: 2048, prime: 'RFC 3526 group 14' },
  })
  agrees('lighttpdNss', {
    why: 'NSS, silent to hellos in SSLv2 format',
    settings: { ciphers: 'HIGH', protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2'] },
    doors: { https: 'https' },
    brute: 'https',
    protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2'],
    order: 'server',
    dh: { bits: 2048, prime: 'ffdhe2048' },
  })
  agrees('lighttpdWolfssl', {
    why: 'wolfSSL, which reads 150 suites and 19 signature schemes, and breaks off when asked for a staple',
    settings: {},
    doors: { https: 'https' },
    brute: 'https',
    protocols: ['TLSv1.2', 'TLSv1.3'],
    order: 'server',
    dh: { bits: 2048, prime: 'ffdhe2048' },
  })
  agrees('nss', {
    why: 'selfserv with SSLv3, RC4 and 3DES, silent to hellos in SSLv2 format',
    settings: { versions: ['ssl3', 'tls1.2'], suites: [0x0005, 0x000a, 0x002f, 0x0033, 0xc013, 0xc02f], dhe: 'any' },
    doors: { tls: 'tls' },
    brute: 'tls',
    protocols: ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2'],
    order: 'server',
    dh: { bits: 2048, prime: 'ffdhe2048' },
  })
})

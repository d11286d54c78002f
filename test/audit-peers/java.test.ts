import { agrees } from './check.ts'

agrees('jsse', {
  why: 'SSLv3, hellos in SSLv2 format, EXPORT suites, keys of every kind',
  settings: {
    versions: ['SSLv2Hello', 'SSLv3', 'TLSv1', 'TLSv1.2'],
    ciphers: 'all',
    dhKeySize: 'legacy',
    certificates: ['rsa', 'ecdsa', 'dsa'],
  },
  doors: { tls: 'tls' },
  brute: 'tls',
  protocols: ['SSLv3', 'TLSv1', 'TLSv1.2'],
  order: 'server',
  dh: { bits: 512, prime: 'JSSE export 512' },
  unknown: { recordSplitting: 'JSSE leaves the first record whole, and this server answers once' },
})
agrees('tomcat', {
  why: 'TLS 1.2 and 1.3 on one door, TLS 1.0 with hellos in SSLv2 format on the other',
  settings: { versions: ['TLSv1.2', 'TLSv1.3'], ciphers: 'ECDHE+AESGCM:DHE+AESGCM', order: 'server' },
  doors: { https: 'https' },
  brute: 'https',
  protocols: ['TLSv1.2', 'TLSv1.3'],
  order: 'server',
  dh: { bits: 2048, prime: 'ffdhe2048' },
  unknown: { clientRenegotiation: 'Tomcat’s NIO connector says nothing to a hello in the middle' },
})

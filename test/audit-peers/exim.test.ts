import { agrees } from './check.ts'

agrees('exim', {
  why: 'keeps each connection for half a second after a refusal, and takes twenty at most; GnuTLS makes it ignore its DH parameters',
  settings: { dh: 'own-2048' },
  doors: { smtps: 'smtps', smtp: 'smtp' },
  brute: 'smtps',
  parallel: 18,
  lingers: true,
  candidates: 'gnutls',
  protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
  order: 'client',
  dh: { bits: 2048, prime: 'ffdhe2048' },
})

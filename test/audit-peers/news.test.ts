import { agrees } from './check.ts'

agrees('inn', {
  why: 'news, with a hole in the versions',
  settings: { protocols: ['TLSv1', 'TLSv1.3'], ciphers: 'kRSA:kECDHE', securityLevel: 0, groups: ['P-384'], order: 'server' },
  doors: { nntp: 'nntp', nntps: 'nntps' },
  brute: 'nntps',
  candidates: 'openssl',
  protocols: ['TLSv1', 'TLSv1.3'],
  order: 'server',
  list: 'kRSA:kECDHE:@SECLEVEL=0',
  curves: ['secp384r1'],
  groups: ['secp384r1'],
  dh: null,
})

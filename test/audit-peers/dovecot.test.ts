import { agrees } from './check.ts'

agrees('dovecot', {
  why: 'closes for refusals and for breakdowns: DHE suites in its list, but no DH parameters',
  settings: { protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'], ciphers: 'ALL', securityLevel: 0, order: 'server' },
  doors: { imap: 'imap', imaps: 'imaps', pop3: 'pop3', sieve: 'sieve', lmtp: 'lmtp' },
  brute: 'imaps',
  candidates: 'openssl',
  protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
  order: 'server',
  list: 'ALL:@SECLEVEL=0',
  dh: null,
})

agrees('dovecot', {
  why: 'DH parameters of 3072 bits, one curve; a process for each client, as Debian has it',
  settings: {
    protocols: ['TLSv1.2', 'TLSv1.3'],
    ciphers: 'kDHE+AES:kECDHE+AES',
    dh: 'ffdhe3072',
    groups: ['P-521'],
    order: 'client',
    more: 'service pop3-login {\n  service_count = 1\n}',
  },
  doors: { pop3s: 'pop3s' },
  brute: 'pop3s',
  candidates: 'openssl',
  protocols: ['TLSv1.2', 'TLSv1.3'],
  order: 'client',
  list: 'kDHE+AES:kECDHE+AES',
  curves: ['secp521r1'],
  groups: ['secp521r1'],
  dh: { bits: 3072, prime: 'ffdhe3072' },
})

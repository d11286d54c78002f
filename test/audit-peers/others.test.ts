import { agrees } from './check.ts'

agrees('slapd', {
  why: 'the defaults of GnuTLS, closed without an alert',
  settings: {},
  doors: { ldap: 'ldap', ldaps: 'ldaps' },
  brute: 'ldaps',
  protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
  order: 'client',
  dh: { bits: 2048, prime: 'ffdhe2048' },
})
agrees('inspircd', {
  why: 'RSA and ECDHE on IRC',
  settings: { ciphers: 'NORMAL:-KX-ALL:+RSA:+ECDHE-RSA', protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2'], lookUp: false },
  doors: { irc: 'irc', ircs: 'ircs' },
  brute: 'ircs',
  protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2'],
  order: 'client',
  mayGoWithoutGoodbye: true,
  dh: null,
})
agrees('prosody', {
  why: 'for clients and servers',
  settings: {
    protocols: ['TLSv1.1', 'TLSv1.2'],
    ciphers: 'kDHE:kECDHE',
    securityLevel: 0,
    groups: ['P-384', 'P-256'],
    dh: 'ffdhe2048',
    order: 'server',
  },
  doors: { c2s: 'xmpp', s2s: 'xmpp-server' },
  brute: 'c2s',
  preamble: [
    {
      send: `<stream:stream to='mail.example.test' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`,
      until: /<\/stream:features>/,
    },
    { send: `<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`, until: /<proceed/ },
  ],
  protocols: ['TLSv1.1', 'TLSv1.2'],
  order: 'server',
  list: 'kDHE:kECDHE:@SECLEVEL=0',
  curves: ['secp384r1', 'secp256r1'],
  dh: { bits: 2048, prime: 'ffdhe2048' },
})
agrees('prosody', {
  why: 'for clients with TLS at once, where its DH parameters do not count',
  settings: { protocols: ['TLSv1.2', 'TLSv1.3'], ciphers: 'kECDHE:kDHE', dh: 'ffdhe2048', order: 'server' },
  doors: { c2sDirect: 'xmpps' },
  brute: 'c2sDirect',
  protocols: ['TLSv1.2', 'TLSv1.3'],
  order: 'server',
  dh: null,
})
agrees('postgresql', {
  why: 'TLS behind one byte',
  settings: {
    protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2'],
    ciphers: 'ALL:!aNULL',
    securityLevel: 0,
    dh: 'own-2048',
    groups: ['P-384'],
    order: 'server',
  },
  doors: { postgresql: 'postgres' },
  brute: 'postgresql',
  preamble: [{ send: '\0\0\0\x08\x04\xd2\x16\x2f', until: /^S/ }],
  protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2'],
  order: 'server',
  list: 'ALL:!aNULL:@SECLEVEL=0',
  curves: ['secp384r1'],
  dh: { bits: 2048, prime: 'custom' },
  unknown: { recordSplitting: 'nothing can be asked before a log-in' },
})
agrees('mariadb', {
  why: 'TLS behind a greeting',
  settings: { protocols: ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'], ciphers: 'AES128-SHA:ECDHE-RSA-AES256-GCM-SHA384', securityLevel: 0 },
  doors: { mysql: 'mysql' },
  brute: 'mysql',
  // SSLRequest with CLIENT_SSL, CLIENT_PROTOCOL_41 and CLIENT_SECURE_CONNECTION.
  preamble: [
    { send: '', until: /^.{4}/s },
    { send: Buffer.from(`20000001008a00000000000121${'00'.repeat(23)}`, 'hex').toString('latin1') },
  ],
  protocols: ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
  order: 'client',
  oneSuite: ['TLSv1.1'],
  list: 'AES128-SHA:ECDHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0',
  dh: null,
})
agrees('vsftpd', {
  why: 'RSA and one curve on FTP',
  settings: { ciphers: 'kRSA:kECDHE', securityLevel: 0 },
  doors: { ftp: 'ftp', ftps: 'ftps' },
  brute: 'ftps',
  candidates: 'openssl',
  protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
  order: 'client',
  list: 'kRSA:kECDHE:@SECLEVEL=0',
  curves: ['secp256r1'],
  groups: ['secp256r1'],
  dh: null,
})

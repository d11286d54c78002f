import { resolveCipherList } from '../../ciphers/resolve.ts'
import { parseGnutlsPriority } from '../../ciphers/gnutls.ts'
import { expand } from '../../expand.ts'
import type { CataloguedServer } from './peer.ts'
import { UP_TO_TLS_1_0, UP_TO_TLS_1_3 } from './versions.ts'

const RSA = [{ keyType: 'RSA', keyBits: 2048 }] as const

const OLD_OPENSSL: CataloguedServer = {
  name: 'A server with OpenSSL 0.9.8 (RHEL 5, old appliances)',
  uses: ['smtp', 'mail'],
  server: {
    stack: 'specification',
    versions: UP_TO_TLS_1_0,
    suites: [
      ...expand('TLS_{DHE_RSA,RSA}_WITH_{AES_256_CBC_SHA,AES_128_CBC_SHA,3DES_EDE_CBC_SHA}'),
      ...expand('TLS_RSA_WITH_{RC4_128_SHA,RC4_128_MD5}'),
    ],
    groups: [],
    order: 'client',
    certificates: RSA,
    dh: 1024,
  },
  certainty: 'documented',
  sources: ['https://github.com/openssl/openssl/blob/OpenSSL_0_9_8zh/ssl/ssl.h'],
  note: 'DHE with 1024 bits, as most programs had it.',
}

/** Other people’s mail servers with the settings that they come with. Cipher lists are resolved here. */
export function mailServers(): readonly CataloguedServer[] {
  return [OLD_OPENSSL, postfix(), exim()]
}

function postfix(): CataloguedServer {
  const { suites } = resolveCipherList('aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH', { generation: '3.0', securityLevel: 0 })
  return {
    name: 'Postfix 3.7 of Debian 12',
    uses: ['smtp', 'mail'],
    server: {
      stack: 'openssl-3.0',
      versions: UP_TO_TLS_1_3,
      suites: suites.map(({ iana }) => iana),
      groups: ['x25519', 'x448', 'secp256r1', 'secp521r1', 'secp384r1'],
      securityLevel: 0,
      order: 'client',
      certificates: RSA,
      dh: 2048,
    },
    certainty: 'documented',
    sources: [
      'https://www.postfix.org/postconf.5.html#smtpd_tls_protocols',
      'https://www.postfix.org/postconf.5.html#tls_medium_cipherlist',
    ],
  }
}

function exim(): CataloguedServer {
  const { protocols, suites, groups, signatureSchemes } = parseGnutlsPriority('NORMAL')
  return {
    name: 'Exim 4.96 of Debian 12',
    uses: ['smtp', 'mail'],
    server: {
      stack: 'gnutls-3.7',
      versions: protocols,
      suites: suites.map(({ iana }) => iana),
      groups,
      signatureSchemes,
      order: 'client',
      certificates: RSA,
      dh: 2048,
    },
    certainty: 'inferred',
    sources: ['https://www.exim.org/exim-html-current/doc/html/spec_html/ch-encrypted_smtp_connections_using_tlsssl.html'],
    note: 'Debian builds it with GnuTLS, whose own settings it uses.',
  }
}

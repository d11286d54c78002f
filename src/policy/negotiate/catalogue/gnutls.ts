import { parseGnutlsPriority } from '../../ciphers/gnutls.ts'
import type { CataloguedClient } from './peer.ts'

const PRIORITIES = 'https://gnutls.org/manual/html_node/Priority-Strings.html'

/** Programs with GnuTLS. */
export function gnutlsClients(): readonly CataloguedClient[] {
  const { protocols, suites, groups, signatureSchemes } = parseGnutlsPriority('NORMAL')
  const client: CataloguedClient['client'] = {
    stack: 'gnutls-3.7',
    versions: protocols,
    suites: suites.map(({ iana }) => iana),
    groups,
    signatureSchemes,
  }
  return [
    {
      name: 'GnuTLS 3.7 (wget, msmtp and others of Debian 12)',
      uses: ['web', 'mail', 'ftp'],
      client,
      certainty: 'measured',
      sources: [PRIORITIES],
    },
    {
      name: 'Exim 4.96 of Debian 12, delivering',
      uses: ['smtp'],
      client,
      certainty: 'inferred',
      sources: ['https://www.exim.org/exim-html-current/doc/html/spec_html/ch-encrypted_smtp_connections_using_tlsssl.html', PRIORITIES],
      note: 'Debian builds it with GnuTLS, whose own settings it uses. Where a handshake fails it delivers in plain text, unless it is told not to.',
    },
    {
      name: 'FileZilla',
      uses: ['ftp'],
      client,
      certainty: 'inferred',
      sources: ['https://wiki.filezilla-project.org/FTP_over_TLS', PRIORITIES],
      note: 'It brings a GnuTLS of its own; taken to be as GnuTLS 3.7 with its usual settings.',
      more: ['suites'],
    },
  ]
}

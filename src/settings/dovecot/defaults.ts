import type { DefaultRow } from '../versions.ts'

/** Taken where a file does not tell: 2.4 has to begin with its version, 2.3 knows no such line. */
export const NEWEST_2_3 = '2.3.21'

const LIST = 'ALL:!kRSA:!SRP:!kDHd:!DSS:!aNULL:!eNULL:!EXPORT:!DES:!3DES:!MD5:!PSK:!RC4:!ADH:!LOW@STRENGTH'
const source = (version: string): string =>
  version === '2.4.0'
    ? 'https://github.com/dovecot/core/blob/2.4.0/src/lib-ssl-iostream/ssl-settings.c'
    : `https://github.com/dovecot/core/blob/${version}/src/lib-master/master-service-ssl-settings.c`
const row = (setting: string, value: string, since: string, version = since): DefaultRow => ({
  setting,
  value,
  since,
  source: source(version),
})

export const DOVECOT_DEFAULTS: readonly DefaultRow[] = [
  row('ssl', 'yes', '', '2.3.0'),
  row('ssl_min_protocol', 'TLSv1', '', '2.3.0'),
  row('ssl_min_protocol', 'TLSv1.2', '2.3.15'),
  row('ssl_min_protocol', 'TLSv1.2', '2.4.0'),
  row('ssl_cipher_list', LIST, '', '2.3.0'),
  row('ssl_cipher_list', LIST, '2.4.0'),
  row('ssl_cipher_suites', '', '', '2.3.15'),
  row('ssl_curve_list', '', '', '2.3.0'),
  row('ssl_prefer_server_ciphers', 'no', '', '2.3.0'),
  row('ssl_server_prefer_ciphers', 'client', '2.4.0'),
  row('ssl_dh', '', '', '2.3.0'),
  row('ssl_server_dh_file', '', '2.4.0'),
]

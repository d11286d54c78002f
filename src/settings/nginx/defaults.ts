import type { DefaultRow } from '../versions.ts'

/** The newest version that the rows below were read for. */
export const NEWEST = '1.29'

const source = (version: string): string => `https://github.com/nginx/nginx/blob/release-${version}/src/http/modules/ngx_http_ssl_module.c`
const row = (setting: string, value: string, since: string, version = since): DefaultRow => ({
  setting,
  value,
  since,
  source: source(version),
})

export const NGINX_DEFAULTS: readonly DefaultRow[] = [
  row('ssl_protocols', 'SSLv3 TLSv1 TLSv1.1 TLSv1.2', '', '1.9.0'),
  row('ssl_protocols', 'TLSv1 TLSv1.1 TLSv1.2', '1.9.1'),
  row('ssl_protocols', 'TLSv1 TLSv1.1 TLSv1.2 TLSv1.3', '1.23.4'),
  row('ssl_protocols', 'TLSv1.2 TLSv1.3', '1.27.3'),
  row('ssl_ciphers', 'HIGH:!aNULL:!MD5', '', '1.9.0'),
  row('ssl_prefer_server_ciphers', 'off', '', '1.9.0'),
  row('ssl_ecdh_curve', 'prime256v1', '', '1.9.0'),
  row('ssl_ecdh_curve', 'auto', '1.11.0'),
]

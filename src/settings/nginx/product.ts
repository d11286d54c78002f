import type { Product } from '../adapter.ts'

/** nginx: the servers of http, mail and stream, with what they inherit and include. */
export const nginxProduct: Product = {
  product: 'nginx',
  title: 'nginx',
  places: ['/etc/nginx/nginx.conf', '/usr/local/nginx/conf/nginx.conf', '/usr/local/etc/nginx/nginx.conf'],
  recognises: (file) => {
    if (/(?:^|[/\\])nginx\.conf$/.test(file.path)) return 1
    return /^[ \t]*(?:http|mail|stream|server)\s*\{/m.test(file.text) && /^[ \t]*(?:listen|ssl_\w+|server_name)\s[^;]*;/m.test(file.text)
      ? 0.9
      : 0
  },
}

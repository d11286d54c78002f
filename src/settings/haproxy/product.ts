import type { Product } from '../adapter.ts'

/** HAProxy: bind lines as servers and server lines as clients, with the defaults of `global`. */
export const haproxyProduct: Product = {
  product: 'haproxy',
  title: 'HAProxy',
  places: ['/etc/haproxy/haproxy.cfg', '/usr/local/etc/haproxy/haproxy.cfg'],
  recognises: (file) => {
    if (/(?:^|[/\\])haproxy\.cfg$/.test(file.path)) return 1
    return /^(?:frontend|backend|listen)\s+\S/m.test(file.text) && /^[ \t]*(?:bind|server)\s+\S/m.test(file.text) ? 0.9 : 0
  },
}

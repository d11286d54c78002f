import { tls } from '../../dialects/index.ts'
import { suiteByCode } from '../../registry/index.ts'
import type { HelloProtocol } from '../hello.ts'
import type { Known } from '../server.ts'

/** Up to TLS 1.2: one suite of every usual kind. */
const OLD: readonly number[] = [0xc02f, 0xc013, 0x009e, 0x009c, 0x002f, 0x0005]
const TLS13: readonly number[] = [0x1302, 0x1303, 0x1301]

/** What is known of a server with these protocols, newest first, and these suites up to TLS 1.2. */
export function known(protocols: readonly HelloProtocol[], old: readonly number[] = OLD): Known {
  const codes = (protocol: HelloProtocol): readonly number[] => (protocol === 'TLSv1.3' ? TLS13 : old)
  return {
    protocols,
    suites: (protocol) => {
      const suites = protocols.includes(protocol) ? codes(protocol).map((code) => suiteByCode(code)) : []
      return suites.filter((suite) => suite !== undefined)
    },
    tls13Groups: [0x001d, 0x0017, 0x0018],
    dialect: tls,
    beginning: 'implicit',
    serverName: 'hostile.example',
    order: () => 'server',
  }
}

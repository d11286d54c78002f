/** How many connections a proof takes of servers that keep to a policy, by server and rulebook: `npm run bench:prove`. Takes a few minutes. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tls, dialectByName } from '../src/dialects/index.ts'
import { RULEBOOKS } from '../src/policy/index.ts'
import { SERVER_NAME, startPeer, type Peer } from '../test/peers/index.ts'
import { identity, openFront } from '../test/gate/tls-front.ts'
import { forgiving, policyNamed, proveAt, testTrust, withoutCertificates } from '../test/proved.ts'

const RESULTS = join(fileURLToPath(import.meta.url), '../results/prove.md')
const CIPHERS = ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305']
  .flatMap((rest) => [`ECDHE-ECDSA-${rest}`, `ECDHE-RSA-${rest}`])
  .join(':')
const PRIORITY =
  'NORMAL:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:-KX-ALL:+ECDHE-RSA:+ECDHE-ECDSA:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1'
const JSSE = ['AES_128_GCM_SHA256', 'AES_256_GCM_SHA384'].flatMap((rest) => [
  `TLS_${rest}`,
  `TLS_ECDHE_RSA_WITH_${rest}`,
  `TLS_ECDHE_ECDSA_WITH_${rest}`,
])
const CURVES = ['X25519', 'prime256v1', 'secp384r1'] as const

type Versions = readonly ('TLSv1.2' | 'TLSv1.3')[]

type Started = Pick<Peer, 'doors' | 'stop'>

/** What is proved: a server, its door, and how it is started with these versions, or for this rulebook. */
const SERVERS: readonly (readonly [name: string, door: string, start: (protocols: Versions, rulebook: string) => Promise<Started>])[] = [
  ['OpenSSL, RSA', 'tls', (protocols) => startPeer('openssl', { ...fine(protocols) })],
  ['OpenSSL, ECDSA', 'tls', (protocols) => startPeer('openssl', { ...fine(protocols), certificates: ['ecdsa'] })],
  ['OpenSSL, both', 'tls', (protocols) => startPeer('openssl', { ...fine(protocols), certificates: ['rsa', 'ecdsa'] })],
  [
    'OpenSSL, both, server chooses',
    'tls',
    (protocols) => startPeer('openssl', { ...fine(protocols), certificates: ['rsa', 'ecdsa'], order: 'server' }),
  ],
  ['nginx, both', 'https', (protocols) => startPeer('nginx', { ...fine(protocols), certificates: ['rsa', 'ecdsa'] })],
  ['Postfix, both', 'smtp', (protocols) => startPeer('postfix', { ...fine(protocols), certificates: ['rsa', 'ecdsa'] })],
  ['postern gate, both', 'tls', (_, rulebook) => gate(rulebook)],
  ['stunnel, RSA', 'tls', (protocols) => startPeer('stunnel', { ...fine(protocols) })],
  ['HAProxy, RSA', 'https', (protocols) => startPeer('haproxy', { ...fine(protocols) })],
  ['HAProxy, both', 'https', (protocols) => startPeer('haproxy', { ...fine(protocols), certificates: ['rsa', 'ecdsa'] })],
  ['GnuTLS, RSA', 'tls', (protocols) => startPeer('gnutls', { protocols, ciphers: PRIORITY, chain: 'full' })],
  [
    'Java, RSA',
    'tls',
    (protocols) =>
      startPeer('jsse', { versions: protocols, ciphers: JSSE.join(','), groups: ['x25519', 'secp256r1', 'secp384r1'], strict: true }),
  ],
  ['lighttpd with OpenSSL, RSA', 'https', (protocols) => startPeer('lighttpdOpenssl', { ...fine(protocols) })],
  ['Dovecot, RSA (refuses by closing)', 'imaps', (protocols) => startPeer('dovecot', { ...fine(protocols) })],
]

async function gate(rulebook: string): Promise<Started> {
  const policy = withoutCertificates(policyNamed(rulebook))
  const { port, stop } = await openFront({ policy, identities: [await identity(['rsa', 'ecdsa'])] })
  return { doors: { tls: port }, stop }
}

function fine(protocols: Versions) {
  return { protocols, ciphers: CIPHERS, groups: CURVES, chain: 'full' } as const
}

const trust = await testTrust()
const rows: string[] = []
/** What is broken, by server and rulebook: the policies are wide enough for what these servers have, and not for what one lacks. */
const broken = new Set<string>()
for (const [name, door, start] of SERVERS) {
  const cells: string[] = []
  for (const rulebook of RULEBOOKS) {
    const peer = await start(rulebook.name === 'mozilla-modern' ? ['TLSv1.3'] : ['TLSv1.2', 'TLSv1.3'], rulebook.name)
    try {
      const doors: Readonly<Record<string, number>> = peer.doors
      const at = { port: doors[door] ?? 0, name: SERVER_NAME, dialect: door === 'smtp' ? (dialectByName('smtp') ?? tls) : tls }
      const costs: string[] = []
      for (const twice of [false, true]) {
        const { keeps, cost, checks } = await proveAt(at, forgiving(policyNamed(rulebook.name)), {
          trust,
          twice,
          patience: 10_000,
          timeout: 60_000,
        })
        for (const { verdict, fact, rule } of checks) {
          if (verdict === 'broken') broken.add(`- ${name}, ${rulebook.name}: ${fact} The rule: ${rule}.`)
        }
        costs.push(`${cost.connections}${keeps === 'yes' ? '' : ` (${keeps})`}`)
      }
      cells.push(costs.join(' / '))
    } finally {
      await peer.stop()
    }
  }
  process.stderr.write(`${name}: ${cells.join(', ')}\n`)
  rows.push(`| ${[name, ...cells].join(' | ')} |`)
}

const page = [
  '# postern prove: how many connections',
  '',
  'Servers that keep to each rulebook, as far as this machine has them; the rulebook is widened where all of them would break it. In front what a proof takes, behind the stroke with `--twice`. By `npm run bench:prove`.',
  '',
  'Of the libraries that lighttpd may have, OpenSSL alone can be told which suites and groups to leave out. Java has no TLS_FALLBACK_SCSV, and NIST SP 800-52r2 is asked here as if TLS 1.3 were missing: rules have no conditions.',
  '',
  `| server | ${RULEBOOKS.map(({ name }) => name).join(' | ')} |`,
  `| --- |${' ---: |'.repeat(RULEBOOKS.length)}`,
  ...rows,
  '',
  ...(broken.size === 0 ? [] : ['What is behind each `no`:', '', ...broken, '']),
].join('\n')
process.stdout.write(page)
writeFileSync(RESULTS, page)

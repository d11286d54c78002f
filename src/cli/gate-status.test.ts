import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { GateStatus, ServiceSnapshot } from '../gate/index.ts'
import { printStatus } from './gate-status.ts'
import type { Terminal } from './terminal.ts'

const NOW = new Date('2027-03-01T12:00:00Z')
const MINUTE = NOW.getTime() / 60_000
const terminal: Terminal = {
  out: () => undefined,
  err: () => undefined,
  interactive: false,
  colour: false,
  columns: 110,
  cwd: '/',
  env: {},
}

const ESCAPE = '\u001b'

const NOTHING: ServiceSnapshot = {
  open: 0,
  connections: 0,
  crowded: {},
  hellos: {},
  negotiated: {},
  resumed: 0,
  failed: {},
  handshakeSeconds: { counts: [], sum: 0 },
  bytes: { in: 0, out: 0 },
  ended: {},
  unreached: 0,
  refusedLately: {},
  refusedClients: {},
}

const STATUS: GateStatus = {
  version: '0.1.0',
  pid: 4242,
  started: '2027-02-26T12:00:00.000Z',
  state: 'running',
  configuration: { file: '/etc/postern/postern.yaml', generation: 3, loaded: '2027-03-01T11:20:00.000Z', failures: 1, later: [] },
  services: [
    {
      name: 'mx',
      place: '0.0.0.0:25',
      dialect: 'smtp',
      tls: 'starttls',
      policy: 'mozilla-intermediate',
      stage: 'observe',
      backends: [
        { place: '10.0.0.1:25', up: true, since: '2027-02-26T12:00:00.000Z' },
        { place: '10.0.0.2:25', up: false, since: '2027-03-01T11:58:00.000Z', lastError: 'connect ECONNREFUSED \u001b[31m' },
      ],
    },
    {
      name: 'imaps',
      place: '0.0.0.0:993',
      dialect: 'imap',
      tls: 'implicit',
      policy: 'mozilla-intermediate',
      stage: 'refuse',
      backends: [{ place: '10.0.0.1:143', up: true, since: '2027-02-26T12:00:00.000Z' }],
    },
  ],
  certificates: [
    { identity: 'mail', file: '/etc/ssl/rsa.pem', notAfter: '2027-04-30T12:00:00.000Z', warnings: [] },
    { identity: 'mail', file: '/etc/ssl/ecdsa.pem', notAfter: '2027-02-28T12:00:00.000Z', warnings: [] },
  ],
  log: { dropped: 2, messagesDropped: 1 },
  counts: {
    services: {
      mx: {
        ...NOTHING,
        open: 12,
        connections: 40_210,
        negotiated: {
          'TLSv1.3 TLS_AES_128_GCM_SHA256 X25519': 9990,
          'TLSv1.3 TLS_AES_256_GCM_SHA384 X25519': 5,
          'TLSv1.1 TLS_RSA_WITH_AES_128_CBC_SHA -': 5,
        },
        bytes: { in: 1_234_567_890, out: 4321 },
        refusedLately: {
          [MINUTE - 59]: { 'observe version': 3 },
          [MINUTE]: { 'observe version': 1, 'observe suites': 2 },
          [MINUTE - 70]: { 'observe version': 1000 },
        },
        refusedClients: Object.fromEntries(
          Array.from({ length: 10 }, (_, at) => [
            `192.0.2.${at}`,
            { count: Math.max(1, at - 1), last: NOW.getTime() - 60_000 * at, stage: 'observe', reason: 'version', version: 'TLSv1.1' },
          ]),
        ),
      },
    },
  },
}

const EXPECTED = `Postern gate 0.1.0 - process 4242 - up 3 days
/etc/postern/postern.yaml - configuration 3, taken up 40 min ago - 1 other not taken up - 2 lines of the log lost - 1 line of standard error lost

  SERVICE  LISTENS ON   TLS       STAGE    OPEN  IN ALL  REFUSED/H      IN     OUT  BEHIND
  mx       0.0.0.0:25   starttls  observe    12  40,210          6  1.2 GB  4.3 kB  1 of 2 up
  imaps    0.0.0.0:993  implicit  refuse      0       0          0     0 B     0 B  up

SERVERS BEHIND THAT ARE DOWN
  mx  10.0.0.2:25  for 2 min  connect ECONNREFUSED \\x1b[31m

VERSIONS NEGOTIATED
  mx  TLSv1.3 > 99.9 %  TLSv1.1 < 0.1 %

NOT UP TO THE POLICY IN THE LAST HOUR
  mx  version  4  let in, and watched
  mx  suites   2  let in, and watched

CLIENTS THAT THE POLICY CUTS OFF
  mx  192.0.2.9  offers TLSv1.1  version  8 times  last 9 min ago
  mx  192.0.2.8  offers TLSv1.1  version  7 times  last 8 min ago
  mx  192.0.2.7  offers TLSv1.1  version  6 times  last 7 min ago
  mx  192.0.2.6  offers TLSv1.1  version  5 times  last 6 min ago
  mx  192.0.2.5  offers TLSv1.1  version  4 times  last 5 min ago
  mx  192.0.2.4  offers TLSv1.1  version  3 times  last 4 min ago
  mx  192.0.2.3  offers TLSv1.1  version  2 times  last 3 min ago
  mx  192.0.2.0  offers TLSv1.1  version   1 time  last 0 s ago
  and 2 others

CERTIFICATES
  mail    60 days  /etc/ssl/rsa.pem
  mail  has ended  /etc/ssl/ecdsa.pem
`

describe('printStatus()', () => {
  test('shows at a glance what somebody who looks after a gate asks for', () => assert.equal(printStatus(STATUS, terminal, NOW), EXPECTED))

  test('is no wider than its window, and has colours where there are some', () => {
    const narrow = printStatus(STATUS, { ...terminal, columns: 60 }, NOW)
      .split('\n')
      .slice(2)
    for (const line of narrow) assert.ok(line.length <= 60, line)
    const coloured = printStatus(STATUS, { ...terminal, colour: true }, NOW)
    assert.ok(coloured.includes(`${ESCAPE}[31m  has ended${ESCAPE}[39m`))
    assert.ok(!coloured.includes(`ECONNREFUSED ${ESCAPE}`))
  })

  test('says of a gate that nobody has come to no more than there is', () => {
    const quiet = printStatus(
      { ...STATUS, state: 'draining', certificates: [], services: STATUS.services.slice(1), counts: { services: {} } },
      terminal,
      NOW,
    )
    assert.match(quiet, /^Postern gate .* - draining: no new clients\n/)
    assert.deepEqual(quiet.match(/^[A-Z][A-Z ]+$/gm), null)
  })
})

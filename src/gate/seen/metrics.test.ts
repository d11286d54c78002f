import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Counts } from './counts.ts'
import { printMetrics } from './metrics.ts'
import type { GateStatus } from './status.ts'

function status(service: string): GateStatus {
  const counts = new Counts()
  const seen = counts.of(service)
  const one = { bytes: { in: 1, out: 2 }, since: 0, live: () => assert.fail('nobody lists connections') }
  seen.opened(one)
  seen.hello('refuse', { kind: 'meets' }, { address: '192.0.2.1', version: 'TLSv1.3' }, new Date(0))
  seen.secured({ version: 'TLSv1.2', suite: 'TLS_RSA_WITH_AES_128_CBC_SHA', resumed: false }, 7)
  return {
    version: '0.1.0',
    pid: 1,
    started: '2027-03-01T12:00:00.000Z',
    state: 'running',
    configuration: { file: 'postern.yaml', generation: 3, loaded: '2027-03-01T12:00:01.500Z', failures: 2, later: [] },
    services: [
      {
        name: service,
        place: '127.0.0.1:25',
        dialect: 'smtp',
        tls: 'starttls',
        policy: 'mozilla-modern',
        stage: 'refuse',
        backends: [{ place: '127.0.0.1:2525', up: false, since: '2027-03-01T12:00:00.000Z', lastError: 'Cannot reach it' }],
      },
    ],
    certificates: [{ identity: 'mail', file: '/etc/ssl/mail.pem', notAfter: '2027-04-01T00:00:00.000Z', warnings: [] }],
    log: { dropped: 4, messagesDropped: 5 },
    counts: counts.snapshot(),
  }
}

describe('printMetrics()', () => {
  const rows: readonly (readonly [why: string, line: string])[] = [
    ['a sum has _total', 'postern_gate_connections_total{service="mx"} 1'],
    ['what comes and goes has not', 'postern_gate_connections_open{service="mx"} 1'],
    [
      'what has no reason has an empty label, which is none',
      'postern_gate_hellos_total{service="mx",stage="refuse",verdict="meets",reason=""} 1',
    ],
    [
      'a handshake without a group has an empty one',
      'postern_gate_handshakes_total{service="mx",version="TLSv1.2",suite="TLS_RSA_WITH_AES_128_CBC_SHA",group=""} 1',
    ],
    ['buckets hold what is below them, too', 'postern_gate_handshake_seconds_bucket{service="mx",le="0.01"} 1'],
    ['before them there is nothing', 'postern_gate_handshake_seconds_bucket{service="mx",le="0.005"} 0'],
    ['the last bucket holds all', 'postern_gate_handshake_seconds_bucket{service="mx",le="+Inf"} 1'],
    ['and so many are counted', 'postern_gate_handshake_seconds_count{service="mx"} 1'],
    ['times are in seconds', 'postern_gate_configuration_loaded_time_seconds 1803902401.5'],
    ['certificates end at a time', 'postern_gate_certificate_not_after_time_seconds{identity="mail",file="/etc/ssl/mail.pem"} 1806537600'],
    ['octets go both ways', 'postern_gate_client_bytes_total{service="mx",direction="out"} 2'],
    ['a server that is down is', 'postern_gate_backend_up{service="mx",backend="127.0.0.1:2525"} 0'],
    ['lost lines are counted', 'postern_gate_log_lines_dropped_total 4'],
    ['those of standard error, too', 'postern_gate_messages_dropped_total 5'],
  ]
  const text = printMetrics(status('mx'), 'prometheus')
  for (const [why, line] of rows) test(why, () => assert.ok(text.split('\n').includes(line), text))

  test('every family has its HELP and TYPE once, its samples behind them, and nothing else', () => {
    for (const format of ['prometheus', 'openmetrics'] as const) {
      const families = new Set<string>()
      let family = ''
      for (const line of printMetrics(status('mx'), format).trimEnd().split('\n')) {
        const [, help] = /^# HELP (\w+) \S.*\.$/.exec(line) ?? []
        const [, typed, type] = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line) ?? []
        const [, sample] = /^(\w+)(?:\{(?:\w+="[^"]*",?)+\})? [\d.e+-]+$/.exec(line) ?? []
        if (help !== undefined) {
          assert.ok(!families.has(help), line)
          families.add(help)
          family = help
        } else if (typed !== undefined) {
          assert.equal(typed, family)
          // OpenMetrics names a counter without the suffix of its samples.
          assert.equal(typed.endsWith('_total'), type === 'counter' && format === 'prometheus', line)
        } else if (sample !== undefined) assert.ok(sample.startsWith(family), line)
        else assert.ok(format === 'openmetrics' && line === '# EOF', line)
      }
    }
  })

  test('a name of a service that could break a line does not', () => {
    const text = printMetrics(status('a"b\\c\nd'), 'prometheus')
    assert.match(text, /^postern_gate_connections_open\{service="a\\"b\\\\c\\nd"\} 1$/m)
  })
})

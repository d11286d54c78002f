import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FAIL_ON, exitStatus, type FailOn } from './exit-status.ts'
import { printJunit } from './junit.ts'
import { SAMPLES } from './testdata/samples.ts'
import { all, parseXml } from './testdata/xml.ts'

/** `failed protocol-ssl3`, … of every test case. */
function outcomes(sample: keyof typeof SAMPLES, failOn: FailOn): readonly string[] {
  return all(parseXml(printJunit(SAMPLES[sample], failOn)), 'testcase').map((one) => {
    const inside = one.children.map(({ name }) => name)
    return `${inside.join()} ${one.attributes['name']}`
  })
}

describe('printJunit()', () => {
  const rows: readonly (readonly [why: string, sample: keyof typeof SAMPLES, failOn: FailOn, outcomes: readonly string[]])[] = [
    [
      'by default bad fails, weak passes with its words, unknown is skipped',
      'oldKerio',
      'bad',
      [
        'failure starttls-injection',
        'failure protocol-ssl3',
        'failure cipher-rc4',
        'failure dh-size',
        'failure certificate-expired',
        'system-out protocol-tls1',
        'system-out forward-secrecy',
        'system-out cipher-order',
        'skipped ticketbleed',
        'system-out sslv2',
        'system-out heartbleed',
        'system-out tls-compression',
      ],
    ],
    [
      'weak fails when asked to',
      'severalChains',
      'weak',
      ['failure certificate-expiry', 'failure chain-incomplete', 'system-out protocol-tls13'],
    ],
    [
      'unknown fails when asked to, and a door not asked to the end is an error',
      'halfKnown',
      'unknown',
      ['failure protocol-tls13', 'failure protocol-ssl3', 'failure suites', 'failure robot', 'error audit-incomplete'],
    ],
    ['a server that was not reached is an error', 'unreachable', 'bad', ['error audit-incomplete']],
    ['nothing was audited', 'nothing', 'bad', []],
  ]
  for (const [why, sample, failOn, want] of rows) test(why, () => assert.deepEqual(outcomes(sample, failOn), want))

  for (const [name, report] of Object.entries(SAMPLES)) {
    for (const failOn of FAIL_ON) {
      test(`${name} is well-formed, counts right and agrees with the exit status for --fail-on ${failOn}`, () => {
        const root = parseXml(printJunit(report, failOn))
        assert.equal(root.name, 'testsuites')
        const suites = all(root, 'testsuite')
        assert.equal(suites.length, report.targets.length)
        for (const suite of suites) {
          const counts = [suite.attributes['tests'], suite.attributes['failures'], suite.attributes['errors'], suite.attributes['skipped']]
          const found = ['testcase', 'failure', 'error', 'skipped'].map((kind) => String(all(suite, kind).length))
          assert.deepEqual(counts, found)
        }
        const green = all(root, 'failure').length + all(root, 'error').length === 0
        // A report without targets has no case that could fail; only the exit status can say that nothing was proved.
        if (report.targets.length > 0) assert.equal(green, exitStatus(report, failOn) === 0)
      })
    }
  }

  test('a door is a suite with its time, its grade and when it was audited', () => {
    const [suite] = all(parseXml(printJunit(SAMPLES.oldKerio, 'bad')), 'testsuite')
    assert.equal(suite?.attributes['name'], 'smtp://mail.old.example:25')
    assert.equal(suite?.attributes['time'], '1.840')
    assert.equal(suite?.attributes['timestamp'], '2026-11-22T06:30:00')
    assert.deepEqual(all(suite, 'property')[0]?.attributes, { name: 'grade', value: 'F' })
  })

  test('a failure says what to do and who needs it', () => {
    const failure = all(parseXml(printJunit(SAMPLES.oldKerio, 'bad')), 'failure')[1]
    assert.equal(failure?.attributes['message'], 'bad: SSL 3.0 is offered.')
    assert.match(
      failure?.text ?? '',
      /Remedy: Turn SSL 3\.0 off\.\nNeeded by: Internet Explorer 6 on Windows XP\nmozilla-intermediate 6\.0: bad, not listed/,
    )
  })

  test('control characters, which XML 1.0 forbids, and markup from the network become visible text', () => {
    const xml = printJunit(SAMPLES.hostile, 'weak')
    assert.match(xml, /^(?:\n|[^\p{Cc}\p{Cf}])*$/u)
    assert.match(all(parseXml(xml), 'failure')[0]?.text ?? '', /<\/script><script>alert\(1\)/)
  })
})

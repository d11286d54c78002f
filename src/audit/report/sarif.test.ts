import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { findingKind } from '../../policy/index.ts'
import { printSarif } from './sarif.ts'
import { SAMPLES } from './testdata/samples.ts'

const message = z.strictObject({ text: z.string().min(1) })
const level = z.enum(['error', 'warning', 'note'])

// What SARIF 2.1.0 requires of the parts that are used here (§3.13 to §3.52), no more fields than these, and what viewers need.
const sarif = z.strictObject({
  $schema: z.url(),
  version: z.literal('2.1.0'),
  runs: z
    .array(
      z.strictObject({
        tool: z.strictObject({
          driver: z.strictObject({
            name: z.literal('Postern'),
            version: z.string(),
            rules: z.array(
              z.strictObject({
                id: z.string(),
                shortDescription: message,
                help: message,
                defaultConfiguration: z.strictObject({ level: z.enum([...level.options, 'none']) }),
                properties: z.strictObject({ tags: z.array(z.string()) }),
              }),
            ),
          }),
        }),
        invocations: z.array(
          z.strictObject({
            executionSuccessful: z.boolean(),
            startTimeUtc: z.iso.datetime(),
            toolExecutionNotifications: z.array(z.strictObject({ level, message, associatedRule: z.strictObject({ id: z.string() }) })),
          }),
        ),
        columnKind: z.literal('utf16CodeUnits'),
        results: z.array(
          z.strictObject({
            ruleId: z.string(),
            ruleIndex: z.int().nonnegative(),
            level,
            message,
            locations: z.array(
              z.strictObject({
                logicalLocations: z.array(z.strictObject({ fullyQualifiedName: z.string(), kind: z.literal('resource') })),
              }),
            ),
            partialFingerprints: z.record(z.string(), z.string()),
          }),
        ),
      }),
    )
    .length(1),
})

function run(name: keyof typeof SAMPLES): z.infer<typeof sarif>['runs'][number] {
  return sarif.parse(JSON.parse(printSarif(SAMPLES[name]))).runs[0]!
}

describe('printSarif()', () => {
  for (const name of Object.keys(SAMPLES) as (keyof typeof SAMPLES)[]) {
    test(`${name} has what SARIF 2.1.0 requires, and every result its rule`, () => {
      const { tool, results } = run(name)
      const { rules } = tool.driver
      assert.equal(new Set(rules.map(({ id }) => id)).size, rules.length, 'one rule for each id')
      for (const { ruleId, ruleIndex } of results) assert.equal(rules[ruleIndex]?.id, ruleId)
      const prints = results.map(({ partialFingerprints }) => partialFingerprints['targetAndRule/v1'])
      assert.equal(new Set(prints).size, prints.length, 'no two results have the same fingerprint')
    })
  }

  const rows: readonly (readonly [why: string, sample: keyof typeof SAMPLES, results: readonly string[]])[] = [
    [
      'bad is an error, weak a warning, unknown a note, good no result',
      'oldKerio',
      [
        'starttls-injection error',
        'protocol-ssl3 error',
        'cipher-rc4 error',
        'dh-size error',
        'certificate-expired error',
        'protocol-tls1 warning',
        'forward-secrecy warning',
        'cipher-order warning',
        'ticketbleed note',
      ],
    ],
    ['a well-kept server has no results', 'wellKept', []],
    ['a server that was not reached is no pass', 'unreachable', ['audit-incomplete warning']],
    [
      'nor is one that was not asked to the end',
      'halfKnown',
      ['protocol-tls13 note', 'protocol-ssl3 note', 'suites warning', 'robot note', 'audit-incomplete warning'],
    ],
  ]
  for (const [why, sample, results] of rows) {
    test(why, () => {
      assert.deepEqual(
        run(sample).results.map((one) => `${one.ruleId} ${one.level}`),
        results,
      )
    })
  }

  test('says whether the audit was complete', () => {
    assert.equal(run('wellKept').invocations[0]?.executionSuccessful, true)
    const [half] = run('halfKnown').invocations
    assert.equal(half?.executionSuccessful, false)
    assert.deepEqual(
      half?.toolExecutionNotifications[0]?.message.text,
      'pop3://mail.slow.example:110: Cannot finish the audit of mail.slow.example port 110: 60 s were up after 14 of 31 questions',
    )
  })

  test('the help of a rule has the remedy, who still needs it, and what the rulebooks say', () => {
    const help = run('oldKerio').tool.driver.rules.find(({ id }) => id === 'protocol-ssl3')?.help.text ?? ''
    assert.match(help, /^Turn SSL 3\.0 off\.\nStill needed by: Internet Explorer 6 on Windows XP\.\n/)
    assert.match(help, /NCSC-NL guidelines for TLS, edition 2025-05: insufficient/)
  })

  test('a rule has the title of its finding, and why it matters', () => {
    const rule = run('oldKerio').tool.driver.rules.find(({ id }) => id === 'starttls-injection')
    const kind = findingKind('starttls-injection')!
    assert.equal(rule?.shortDescription.text, kind.title)
    assert.ok(rule?.help.text.startsWith(kind.why))
    const stranger = run('oldKerio').tool.driver.rules.find(({ id }) => id === 'protocol-ssl3')
    assert.equal(stranger?.shortDescription.text, 'Protocol ssl3')
  })

  test('the location is the door', () => {
    assert.deepEqual(run('oldKerio').results[0]?.locations, [
      { logicalLocations: [{ fullyQualifiedName: 'smtp://mail.old.example:25', kind: 'resource' }] },
    ])
  })

  test('text from the network can neither make a placeholder nor a link nor move a cursor, §3.11.5 and §3.11.6', () => {
    const [target] = SAMPLES.hostile.targets
    const evil = {
      ...SAMPLES.hostile,
      targets: [{ ...target!, findings: [{ ...target!.findings[0]!, fact: '{0} [here](https://evil.example)\u001b[2J' }] }],
    }
    const text = printSarif(evil)
    assert.match(text, /\{\{0\}\} \[here\] \(https/)
    assert.match(text, /^(?:\n|[^\p{Cc}\p{Cf}])*$/u)
  })
})

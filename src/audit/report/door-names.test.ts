import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AuditReport } from '../result.ts'
import { printHtml } from './html.ts'
import { printJunit } from './junit.ts'
import { printMarkdown } from './markdown.ts'
import { printSarif } from './sarif.ts'
import { printTerminal } from './terminal.ts'
import { finding, report, result } from './testdata/parts.ts'
import { withDoorNames } from './view.ts'

const NAME = 'smtp://mx.example.com:25'
const findings = [finding('suites-rc4', 'bad', 'RC4 suites are accepted.', { remedy: 'Remove them.' })]

/** One name that leads to two machines, and another name. */
const twins: AuditReport = {
  ...report(),
  targets: [
    { ...result, target: NAME, address: '192.0.2.1', findings },
    { ...result, target: NAME, address: '2001:db8::1', findings },
    { ...result, target: 'smtp://other.example.com:25', address: '192.0.2.1', findings },
  ],
}

describe('withDoorNames()', () => {
  test('adds the address where one name leads to several, and nowhere else', () => {
    assert.deepEqual(
      withDoorNames(twins).targets.map(({ target }) => target),
      [`${NAME} (192.0.2.1)`, `${NAME} (2001:db8::1)`, 'smtp://other.example.com:25'],
    )
  })

  test('leaves a door without an address as it is', () => {
    const nowhere = { ...twins, targets: twins.targets.map((target) => ({ ...target, address: null })) }
    assert.deepEqual(withDoorNames(nowhere), nowhere)
  })
})

describe('two doors of one name', () => {
  const formats: readonly (readonly [format: string, text: string])[] = [
    ['terminal', printTerminal(twins, { colour: false, columns: 110 })],
    ['markdown', printMarkdown(twins)],
    ['HTML', printHtml(twins)],
    ['SARIF', printSarif(twins)],
    ['JUnit', printJunit(twins, 'bad')],
  ]
  for (const [format, text] of formats) {
    test(`can be told apart in ${format}`, () => {
      for (const address of ['192.0.2.1', '2001:db8::1']) assert.ok(text.includes(`${NAME} (${address})`), address)
      assert.ok(!text.includes('other.example.com:25 ('), 'a name that stands alone needs no address')
    })
  }

  test('have fingerprints of their own in SARIF', () => {
    const prints = [...printSarif(twins).matchAll(/"targetAndRule\/v1": "([^"]*)"/g)].map(([, print]) => print)
    assert.deepEqual(prints, [
      `${NAME} (192.0.2.1) suites-rc4`,
      `${NAME} (2001:db8::1) suites-rc4`,
      'smtp://other.example.com:25 suites-rc4',
    ])
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { jsonPieces, printJson } from './json.ts'
import { SAMPLES } from './testdata/samples.ts'

/** The same value with the keys of every object in the opposite order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, one]) => [key, turned(one)]),
  )
}

function keys(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(keys)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, one]) => [key, ...keys(one)])
}

describe('printJson()', () => {
  test('comes in a piece for each door, so that nobody has to hold the text of a thousand', () => {
    const pieces = [...jsonPieces(SAMPLES.several)]
    assert.equal(pieces.length, SAMPLES.several.targets.length + 2)
    assert.equal(pieces.join(''), `${JSON.stringify(JSON.parse(pieces.join('')), null, 2)}\n`, 'in the usual form')
  })

  for (const [name, report] of Object.entries(SAMPLES)) {
    test(`prints ${name} as it is`, () => {
      assert.deepEqual(JSON.parse(printJson(report)), report)
    })

    test(`prints ${name} with the same bytes whatever the order of keys in memory`, () => {
      assert.equal(printJson(turned(report) as typeof report), printJson(report))
    })

    test(`prints ${name} so that a terminal obeys nothing in it`, () => {
      assert.match(printJson(report), /^(?:\n|[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}])*$/u, 'a control or format character')
    })
  }

  test('knows the place of every key', () => {
    // A key without a place goes to the end: then "zz" could not come last.
    const optional = { groupsComplete: false, publiclyTrusted: true, clientCertificate: 'required' }
    const report = { ...SAMPLES.several, ...optional, zz: 1 }
    const unplaced = new Set<string>()
    for (const key of keys(report)) {
      const { rulebooks } = JSON.parse(
        printJson({ targets: [], rulebooks: { aaa: 1, [key]: 2 } } as unknown as typeof report),
      ) as typeof report
      if (Object.keys(rulebooks)[0] !== key) unplaced.add(key)
    }
    assert.deepEqual([...unplaced], ['zz'])
  })

  const paths: readonly (readonly [path: string, value: unknown])[] = [
    ['targets.0.target', 'smtp://mail.old.example:25'],
    ['targets.0.reachable', true],
    ['targets.0.posture.protocols.TLSv1.2.offered', true],
    ['targets.0.posture.protocols.TLSv1.2.suites.0', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'],
    ['targets.0.posture.protocols.TLSv1.2.order', 'client'],
    ['targets.0.posture.groups.0', 'secp256r1'],
    ['targets.0.posture.dh.bits', 1024],
    ['targets.0.posture.dh.prime', 'RFC 2409 group 2'],
    ['targets.0.posture.sslv2Hello', true],
    ['targets.0.findings.1.id', 'protocol-ssl3'],
    ['targets.0.findings.1.verdict', 'bad'],
    ['targets.0.findings.1.fact', 'SSL 3.0 is offered.'],
    ['targets.0.findings.1.remedy', 'Turn SSL 3.0 off.'],
    ['targets.0.findings.1.rules.0.rulebook', 'mozilla-intermediate'],
    ['targets.0.grade', 'F'],
    ['targets.0.cost.connections', 71],
    ['targets.0.cost.milliseconds', 1840],
  ]
  for (const [path, value] of paths) {
    test(`has ${path}, on which scripts rely`, () => {
      const parts = path.match(/TLSv1\.2|[^.]+/g) ?? []
      let at: unknown = JSON.parse(printJson(SAMPLES.oldKerio))
      for (const part of parts) at = (at as Record<string, unknown>)[part]
      assert.equal(at, value)
    })
  }

  test('begins with what the JSON is', () => {
    assert.match(printJson(SAMPLES.nothing), /^\{\n {2}"version": 1,\n {2}"postern": "0\.1\.0",\n {2}"started": "2026-11-22T06:30:00Z",/)
  })
})

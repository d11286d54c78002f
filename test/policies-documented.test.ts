import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parsePolicies } from '../src/policy/index.ts'

const page = readFileSync(new URL('../docs/policies.md', import.meta.url), 'utf8')

test('the example of docs/policies.md is a policy, and says what its comments say', async () => {
  const [, example = ''] = /```yaml\n([^]*?)```/.exec(page) ?? []
  const { server, client, doors } = await parsePolicies(example, 'example.yaml', new Date('2026-11-22'))
  assert.deepEqual([server.protocols.required, server.dh.minBits, server.order], [['TLSv1.3'], 3072, 'server'])
  assert.ok(client.protocols.allowed.includes('TLSv1') && !server.protocols.allowed.includes('TLSv1'))
  assert.deepEqual(doors.get('port 8443')?.server.protocols.allowed, server.protocols.allowed)
})

test('docs/policies.md has every word of the schema, and no other', () => {
  const schema = JSON.parse(readFileSync(new URL('../schemas/policy.schema.json', import.meta.url), 'utf8')) as {
    properties: Record<string, unknown>
  }
  const rows = [...page.matchAll(/^\| ((?:`\w+`(?:, )?)+) +\|/gm)].flatMap(([, words = '']) =>
    [...words.matchAll(/\w+/g)].map(([word]) => word),
  )
  assert.deepEqual(rows.toSorted(), Object.keys(schema.properties).toSorted())
})

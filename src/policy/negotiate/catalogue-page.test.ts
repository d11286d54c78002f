import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { cataloguedClients, cataloguedServers } from './catalogue.ts'
import { knownClientsPage } from './catalogue-page.ts'

const page = knownClientsPage()

test('docs/known-clients.md is up to date (npm run generate)', () => {
  assert.equal(readFileSync(new URL('../../../docs/known-clients.md', import.meta.url), 'utf8'), page)
})

test('the page names everybody with every source', () => {
  for (const { name, sources } of [...cataloguedClients(), ...cataloguedServers()]) {
    assert.ok(page.includes(`#### ${name}\n`), name)
    for (const source of sources) assert.ok(page.includes(`<${source}>`), source)
  }
})

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

import { dialectByName } from '../guess.ts'
import { RELAYS } from './list.ts'

describe('RELAYS', () => {
  test('has relays for dialects, by their names; an audit has nothing to say before the TLS of HTTP', () => {
    for (const name of Object.keys(RELAYS).filter((one) => one !== 'http')) assert.equal(dialectByName(name)?.name, name)
  })

  test('forgets none', () => {
    const makers = readdirSync(import.meta.dirname)
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .flatMap((file) => [...readFileSync(new URL(file, import.meta.url), 'utf8').matchAll(/^export const (\w+): RelayMaker\b/gm)])
      .map(([, name = '']) => name)
    assert.ok(makers.length > 0)
    const list = readFileSync(new URL('list.ts', import.meta.url), 'utf8')
    for (const name of makers) assert.match(list, new RegExp(`: ${name},`), name)
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contentType, extensionType, handshakeType } from '../registry/index.ts'
import { EXTENSION_TYPE } from './extension.ts'
import { HANDSHAKE_TYPE } from './handshake.ts'
import { CONTENT_TYPE } from './record.ts'

const tables = [
  ['CONTENT_TYPE', CONTENT_TYPE, contentType],
  ['HANDSHAKE_TYPE', HANDSHAKE_TYPE, handshakeType],
  ['EXTENSION_TYPE', EXTENSION_TYPE, extensionType],
] as const

for (const [title, table, registry] of tables) {
  test(`${title} has the names and numbers of the registry`, () => {
    const registered = Object.fromEntries(Object.keys(table).map((name) => [name, registry.find(name)]))
    assert.deepEqual({ ...table }, registered)
  })
}

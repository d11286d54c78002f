import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { PosternError } from '../errors.ts'
import { courierAdapter } from './courier/adapter.ts'
import { dovecotAdapter } from './dovecot/adapter.ts'
import { eximAdapter } from './exim/adapter.ts'
import { nginxAdapter } from './nginx/adapter.ts'
import { neighboursOf, withinReason } from './read-settings.ts'

const root = mkdtempSync(join(tmpdir(), 'postern-read-'))
after(() => rmSync(root, { recursive: true, force: true }))

const code = (name: string) => (error: unknown) => error instanceof PosternError && error.fault === 'input' && error.code === name

describe('neighboursOf()', () => {
  const folder = join(root, 'conf.d')
  mkdirSync(folder)
  writeFileSync(join(folder, 'a.conf'), 'a')
  symlinkSync('round.conf', join(folder, 'round.conf'))
  symlinkSync('nowhere', join(folder, 'nowhere.conf'))
  const { more, list } = neighboursOf(join(root, 'main.conf'))

  test('takes links that go round in a circle, or nowhere, for files that are not there', () => {
    assert.deepEqual(list('conf.d'), [join(folder, 'a.conf')])
    assert.equal(more('conf.d/round.conf'), undefined)
    assert.equal(more('conf.d/round.conf/b.conf'), undefined)
    assert.deepEqual(list('conf.d/round.conf'), [])
  })

  test('says what cannot be looked at, since it may be read by the product', () => {
    assert.throws(() => more('a'.repeat(300)), code('SETTINGS_UNREADABLE'))
    assert.throws(() => list('a'.repeat(300)), code('SETTINGS_UNREADABLE'))
  })
})

describe('withinReason()', () => {
  const doubled = (line: (index: number) => string): string => Array.from({ length: 60 }, (_, index) => line(index)).join('\n')
  const rows = [
    ['blocks in blocks', nginxAdapter, 'nginx.conf', `http {${'a {\n'.repeat(100_000)}`],
    ['sections in sections', dovecotAdapter, 'dovecot.conf', `${'protocol imap {\n'.repeat(100_000)}${'}\n'.repeat(100_000)}`],
    [
      'variables that double',
      courierAdapter,
      'imapd-ssl',
      `A0=TLSv1\n${doubled((at) => `A${at + 1}="$A${at}$A${at}"`)}\nTLS_PROTOCOL="$A60"\n`,
    ],
    [
      'macros that double',
      eximAdapter,
      'exim.conf',
      `M60M = a\n${doubled((at) => `M${59 - at}M = M${60 - at}MM${60 - at}M`)}\ntls_require_ciphers = M0M\nM0M\n`,
    ],
  ] as const
  for (const [why, adapter, path, text] of rows) {
    test(`gives up on ${why} without end`, () => {
      assert.throws(() => withinReason(path, () => adapter.read({ path, text }, {})), code('SETTINGS_TOO_DEEP'))
    })
  }

  test('hides no mistake of our own', () => {
    assert.throws(() => withinReason('x', () => assert.fail('a mistake')), assert.AssertionError)
  })
})

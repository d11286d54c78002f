import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { needPackages } from '../peers/start.ts'

const postern = fileURLToPath(new URL('../../bin/postern.js', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'postern-attributes-'))
after(() => rmSync(root, { recursive: true, force: true }))

const OLD = 'ssl_enable=YES\nssl_tlsv1=YES\n'
let scenes = 0

function scene(): { readonly file: string; readonly type: (...words: readonly string[]) => void } {
  const folder = join(root, String(scenes++))
  mkdirSync(folder)
  const file = join(folder, 'vsftpd.conf')
  writeFileSync(file, OLD)
  const type = (...words: readonly string[]): void => {
    const typed = [postern, 'settings', ...words, file, '--state', join(folder, 'state'), '--no-detect']
    const { status, stderr } = spawnSync(process.execPath, typed, { encoding: 'utf8', timeout: 20_000 })
    assert.equal(status, words.includes('false') ? 3 : 0, stderr)
  }
  return { file, type }
}

const apply = ['apply', '--policy', 'mozilla-modern', '--as-far-as-possible'] as const

describe('what hangs on a settings file', { skip: needPackages('acl', 'attr') }, () => {
  const kinds: readonly (readonly [what: string, set: readonly string[], get: readonly string[]])[] = [
    ['an ACL', ['setfacl', '-m', 'u:1:r--,g:2:rw-'], ['getfacl', '--omit-header', '--absolute-names']],
    ['an ACL that is wider than the permissions', ['setfacl', '-m', 'u:1:rw-,m::r--'], ['getfacl', '--omit-header', '--absolute-names']],
    ['an attribute', ['setfattr', '-n', 'user.origin', '-v', 'by hand'], ['getfattr', '--absolute-names', '-d']],
    [
      'the label of SELinux',
      ['setfattr', '-n', 'security.selinux', '-v', 'system_u:object_r:etc_t:s0'],
      ['getfattr', '--absolute-names', '-m', 'security', '-d'],
    ],
  ]
  for (const [what, set, get] of kinds) {
    test(`${what} stays through apply, a change that is taken back, and undo`, (t) => {
      const { file, type } = scene()
      const run = ([program = '', ...rest]: readonly string[]): string => {
        const { status, stdout, stderr } = spawnSync(program, [...rest, file], { encoding: 'utf8', timeout: 10_000 })
        return status === 0 ? stdout : `not here: ${stderr}`
      }
      const refused = run(set)
      if (refused.startsWith('not here')) return t.skip(`this file system, or this user, has none: ${refused.trim()}`)
      const before = [run(get), statSync(file).mode]
      assert.doesNotMatch(String(before[0]), /^(?:not here|\s*$)/)
      type(...apply, '--check', 'false')
      assert.deepEqual([run(get), statSync(file).mode], before, 'taken back')
      type(...apply)
      assert.notEqual(readFileSync(file, 'utf8'), OLD)
      assert.deepEqual([run(get), statSync(file).mode], before, 'applied')
      type('undo')
      assert.equal(readFileSync(file, 'utf8'), OLD)
      assert.deepEqual([run(get), statSync(file).mode], before, 'undone')
    })
  }
})

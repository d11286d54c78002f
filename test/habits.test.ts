import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, test } from 'node:test'

const SOURCE = new URL('../src/', import.meta.url).pathname

const files: readonly (readonly [file: string, text: string])[] = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('testdata/'))
  .map((file) => [file, readFileSync(join(SOURCE, file), 'utf8')] as const)

/** Names that say nothing of what is inside. */
const EMPTY_NAMES = /^(?:utils?|helpers?|common|types|core|lib|misc)\b|manager/

/** Habits of CONTRIBUTING.md that no linter checks. */
describe('the source', () => {
  test('has no file whose name says nothing', () => {
    const found = files.filter(([file]) => file.split('/').some((part) => EMPTY_NAMES.test(basename(part, '.ts'))))
    assert.deepEqual(
      found.map(([file]) => file),
      [],
    )
  })

  test('throws nothing on purpose that names no culprit', () => {
    const found = files.filter(([file, text]) => file !== 'cli/files.ts' && /throw new (?:Error|TypeError|RangeError)\(/.test(text))
    assert.deepEqual(
      found.map(([file]) => file),
      [],
    )
  })

  test('says in every error what it cannot do', () => {
    for (const [file, text] of files) {
      for (const [made, message = ''] of text.matchAll(/new PosternError\(\s*'\w+',\s*'\w+',\s*[`']([^`']{0,12})/g)) {
        assert.match(message, /^(?:Cannot |\$\{)/, `${file}: ${made}`)
      }
    }
  })

  test('gives every error but bugs a remedy', () => {
    for (const [file, text] of files) {
      for (const [made, fault] of text.matchAll(/new PosternError\(\s*'(\w+)',[^]*?\n?\s*\)(?:\n|;|$)/g)) {
        if (fault !== 'bug' && !/remedy/.test(made)) assert.fail(`${file}: ${made}`)
      }
    }
  })

  test('has a door to every folder that says what it is, with an example', () => {
    const folders = new Set(files.flatMap(([file]) => (file.includes('/') ? (file.split('/', 1)[0] ?? []) : [])))
    // Nobody imports the command.
    folders.delete('cli')
    for (const folder of folders) {
      const [, door = ''] = files.find(([file]) => file === `${folder}/index.ts`) ?? []
      assert.match(door, /^\/\*\*\n(?: \*.*\n)*? \* {5}\S/, folder)
    }
  })

  test('forgets no probe', () => {
    const list = readFileSync(join(SOURCE, 'audit/probes.ts'), 'utf8')
    for (const file of readdirSync(join(SOURCE, 'audit/probes'))) {
      if (!file.endsWith('.test.ts')) assert.ok(list.includes(`'./probes/${file}'`), file)
    }
  })
})

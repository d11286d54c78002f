import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const page = readFileSync(new URL('../../../docs/gate-attacks.md', import.meta.url), 'utf8')
const here = new URL('./', import.meta.url)

/** Names of attacks, and the files that the page gives for them. */
const rows = [...page.matchAll(/^\| .* \| +([a-z, -]+?) +\| (\[.*\)) +\|$/gm)].map(([, names = '', links = '']) => ({
  names: names.split(', '),
  files: [...links.matchAll(/\/attacks\/([\w-]+\.test\.ts)\)/g)].map(([, file = '']) => file),
}))

test('docs/gate-attacks.md names every file of attacks, and attacks by the names that their tests have', () => {
  assert.ok(rows.length > 10)
  const listed = new Set(rows.flatMap(({ files }) => files))
  const there = readdirSync(here).filter((name) => name.endsWith('.test.ts') && name !== 'listed.test.ts')
  assert.deepEqual([...listed].toSorted(), there.toSorted())
  for (const { names, files } of rows) {
    const text = files.map((file) => readFileSync(new URL(file, here), 'utf8')).join('')
    for (const name of names)
      assert.ok(text.includes(`'${name}'`) || text.includes(`${name}: `), `${name} is a test in ${files.join(', ')}`)
  }
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { main } from './main.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-policy-'))
after(() => rmSync(folder, { recursive: true }))
writeFileSync(
  join(folder, 'tls.yaml'),
  'base: mozilla-intermediate\nclient: { base: mozilla-modern }\ndoors: { port 25: { base: mozilla-old } }\n',
)
writeFileSync(join(folder, 'typo.yaml'), 'base: mozilla-intermediate\nprotocolls: [TLSv1.2]\n')

async function policy(...argv: readonly string[]): Promise<{ readonly status: number; readonly out: string; readonly err: string }> {
  const out: string[] = []
  const err: string[] = []
  const write = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) }
  const status = await main(['policy', ...argv], { ...write, interactive: false, colour: false, columns: 100, cwd: folder, env: {} })
  return { status, out: out.join(''), err: err.join('') }
}

describe('postern policy', () => {
  test('list names every rulebook with its edition', async () => {
    const { status, out } = await policy('list')
    assert.equal(status, 0)
    assert.match(out, /^rfc-9325 {2,}.*edition .* \(\d{4}.*\)$/m)
    const json = JSON.parse((await policy('list', '--json')).out) as { readonly rulebooks: readonly { readonly name: string }[] }
    assert.ok(json.rulebooks.some(({ name }) => name === 'bsi-tr-02102-2'))
  })

  const rows: readonly (readonly [why: string, argv: readonly string[], protocols: string])[] = [
    ['a rulebook', ['mozilla-intermediate'], 'TLSv1.2, TLSv1.3'],
    ['a file, as the server', ['tls.yaml'], 'TLSv1.2, TLSv1.3'],
    ['a file, as the client', ['tls.yaml', '--role', 'client'], 'TLSv1.3'],
    ['a file, at a door', ['tls.yaml', '--door', 'port 25'], 'TLSv1, TLSv1.1, TLSv1.2, TLSv1.3'],
  ]
  for (const [why, argv, protocols] of rows) {
    test(`show says what is allowed by ${why}`, async () => {
      const { status, out } = await policy('show', ...argv)
      assert.equal(status, 0)
      assert.match(out, new RegExp(`^  Protocols     ${protocols}$`, 'm'))
      for (const line of out.split('\n')) assert.ok(line.length <= 100, line)
      const json = JSON.parse((await policy('show', ...argv, '--json')).out) as {
        readonly policy: { readonly protocols: { readonly allowed: readonly string[] } }
      }
      assert.equal(json.policy.protocols.allowed.join(', '), protocols)
    })
  }

  test('check says what a file comes to, role by role, and where a wrong one is wrong', async () => {
    const fine = await policy('check', 'tls.yaml')
    assert.equal(fine.status, 0)
    assert.match(
      fine.out,
      /^tls\.yaml is a policy: as server TLSv1\.2, TLSv1\.3 with \d+ suites; as client TLSv1\.3 with \d+ suites; at\s+port 25 TLSv1, /,
    )
    const typo = await policy('check', 'typo.yaml')
    assert.equal(typo.status, 2)
    assert.match(typo.err, /typo\.yaml:2:1: there is no word "protocolls" here[^]*Did you mean protocols\?/)
    assert.equal((await policy('check', 'missing.yaml')).status, 2)
  })
})

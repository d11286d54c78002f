import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { newCertificate, readLinkFile, writeLinkFile } from './link-file.ts'

test('readLinkFile(): refuses what would end an inside that dials with it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-link-file-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'edge.link')
  const now = new Date()
  const file = { gate: 'gate.example:7443', pin: 'p', name: 'office', ...newCertificate('office', now) }
  await writeLinkFile(path, file)
  assert.deepEqual(await readLinkFile(path), file)
  for (const [why, damage] of [
    ['a key that is none', { key: 'x' }],
    ['a certificate that is none', { certificate: file.certificate.slice(0, -40) }],
    ['the key of another', { key: newCertificate('office', now).key }],
    ['the one for the other', { key: file.certificate, certificate: file.key }],
  ] as const) {
    await writeLinkFile(path, { ...file, ...damage })
    await assert.rejects(readLinkFile(path), { code: 'LINK_FILE', message: /none that postern link join has written/ }, why)
  }
})

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type } from '../cli-session.ts'
import { needPeer, startPeer } from '../peers/index.ts'

describe('postern settings and a real Dovecot', { skip: needPeer('dovecot'), concurrency: true }, () => {
  test('show, plan, apply with its own check, prove, and undo', async (t) => {
    const peer = await startPeer('dovecot', { securityLevel: 0 }, t)
    const file = join(peer.folder, 'dovecot.conf')
    const before = readFileSync(file)
    const policy = join(peer.folder, 'tls.yaml')
    writeFileSync(policy, 'base: mozilla-modern\n')
    const state = ['--state', join(peer.folder, 'state'), '--detect', '--product', 'dovecot']
    const shown = await type(['settings', 'show', file, ...state])
    assert.equal(shown.status, 0, shown.err)
    const reload = `doveadm -c '${file}' reload && sleep 1`
    const made = await type(['settings', 'apply', file, '--policy', policy, '--as-far-as-possible', ...state, '--start', reload])
    assert.equal(made.status, 0, made.err + made.out)
    for (const door of ['imap', 'imaps', 'pop3', 'pop3s', 'sieve'] as const) {
      assert.ok(made.out.includes(`${door}://localhost:${peer.doors[door]} keeps to tls, proved on the wire`), made.out)
    }
    const undone = await type(['settings', 'undo', file, ...state])
    assert.equal(undone.status, 0, undone.err)
    assert.deepEqual(readFileSync(file), before)
  })

  test('takes back what cannot work', async (t) => {
    const peer = await startPeer('dovecot', { securityLevel: 0 }, t)
    const file = join(peer.folder, 'dovecot.conf')
    const before = readFileSync(file)
    const policy = join(peer.folder, 'tls.yaml')
    // TLS 1.2 is required, and there are no suites for it with the key that it has.
    writeFileSync(policy, 'base: mozilla-intermediate\nrequire: [TLSv1.2]\nciphers: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n')
    const line = ['apply', file, '--policy', policy, '--as-far-as-possible', '--state', join(peer.folder, 'state'), '--detect']
    const failed = await type(['settings', ...line, '--start', `doveadm -c '${file}' reload && sleep 1`])
    assert.equal(failed.status, 3, failed.out)
    assert.match(failed.err, /Cannot prove the change on the wire[^]*its doors are open again/)
    assert.deepEqual(readFileSync(file), before)
  })
})

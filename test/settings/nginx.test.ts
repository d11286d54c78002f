import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type } from '../cli-session.ts'
import { needPeer, startPeer } from '../peers/index.ts'

describe('postern settings and a real nginx', { skip: needPeer('nginx'), concurrency: true }, () => {
  test('show, plan, apply with its own check, prove every door that its settings name, and undo', async (t) => {
    const peer = await startPeer(
      'nginx',
      { protocols: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'], securityLevel: 0, ciphers: 'HIGH:!aNULL' },
      t,
    )
    const file = join(peer.folder, 'nginx.conf')
    const before = readFileSync(file)
    const policy = join(peer.folder, 'tls.yaml')
    writeFileSync(policy, 'base: mozilla-intermediate\n')
    const state = ['--state', join(peer.folder, 'state'), '--detect']
    const shown = await type(['settings', 'show', file, ...state])
    assert.equal(shown.status, 0, shown.err)
    assert.match(shown.out, /TLS 1\.0 is offered\. \[protocol-tls1-0\]/)
    const reload = `kill -HUP $(cat '${join(peer.folder, 'pid')}')`
    const made = await type([
      'settings',
      'apply',
      file,
      '--policy',
      policy,
      '--as-far-as-possible',
      ...state,
      '--start',
      `${reload}; sleep 1`,
    ])
    assert.equal(made.status, 0, made.err + made.out)
    assert.equal(made.out.match(/keeps to tls, proved on the wire/g)?.length, Object.keys(peer.doors).length)
    assert.doesNotMatch(made.out, /Not proved/)
    assert.equal((await type(['settings', 'plan', file, '--policy', policy, ...state])).status, 0)
    assert.equal((await type(['settings', 'undo', file, ...state])).status, 0)
    assert.deepEqual(readFileSync(file), before)
  })

  test('takes back what cannot work', async (t) => {
    const peer = await startPeer('nginx', { securityLevel: 0 }, t)
    const file = join(peer.folder, 'nginx.conf')
    const before = readFileSync(file)
    const policy = join(peer.folder, 'tls.yaml')
    // Suites for a key that it does not have: it starts, and nobody can speak to it.
    writeFileSync(policy, 'base: mozilla-intermediate\nprotocols: [TLSv1.2]\nciphers: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n')
    const reload = `kill -HUP $(cat '${join(peer.folder, 'pid')}'); sleep 1`
    const line = ['apply', file, '--policy', policy, '--as-far-as-possible', '--state', join(peer.folder, 'state'), '--detect']
    const failed = await type(['settings', ...line, '--start', reload])
    assert.equal(failed.status, 3, failed.out)
    assert.match(failed.err, /Cannot prove the change on the wire[^]*its doors are open again/)
    assert.deepEqual(readFileSync(file), before)
  })
})

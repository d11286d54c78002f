import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { needPeer } from '../../peers/index.ts'
import { smtp, gateFor } from './attacked.ts'

describe('renegotiation', () => {
  test('is refused, and costs the client its connection or nothing', { skip: needPeer('openssl') }, async (t) => {
    const gated = await gateFor('smtp', (await smtp(t)).port, t, {}, { tls: 'implicit' })
    const client = spawn('openssl', ['s_client', '-no-CAfile', '-tls1_2', '-connect', `127.0.0.1:${gated.port('door')}`], {
      timeout: 20_000,
    })
    let out = ''
    for (const stream of [client.stdout, client.stderr]) stream.on('data', (bytes: Buffer) => void (out += bytes.toString('latin1')))
    while (!out.includes('220 behind')) await delay(20)
    client.stdin.write('R\n')
    await once(client, 'exit')
    assert.match(out, /RENEGOTIATING[^]*no renegotiation/i)
    assert.doesNotMatch(out, /verify return[^]*RENEGOTIATING[^]*verify return/)
    await gated.record()
  })
})

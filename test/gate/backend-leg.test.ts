import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { certificates, needPeer, SERVER_NAME, startPeer } from '../peers/index.ts'
import { hears, startGate } from './gated.ts'

const { root } = await certificates()

describe('a gate that speaks TLS with the server behind', { skip: needPeer('dovecot'), concurrency: 2 }, () => {
  const rows: readonly (readonly [why: string, backend: Readonly<Record<string, string>>, heard: RegExp, reason: RegExp | undefined])[] = [
    ['whoever it is', {}, /^\* OK .*Dovecot/, undefined],
    ['by its name and authority', { name: SERVER_NAME, ca: root }, /^\* OK .*Dovecot/, undefined],
    ['under a name that it has not', { name: 'other.example', ca: root }, /^\* BYE /, /its certificate is not for other\.example/],
    ['where nobody knows who vouches for it', { name: SERVER_NAME }, /^\* BYE /, /its certificate is not trusted/],
    [
      'by a policy that it cannot keep',
      { policy: 'modern.yaml' },
      /^\* BYE /,
      /Cannot speak TLS with the server behind at 127\.0\.0\.1:\d+: /,
    ],
  ]
  for (const [why, backend, heard, reason] of rows) {
    test(why, async (t) => {
      const { doors } = await startPeer('dovecot', { protocols: ['TLSv1.2', 'TLSv1.3'], chain: 'full', groups: ['prime256v1'] }, t)
      const address = `127.0.0.1:${doors.imaps}`
      const words = { services: { imap: { dialect: 'imap', tls: 'starttls', backend: { address, tls: 'implicit', ...backend } } } }
      const { port, record } = await startGate(words, t, ['rsa'], (folder) =>
        writeFileSync(join(folder, 'modern.yaml'), 'base: mozilla-modern\ngroups: [x25519]\n'),
      )
      assert.match(await hears(port('imap'), ['a LOGOUT\r\n'], 1500), heard)
      const { ended } = await record()
      if (reason === undefined) assert.equal(ended.reason, undefined)
      else assert.match(ended.reason ?? '', reason)
    })
  }
})

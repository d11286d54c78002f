import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeDialect } from './laws.test.ts'
import { postgres } from './postgres.ts'

const ASK = 'C< 00 00 00 08 04 d2 16 2f'

describeDialect(postgres, [
  {
    why: 'one byte says yes',
    talk: `${ASK}
           S= S`,
    outcome: { kind: 'ready' },
    clear: { starttls: 'offered', authComplete: false },
  },
  {
    why: 'one byte says no',
    talk: `${ASK}
           S= N`,
    outcome: { kind: 'not-offered', heard: 'N' },
    clear: { starttls: 'missing' },
  },
  {
    why: 'an error in the form of protocol 3: too many clients',
    talk: `${ASK}
           S< 45 00 00 00 24 53 46 41 54 41 4c 00 43 35 33 33 30 30 00 4d 73 6f 72 72 79 2c 20 74 6f 6f 20 6d 61 6e 79 00 00`,
    outcome: { kind: 'refused', heard: '53300 sorry, too many', temporary: true },
  },
  {
    why: 'an error in the form of protocol 3 that does not pass: no pg_hba.conf entry',
    talk: `${ASK}
           S< 45 00 00 00 11 43 32 38 30 30 30 00 4d 6e 6f 21 00 00`,
    outcome: { kind: 'refused', heard: '28000 no!', temporary: false },
    clear: { starttls: 'refused' },
  },
  {
    why: 'an error in the form of protocol 2, from a server that could not fork',
    talk: `${ASK}
           S< 45 63 6f 75 6c 64 20 6e 6f 74 20 66 6f 72 6b 0a 00`,
    outcome: { kind: 'refused', heard: 'could not fork', temporary: true },
  },
  {
    why: 'a web server',
    talk: `${ASK}
           S: HTTP/1.1 400 Bad Request`,
    outcome: { kind: 'wrong-protocol', heard: 'HTTP/1.1 400 Bad Request' },
  },
])

test('the smuggled StartupMessage counts its own length, and an answer to it is told from silence', () => {
  const command = Buffer.from(postgres.injection!.command, 'latin1')
  assert.equal(command.readUInt32BE(0), command.length)
  assert.equal(command.readUInt32BE(4), 0x30000)
  assert.equal(postgres.injection?.answered('R\0\0\0\x0c\0\0\0\x05salt'), true)
  assert.equal(postgres.injection?.answered('E\0\0\0\x40SFATAL\0C28000\0Mno\0\0'), true)
  assert.equal(postgres.injection?.answered('E\0\0\0\x40SFATAL\0C08P01\0Mreceived unencrypted data after SSL request\0\0'), false)
  assert.equal(postgres.injection?.answered(''), false)
})

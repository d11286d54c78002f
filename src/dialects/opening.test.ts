import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MAX_REPLY_LENGTH } from './cutter.ts'
import { imap } from './imap.ts'
import { ldap } from './ldap.ts'
import { MAX_REPLIES, Opening } from './opening.ts'
import { smtp } from './smtp.ts'

const NAMES = { clientName: 'client.example', serverName: 'server.example' }

function started(dialect: typeof smtp): Opening {
  const opening = new Opening(dialect, NAMES)
  opening.start()
  return opening
}

describe('Opening keeps bounds', () => {
  test('a reply of MAX_REPLY_LENGTH is read, one character more is not', () => {
    const line = (length: number) => Buffer.from(`220 ${'a'.repeat(length - 6)}\r\n`)
    assert.equal(started(smtp).push(line(MAX_REPLY_LENGTH)).send, 'EHLO client.example\r\n')
    assert.throws(() => started(smtp).push(line(MAX_REPLY_LENGTH + 1)), {
      code: 'REPLY_TOO_LONG',
      fault: 'peer',
      message: 'Cannot read SMTP reply: it does not end within 65536 characters',
    })
  })

  test('a reply that cannot end within the bound is refused before it has come', () => {
    assert.throws(() => started(ldap).push(Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff])), { code: 'REPLY_TOO_LONG' })
    assert.throws(() => started(imap).push(Buffer.from('* OK {99999999}\r\n')), { code: 'REPLY_TOO_LONG' })
  })

  test('MAX_REPLIES replies are heard, one more is not', () => {
    const chatter = (count: number) => Buffer.from(`* OK hello\r\n${'* OK again\r\n'.repeat(count - 1)}`)
    assert.equal(started(imap).push(chatter(MAX_REPLIES)).send, 'p1 CAPABILITY\r\n')
    assert.throws(() => started(imap).push(chatter(MAX_REPLIES + 1)), { code: 'TOO_MANY_REPLIES', fault: 'peer' })
  })

  test('a megabyte in one piece is no more than its first reply too long', () => {
    assert.throws(() => started(smtp).push(Buffer.alloc(1 << 20, '2')), { code: 'REPLY_TOO_LONG' })
  })
})

describe('Opening takes bytes as they come', () => {
  test('a view into a larger buffer is read where it points', () => {
    const large = Buffer.from('xxxx220 a\r\nyyyy')
    assert.equal(started(smtp).push(new Uint8Array(large.buffer, large.byteOffset + 4, 7)).send, 'EHLO client.example\r\n')
  })

  test('what is kept does not change when the buffer is used again', () => {
    const opening = started(smtp)
    const buffer = Buffer.from('220 mail')
    opening.push(buffer)
    buffer.fill(0)
    opening.push(Buffer.from('.example\r\n'))
    assert.equal(opening.clear.banner, 'mail.example')
  })
})

describe('Opening in lockstep', () => {
  const rows: readonly (readonly [why: string, segments: readonly string[], refused: boolean])[] = [
    ['answers in time', ['220 a\r\n', '250-a\r\n250 STARTTLS\r\n', '220 go\r\n'], false],
    ['a greeting of several lines', ['220-a\r\n220 b\r\n'], false],
    ['a line cut in two', ['22', '0 a\r\n', '250-a\r\n25', '0 STARTTLS\r\n'], false],
    ['an answer with the greeting', ['220 a\r\n250-a\r\n250 STARTTLS\r\n'], true],
    ['the beginning of one', ['220 a\r\n2'], true],
    ['the go-ahead with what it goes ahead of', ['220 a\r\n', '250-a\r\n250 STARTTLS\r\n220 go\r\n'], true],
  ]
  for (const [why, segments, refused] of rows) {
    test(`${refused ? 'refuses' : 'takes'} ${why}`, () => {
      const talk = (lockstep: boolean): void => {
        const opening = new Opening(smtp, { ...NAMES, lockstep })
        opening.start()
        for (const segment of segments) opening.push(Buffer.from(segment))
      }
      talk(false)
      if (refused) assert.throws(() => talk(true), { code: 'STARTTLS_INJECTION', fault: 'peer' })
      else talk(true)
    })
  }
})

describe('Opening.end()', () => {
  test('a peer that closes without a word has not refused TLS', () => {
    const opening = started(smtp)
    assert.deepEqual(opening.end(), { kind: 'refused', heard: '', temporary: true })
    assert.equal(opening.clear.starttls, 'unknown')
  })

  test('what was heard of half a reply is told', () => {
    const opening = started(smtp)
    opening.push(Buffer.from('220-mail.example please wa'))
    assert.deepEqual(opening.end(), { kind: 'refused', heard: '220-mail.example please wa', temporary: true })
  })

  test('after an outcome it changes nothing', () => {
    const opening = started(smtp)
    opening.push(Buffer.from('554 no\r\n'))
    assert.deepEqual(opening.end(), { kind: 'refused', heard: '554 no', temporary: false })
  })
})

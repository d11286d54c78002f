import assert from 'node:assert/strict'
import { Talker } from '../talker.ts'

/** Anna, whose password is `x`, puts a message into her mailbox and reads it, after STARTTLS or in TLS from the start, and cannot log in before. */
export async function readsAndWrites(port: number, service: 'imap' | 'imaps'): Promise<void> {
  const talker = service === 'imaps' ? await Talker.inTls(port) : await Talker.to(port)
  await talker.hears(/^\* OK .*\r\n/)
  if (service === 'imap') {
    assert.match(await talker.asks('e LOGIN anna x\r\n', /^e .*\r\n/m), /^e NO \[PRIVACYREQUIRED\]/m)
    await talker.asks('s STARTTLS\r\n', /^s OK/m)
    await talker.secure()
  }
  assert.doesNotMatch(await talker.asks('c CAPABILITY\r\n', /^c OK/m), /STARTTLS|LOGINDISABLED/)
  await talker.asks('a LOGIN anna x\r\n', /^a OK/m)
  const message = `Subject: ${service}\r\n\r\nA line.\r\n`
  await talker.asks(`p APPEND INBOX {${message.length}}\r\n`, /^\+ /m)
  await talker.asks(`${message}\r\n`, /^p OK/m)
  await talker.asks('b SELECT INBOX\r\n', /^b OK/m)
  assert.ok((await talker.asks('f FETCH * BODY[]\r\n', /^f OK/m)).includes(message))
  talker.leave()
}

/** Anna reads by POP3 what somebody has put into her mailbox, after STLS or in TLS from the start, and cannot log in before. */
export async function reads(port: number, service: 'pop3' | 'pop3s'): Promise<void> {
  const talker = service === 'pop3s' ? await Talker.inTls(port) : await Talker.to(port)
  await talker.hears(/^\+OK.*\r\n/)
  if (service === 'pop3') {
    assert.match(await talker.asks('USER anna\r\n', /\r\n/), /^-ERR \[SYS\/PERM\]/)
    await talker.asks('STLS\r\n', /^\+OK/)
    await talker.secure()
  }
  assert.doesNotMatch(await talker.asks('CAPA\r\n', /\r\n\.\r\n/), /STLS/)
  await talker.asks('USER anna\r\n', /^\+OK/)
  await talker.asks('PASS x\r\n', /^\+OK/)
  assert.ok((await talker.asks('RETR 1\r\n', /\r\n\.\r\n/)).includes('\r\n\r\nA line.\r\n'))
  await talker.asks('QUIT\r\n', /^\+OK/)
  talker.leave()
}

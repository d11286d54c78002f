import { Talker } from '../talker.ts'

let senders = 0

/** Another address of loopback each time: connections to next hops are kept for whoever comes again. */
function anotherSender(): string {
  senders += 1
  return `127.0.${1 + Math.floor(senders / 250)}.${1 + (senders % 250)}`
}

/**
 * Sends one message, and gives the last reply: to the sender, to the recipient, to DATA or to the message. `mail`: what stands behind the sender. `secure`:
 * in TLS. `from`: the address of who sends; without it, another each time.
 */
export async function sendTo(
  port: number,
  content: string,
  recipient = 'b@d.example',
  mail = '',
  secure = false,
  from: string = anotherSender(),
): Promise<string> {
  const talker = await Talker.to(port, from)
  const reply = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/
  await talker.hears(reply)
  await talker.asks('EHLO old.example\r\n', reply)
  if (secure) {
    await talker.asks('STARTTLS\r\n', reply)
    await talker.secure()
    await talker.asks('EHLO old.example\r\n', reply)
  }
  let said = await talker.asks(`MAIL FROM:<a@old.example>${mail}\r\n`, reply)
  if (said.startsWith('250 ')) said = await talker.asks(`RCPT TO:<${recipient}>\r\n`, reply)
  if (said.startsWith('250 ')) said = await talker.asks('DATA\r\n', reply)
  if (said.startsWith('354 ')) said = await talker.asks(`${content}.\r\n`, reply)
  talker.say('QUIT\r\n')
  await talker.isClosed()
  return said
}

/** What a destination of the tests says in the end. */
export const SENT: RegExp = /^250 2\.0\.0 Ok: queued as X\r\n$/

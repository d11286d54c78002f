import { Talker } from '../talker.ts'

/** Not the address of the gate: it stands for a client that is elsewhere. */
export const STRANGER = '127.0.0.2'

/** What a server answers to somebody at that address, who is not logged in and wants it to send mail to anywhere. */
export async function asksToRelay(port: number, from: string): Promise<string> {
  const talker = await Talker.to(port, from)
  await talker.hears(/^220 .*\r\n/)
  await talker.asks('EHLO client.example\r\n', /\r\n250 [^\r]*\r\n/)
  await talker.asks('MAIL FROM:<a@example.org>\r\n', /^250 /)
  const answer = await talker.asks('RCPT TO:<somebody@example.com>\r\n', /\r\n/)
  talker.leave()
  return answer
}

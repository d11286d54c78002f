/**
 * Sends messages through a gate, each of them until it is acknowledged, and says which attempts were: `node sending-client.ts PORT NAME FROM TO ATTEMPT
 * OCTETS`, where ATTEMPT is that of the first. It runs in a process of its own, which may be killed at any time: what it says of a message is out before it goes on.
 */
import { writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { Octets, sentMessage, stuffed, type SentMessage } from './sent-message.ts'
import { Talker } from './talker.ts'

const [port = '', name = '', from = '', to = '', first = '', octets = ''] = process.argv.slice(2)
const chance = new Octets(`${name} ${from}.${first}`)
let attempt = Number(first)
/** The server takes chunks; what would be one goes as DATA where it does not. */
let chunking = false

async function open(): Promise<Talker> {
  const talker = await Talker.to(Number(port))
  await talker.hears(/^220 .*\r\n/)
  const ehlo = (): Promise<string> => talker.asks('EHLO client.example\r\n', /\r\n250 [^\r]*\r\n/)
  chunking = (await ehlo()).includes('CHUNKING')
  if (chance.below(2) === 0) {
    await talker.asks('STARTTLS\r\n', /^220 /)
    await talker.secure()
    await ehlo()
  }
  return talker
}

async function send(talker: Talker, { way, content, id }: SentMessage): Promise<void> {
  const begin = `MAIL FROM:<${id}@client.example>\r\nRCPT TO:<b@example.net>\r\n`
  if (way === 'bdat' && chunking) {
    const cut = chance.below(content.length)
    const parts = [begin, `BDAT ${cut}\r\n`, content.subarray(0, cut), `BDAT ${content.length - cut} LAST\r\n`, content.subarray(cut)]
    await talker.asks(Buffer.concat(parts.map((part) => Buffer.from(part))), /^(?:(?:250-[^\r]*\r\n)*250 [^\r]*\r\n){4}/)
    return
  }
  await talker.asks(`${begin}DATA\r\n`, /^250 [^\r]*\r\n250 [^\r]*\r\n354 /)
  await talker.asks(Buffer.concat([stuffed(content), Buffer.from('.\r\n')]), /^250 /)
}

let talker: Talker | undefined
for (let number = Number(from); number < Number(to);) {
  while (talker === undefined) {
    talker = await open().catch(() => undefined)
    if (talker === undefined) await delay(50)
  }
  writeSync(1, `trying ${number} ${attempt}\n`)
  try {
    await send(talker, sentMessage(`${name}-${number}.${attempt}`, octets === 'text' ? 'text' : 'any'))
  } catch {
    attempt += 1
    talker.leave()
    talker = undefined
    continue
  }
  writeSync(1, `acknowledged ${number} ${attempt}\n`)
  number += 1
  attempt = 0
  if (chance.below(4) > 0) continue
  talker.say('QUIT\r\n')
  talker.leave()
  talker = undefined
}
process.exit(0)

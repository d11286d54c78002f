/**
 * Messages a second that a Postfix sends through an outlet, beside the same Postfix delivering directly, both in TLS to the same other Postfix:
 * `node bench/outlet/run.ts [MESSAGES] [ROUNDS]`. And how long a message takes, one after the other.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../test/peers/free-port.ts'
import { startPeer, type Peer } from '../../test/peers/index.ts'
import { runGateProcess } from '../../test/gate/gate-process.ts'
import { Talker } from '../../test/gate/talker.ts'

const [messages = 1000, rounds = 3] = process.argv.slice(2).map(Number)
const SERVICES = 'smtp unix - - n - 20 smtp\nretry unix - - n - - error\ndiscard unix - - n - - discard\n'

type Way = 'directly' | 'outlet'

/** Messages a second from the first that is given to the last that is sent. */
async function rate(sending: Peer<'postfix'>): Promise<number> {
  const sent = (): number => sending.log().split('status=sent').length - 1
  const before = sent()
  const began = performance.now()
  const words = [
    '-s',
    '10',
    '-m',
    String(messages),
    '-l',
    '4096',
    '-f',
    'a@example.org',
    '-t',
    'b@example.com',
    `127.0.0.1:${sending.doors.smtp}`,
  ]
  const source = spawn('/usr/sbin/smtp-source', words, { stdio: 'inherit' })
  await once(source, 'close')
  while (sent() < before + messages) await delay(20)
  return messages / ((performance.now() - began) / 1000)
}

/** Milliseconds of one message in a connection that stands, the median of a hundred. */
async function latency(port: number): Promise<number> {
  const talker = await Talker.to(port)
  await talker.hears(/^220 .*\r\n/)
  await talker.asks('EHLO a.example\r\n', /\r\n250 [^\r]*\r\n/)
  const times: number[] = []
  for (let count = 0; count < 100; count += 1) {
    const began = performance.now()
    await talker.asks('MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n', /354 [^\r]*\r\n/)
    await talker.asks('Subject: x\r\n\r\nx\r\n.\r\n', /^250 .*\r\n/)
    times.push(performance.now() - began)
  }
  talker.leave()
  return times.toSorted((one, other) => one - other)[50] ?? 0
}

const receiving = await startPeer('postfix', { main: 'default_transport = discard\nrelay_transport = discard\n', services: SERVICES })
const port = await freePort()
const out = { listen: `127.0.0.1:${port}`, dialect: 'smtp', tls: 'none', policy: 'mozilla-intermediate' }
const gate = await runGateProcess({
  log: 'none',
  services: { out: { ...out, outlet: { to: `127.0.0.1:${receiving.doors.smtp}`, tls: 'required' } } },
})
const through = (to: number, tls: string): ReturnType<typeof startPeer<'postfix'>> =>
  startPeer('postfix', { main: `relayhost = [127.0.0.1]:${to}\nsmtp_tls_security_level = ${tls}\n`, services: SERVICES })
const senders = { directly: await through(receiving.doors.smtp, 'encrypt'), outlet: await through(port, 'none') }
const rates: Record<Way, number[]> = { directly: [], outlet: [] }
try {
  for (let round = 0; round < rounds; round += 1)
    for (const way of ['directly', 'outlet'] as const) rates[way].push(await rate(senders[way]))
  const best = (way: Way): number => Math.max(...rates[way])
  const [direct, behind] = [await latency(receiving.doors.smtp), await latency(port)]
  process.stdout.write(
    `messages a second: directly ${best('directly').toFixed(0)}, through the outlet ${best('outlet').toFixed(0)}, ratio ${(best('outlet') / best('directly')).toFixed(2)}\n` +
      `a message, median: in the clear to the next hop ${direct.toFixed(2)} ms, through the outlet in TLS ${behind.toFixed(2)} ms, added ${(behind - direct).toFixed(2)} ms\n`,
  )
} finally {
  await gate.end()
  for (const peer of [senders.directly, senders.outlet, receiving]) await peer.stop()
}

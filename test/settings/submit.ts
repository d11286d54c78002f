/**
 * Gives a server a message for somebody elsewhere, so that it connects to the next one:
 *
 *     node submit.ts PORT
 */
import { connect } from 'node:net'

const PATIENCE_MS = 10_000

const lines = ['EHLO localhost', 'MAIL FROM:<a@example.test>', 'RCPT TO:<b@example.com>', 'DATA', 'Subject: x\r\n\r\nx\r\n.', 'QUIT']
const socket = connect(Number(process.argv[2]), '127.0.0.1')
setTimeout(() => process.exit(1), PATIENCE_MS)
socket.on('error', () => process.exit(1))
socket.on('data', (chunk: Buffer) => {
  if (/^[45]/m.test(chunk.toString('latin1'))) {
    process.stderr.write(chunk)
    process.exit(1)
  }
  const line = lines.shift()
  if (line === undefined) process.exit(0)
  socket.write(`${line}\r\n`)
})

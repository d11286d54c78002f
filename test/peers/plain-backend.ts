import { serveLoopback, type Loopback } from './loopback.ts'

/** The mail protocols that a plain backend can begin. */
export type PlainProtocol = 'smtp' | 'imap' | 'pop3'

const GREETING: Readonly<Record<PlainProtocol, string>> = {
  smtp: '220 mail.example.test ESMTP\r\n',
  imap: '* OK [CAPABILITY IMAP4rev1] ready\r\n',
  pop3: '+OK ready\r\n',
}

/** A mail server without TLS that greets and knows hardly a command: what a TLS wrapper has behind it. */
export function plainBackend(protocol: PlainProtocol, port = 0): Promise<Loopback> {
  return serveLoopback((socket) => {
    socket.on('data', (bytes) => socket.write(answer(protocol, bytes.toString('latin1'))))
    socket.on('end', () => socket.end())
    socket.write(GREETING[protocol])
  }, port)
}

function answer(protocol: PlainProtocol, line: string): string {
  if (protocol === 'imap') {
    const tag = line.split(' ')[0] ?? '*'
    return /^\S+ CAPABILITY/i.test(line) ? `* CAPABILITY IMAP4rev1\r\n${tag} OK done\r\n` : `${tag} BAD unknown\r\n`
  }
  if (protocol === 'pop3') return '-ERR unknown\r\n'
  return /^(?:EHLO|HELO)/i.test(line) ? '250-mail.example.test\r\n250 8BITMIME\r\n' : '502 5.5.1 unknown\r\n'
}

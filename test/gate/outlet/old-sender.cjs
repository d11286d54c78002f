'use strict'
// Sends mail as a server of its time does, from Node 8 on: so no newer syntax. `node8 old-sender.cjs PORT VERSION`, where the version of TLS is the only one, or
// `clear`. Messages come on standard input, each behind a line with its name, its recipient and its octets, dots stuffed; what becomes of each is said in a line.
const net = require('net')
const tls = require('tls')

const port = Number(process.argv[2])
const version = process.argv[3]
const METHODS = { TLSv1: 'TLSv1_client_method' }
const REPLY = /^(?:\d{3}-[^\n]*\n)*\d{3} [^\n]*\n/
/** How many messages go over one connection. */
const MOST = 20

class Conversation {
  constructor(socket) {
    this.socket = socket
    this.heard = ''
    this.over = false
    this.wake = () => {}
    const over = () => {
      this.over = true
      this.wake()
    }
    socket.setTimeout(60000, () => socket.destroy())
    socket.on('error', over)
    socket.on('close', over)
    socket.on('end', over)
    socket.on('data', (bytes) => {
      this.heard += bytes.toString('latin1')
      this.wake()
    })
  }

  async hears(code) {
    for (;;) {
      const found = REPLY.exec(this.heard)
      if (found !== null) {
        this.heard = this.heard.slice(found[0].length)
        if (!found[0].startsWith(code)) throw new Error(found[0].trim())
        return
      }
      if (this.over) throw new Error('the connection is gone')
      await new Promise((resolve) => (this.wake = resolve))
    }
  }

  asks(text, code) {
    this.socket.write(text)
    return this.hears(code)
  }
}

async function open() {
  const plain = net.connect(port, '127.0.0.1')
  let conversation = new Conversation(plain)
  await conversation.hears('220')
  await conversation.asks('EHLO old.example\r\n', '250')
  if (version === 'clear') return conversation
  await conversation.asks('STARTTLS\r\n', '220')
  plain.removeAllListeners('data')
  const secure = tls.connect({ socket: plain, secureProtocol: METHODS[version], rejectUnauthorized: false })
  conversation = new Conversation(secure)
  await new Promise((resolve, reject) => {
    secure.once('secureConnect', resolve)
    secure.once('error', reject)
    secure.once('close', () => reject(new Error('the connection is gone')))
  })
  if (secure.getProtocol() !== version) throw new Error(`it is ${secure.getProtocol()}`)
  await conversation.asks('EHLO old.example\r\n', '250')
  return conversation
}

let standing
let used = 0

async function send(name, recipient, content) {
  try {
    if (standing === undefined) standing = await open()
    await standing.asks(`MAIL FROM:<${name}@client.example>\r\n`, '250')
    await standing.asks(`RCPT TO:<${recipient}>\r\n`, '250')
    await standing.asks('DATA\r\n', '354')
    standing.socket.write(content)
    await standing.asks('.\r\n', '250')
    console.log(`taken ${name}`)
    used += 1
  } catch (error) {
    console.log(`failed ${name} ${String(error.message).split('\n')[0]}`)
    used = MOST
  }
  if (used < MOST) return
  if (standing !== undefined) standing.socket.end('QUIT\r\n')
  standing = undefined
  used = 0
}

let input = Buffer.alloc(0)
let busy = false

async function next() {
  const end = input.indexOf('\n')
  if (busy || end < 0) return
  const words = input.toString('latin1', 0, end).split(' ')
  const length = Number(words[2])
  if (input.length < end + 1 + length) return
  const content = input.slice(end + 1, end + 1 + length)
  input = input.slice(end + 1 + length)
  busy = true
  await send(words[0], words[1], content)
  busy = false
  next()
}

process.stdin.on('data', (bytes) => {
  input = Buffer.concat([input, bytes])
  next()
})
process.stdin.on('end', () => process.exit())

'use strict'
// The TLS of the Node that runs this, from version 8 on: so no newer syntax. Its one argument is JSON: doors, files and the
// options of tls.createServer; see servers/node.ts.
const fs = require('fs')
const net = require('net')
const tls = require('tls')

const given = JSON.parse(process.argv[2])
const read = (file) => fs.readFileSync(file)
const options = Object.assign({}, given.options, {
  key: given.keys.map(read),
  cert: given.chains.map(read),
})
if (given.dhparam !== undefined) options.dhparam = given.dhparam === 'auto' ? 'auto' : read(given.dhparam)
if (given.ticketKeys !== undefined) options.ticketKeys = Buffer.from(given.ticketKeys, 'hex')

const server = tls.createServer(options, (socket) => {
  socket.on('error', () => {})
  socket.setTimeout(10000, () => socket.destroy())
  console.log(`met ${socket.getProtocol()} ${socket.getCipher().name}`)
  // Node keeps the socket below under this name.
  serve(socket, given.speaks === true && socket._parent ? socket._parent.dialect : undefined)
})
server.on('tlsClientError', (error, socket) => {
  console.log(`failed ${error.message}`)
  socket.destroy()
})
if (given.staple !== undefined) server.on('OCSPRequest', (certificate, issuer, callback) => callback(null, read(given.staple)))

const DIALECTS = {
  smtp: {
    greeting: '220 mail.example.test ESMTP\r\n',
    answer: (line) =>
      /^(?:EHLO|HELO)/i.test(line) ? '250-mail.example.test\r\n250-STARTTLS\r\n250 8BITMIME\r\n' : '502 5.5.1 unknown\r\n',
    starts: /^STARTTLS$/i,
    go: () => '220 2.0.0 go ahead\r\n',
  },
  imap: {
    greeting: '* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n',
    answer: (line) => {
      const tag = line.split(' ')[0]
      return /^\S+ CAPABILITY$/i.test(line) ? `* CAPABILITY IMAP4rev1 STARTTLS\r\n${tag} OK done\r\n` : `${tag} BAD unknown\r\n`
    },
    starts: /^\S+ STARTTLS$/i,
    go: (line) => `${line.split(' ')[0]} OK begin\r\n`,
  },
}

// Answers lines of a dialect; without one it greets like a web server would not.
function serve(socket, name) {
  const dialect = DIALECTS[name]
  if (dialect === undefined) {
    socket.end('hello\r\n')
    return
  }
  socket.on('data', (bytes) => socket.write(dialect.answer(bytes.toString('latin1').trim())))
}

function front(name) {
  const dialect = DIALECTS[name]
  return net.createServer((socket) => {
    socket.on('error', () => {})
    socket.setTimeout(10000, () => socket.destroy())
    let text = ''
    const listen = (bytes) => {
      text += bytes.toString('latin1')
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const line = text.slice(0, end).trim()
        text = text.slice(end + 1)
        if (dialect.starts.test(line)) {
          socket.removeListener('data', listen)
          socket.pause()
          if (text !== '') socket.unshift(Buffer.from(text, 'latin1'))
          socket.write(dialect.go(line))
          socket.dialect = name
          server.emit('connection', socket)
          return
        }
        socket.write(dialect.answer(line))
      }
    }
    socket.on('data', listen)
    socket.write(dialect.greeting)
  })
}

server.listen(given.doors.tls, '127.0.0.1')
front('smtp').listen(given.doors.smtp, '127.0.0.1')
front('imap').listen(given.doors.imap, '127.0.0.1')

'use strict'
// One end of many handshakes, with the TLS of the Node that runs this, from version 8 on: so no newer syntax.
// Jobs come as lines of JSON on standard input, answers leave as lines of JSON on standard output.
const fs = require('fs')
const tls = require('tls')

const LIMIT = 4000

const say = (answer) => process.stdout.write(JSON.stringify(answer) + '\n')

const read = (files) => (files === undefined ? undefined : files.map((file) => fs.readFileSync(file)))

const failure = (error) => ({ ok: false, error: `${error.code || ''} ${error.message}`.slice(0, 300) })

function optionsOf(job) {
  const options = Object.assign({}, job.options)
  if (job.keys !== undefined) {
    options.key = read(job.keys)
    options.cert = read(job.certificates)
  }
  if (job.dhparam !== undefined) options.dhparam = fs.readFileSync(job.dhparam)
  return options
}

function serve(job) {
  let told = false
  let server
  const tell = (outcome) => {
    if (told) return
    told = true
    clearTimeout(timer)
    say(Object.assign({ id: job.id }, outcome))
    server.close()
  }
  const timer = setTimeout(() => tell({ ok: false, error: 'no handshake' }), LIMIT)
  try {
    server = tls.createServer(optionsOf(job), (socket) => {
      socket.on('error', () => {})
      socket.on('data', () => {})
      socket.setTimeout(LIMIT, () => socket.destroy())
      const outcome = { ok: true, protocol: socket.getProtocol(), alpn: socket.alpnProtocol || null }
      socket.end()
      tell(outcome)
    })
  } catch (error) {
    clearTimeout(timer)
    say({ id: job.id, refused: String(error.message) })
    return
  }
  server.on('tlsClientError', (error, socket) => {
    tell(failure(error))
    // Node sends the alert first and destroys nothing by itself.
    if (socket !== undefined) setTimeout(() => socket.destroy(), 20)
  })
  server.on('error', (error) => tell(failure(error)))
  server.listen(0, '127.0.0.1', () => say({ id: job.id, port: server.address().port }))
}

function connect(job) {
  let told = false
  let socket
  const tell = (outcome) => {
    if (told) return
    told = true
    clearTimeout(timer)
    say(Object.assign({ id: job.id }, outcome))
    if (socket !== undefined) socket.end()
  }
  const timer = setTimeout(() => tell({ ok: false, error: 'no answer' }), LIMIT)
  try {
    socket = tls.connect(Object.assign({ host: '127.0.0.1', port: job.port, rejectUnauthorized: false, minDHSize: 1 }, optionsOf(job)))
  } catch (error) {
    clearTimeout(timer)
    say({ id: job.id, refused: String(error.message) })
    return
  }
  socket.on('secureConnect', () => {
    const peer = socket.getPeerCertificate()
    tell({ ok: true, protocol: socket.getProtocol(), fingerprint: (peer && peer.fingerprint) || null, alpn: socket.alpnProtocol || null })
  })
  socket.on('error', (error) => tell(failure(error)))
  socket.on('close', () => tell({ ok: false, error: 'closed' }))
}

let text = ''
process.stdin.setEncoding('utf8')
process.stdin.on('data', (piece) => {
  text += piece
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
    const job = JSON.parse(text.slice(0, end))
    text = text.slice(end + 1)
    if (job.role === 'server') serve(job)
    else connect(job)
  }
})
process.stdin.on('end', () => process.exit(0))

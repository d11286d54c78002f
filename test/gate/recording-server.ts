/**
 * An SMTP server that acknowledges a message when it is in a file, and not before. It runs in a process of its own, which may be killed at any time:
 * `node recording-server.ts PORT FOLDER [KEY CHAIN]`, with files of a certificate for STARTTLS.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { createSecureContext, TLSSocket } from 'node:tls'

const [port = '', folder = '', key, chain] = process.argv.slice(2)
const secureContext =
  key === undefined || chain === undefined ? undefined : createSecureContext({ key: readFileSync(key), cert: readFileSync(chain) })
let count = 0

function record(content: Buffer): void {
  count += 1
  const name = join(folder, `${process.pid}-${count}`)
  writeFileSync(`${name}.part`, content)
  renameSync(`${name}.part`, `${name}.message`)
}

const END = Buffer.from('\r\n.\r\n')

class Session {
  readonly #socket: Socket
  #rest = Buffer.alloc(0)
  #state: 'command' | 'content' | { left: number; readonly last: boolean } = 'command'
  #chunks: Buffer[] = []

  constructor(socket: Socket) {
    this.#socket = socket
    if (!(socket instanceof TLSSocket)) socket.write('220 behind ESMTP\r\n')
  }

  readonly push = (bytes: Buffer): void => {
    this.#rest = Buffer.concat([this.#rest, bytes])
    while (this.#next());
  }

  #next(): boolean {
    if (this.#state === 'command') return this.#command()
    return this.#state === 'content' ? this.#content() : this.#chunk(this.#state)
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return taken
  }

  #content(): boolean {
    // The CRLF of DATA is the first line's beginning.
    const whole = Buffer.concat([Buffer.from('\r\n'), this.#rest])
    const at = whole.indexOf(END)
    if (at < 0) return false
    this.#take(at + END.length - 2)
    record(
      Buffer.from(
        whole
          .subarray(0, at + 2)
          .toString('latin1')
          .replaceAll('\r\n.', '\r\n')
          .slice(2),
        'latin1',
      ),
    )
    this.#state = 'command'
    this.#socket.write('250 2.0.0 queued\r\n')
    return true
  }

  #chunk(chunk: { left: number; readonly last: boolean }): boolean {
    if (this.#rest.length === 0 && chunk.left > 0) return false
    const taken = this.#take(chunk.left)
    chunk.left -= taken.length
    this.#chunks.push(taken)
    if (chunk.left > 0) return false
    if (chunk.last) record(Buffer.concat(this.#chunks.splice(0)))
    this.#state = 'command'
    this.#socket.write('250 2.0.0 ok\r\n')
    return true
  }

  #command(): boolean {
    const at = this.#rest.indexOf('\r\n')
    if (at < 0) return false
    const line = this.#take(at + 2)
      .toString('latin1')
      .trimEnd()
    const [verb = '', size = '', last] = line.split(' ')
    if (verb === 'BDAT') {
      this.#state = { left: Number(size), last: last === 'LAST' }
      return true
    }
    if (verb === 'DATA') this.#state = 'content'
    if (verb === 'QUIT') this.#socket.end('221 2.0.0 bye\r\n')
    else if (verb === 'STARTTLS') this.#startTls()
    else if (verb === 'EHLO')
      this.#socket.write(`250-behind\r\n250-PIPELINING\r\n250-8BITMIME\r\n${this.#mayStartTls() ? '250-STARTTLS\r\n' : ''}250 CHUNKING\r\n`)
    else this.#socket.write(verb === 'DATA' ? '354 go on\r\n' : '250 2.1.0 ok\r\n')
    return true
  }

  #mayStartTls(): boolean {
    return secureContext !== undefined && !(this.#socket instanceof TLSSocket)
  }

  #startTls(): void {
    this.#socket.off('data', this.push)
    this.#socket.write('220 2.0.0 go on\r\n')
    serve(new TLSSocket(this.#socket, { isServer: true, ...(secureContext === undefined ? {} : { secureContext }) }))
  }
}

function serve(socket: Socket): void {
  const session = new Session(socket)
  socket.on('error', () => socket.destroy())
  socket.on('data', session.push)
}

createServer(serve).listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'))

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { freePort, isFree, listeners } from './free-port.ts'
import { needPeer, startPeer } from './index.ts'

/** `freePort` with a dice that throws 0.5 twice and goes on by steps from there. */
const LOADED = `
  let throws = 0
  Math.random = () => 0.5 + Math.max(0, throws++ - 1) / 1000
`

test('a port that was given is given to nobody else, here or in another process, while this one lives', async () => {
  const free = JSON.stringify(new URL('./free-port.ts', import.meta.url).href)
  const program = `${LOADED}
    const { freePort } = await import(${free})
    console.log(JSON.stringify([await freePort(), await freePort()]))
    process.stdin.once('data', () => process.exit())`
  const command = ['--input-type=module', '-e', program]
  const first = spawn(process.execPath, command, { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = (await once(first.stdout, 'data')) as [Buffer]
  const given = JSON.parse(line.toString()) as readonly number[]
  const running = promisify(execFile)(process.execPath, command)
  running.child.stdin?.end('end\n')
  const others = JSON.parse((await running).stdout) as readonly number[]
  first.stdin.end('end\n')
  assert.equal(new Set([...given, ...others]).size, 4, `${given.join(' ')}, ${others.join(' ')}`)
})

test(
  'a server that lost its port, or was given one twice, starts on others',
  { skip: needPeer('dovecot') || needPeer('vsftpd') },
  async (t) => {
    const [taken, twice] = [await freePort(), await freePort()]
    // Bound, and not listened on: Node can only do both.
    const hold = `import socket, sys; s = socket.socket(); s.bind(('127.0.0.1', ${taken})); print('bound', flush=True); sys.stdin.read()`
    const thief = spawn('python3', ['-c', hold], { stdio: ['pipe', 'pipe', 'inherit'] })
    t.after(() => thief.kill())
    await once(thief.stdout, 'data')
    assert.equal(await isFree(taken), false)
    const rows = [
      ['dovecot', [twice, twice], 'doveconf says: duplicate listener'],
      ['vsftpd', [taken], 'it says nothing'],
      ['exim', [taken], 'it says so, and waits until it can have it'],
    ] as const
    for (const [name, first, why] of rows) {
      const ports = [...first]
      const peer = await startPeer(name, {}, t, async () => ports.shift() ?? freePort())
      assert.ok(!Object.values<number>(peer.doors).some((port) => port === taken || port === twice), `${name}: ${why}`)
    }
  },
)

test('listeners are told from connections, on IPv4 and on IPv6', async (t) => {
  const server = createServer((socket) => void socket.on('error', () => {}).resume()).listen(0, '127.0.0.1')
  const other = createServer().listen(0, '::1')
  t.after(() => {
    server.close()
    other.close()
  })
  await Promise.all([once(server, 'listening'), once(other, 'listening')])
  const port = (one: Server): number => (one.address() as AddressInfo).port
  const client = connect(port(server), '127.0.0.1')
  t.after(() => client.destroy())
  await once(client, 'connect')
  const [four, six] = [listeners('/proc/net/tcp'), listeners('/proc/net/tcp6')]
  const seen = [four.has(port(server)), four.has(client.localPort ?? 0), four.has(port(other)), six.has(port(other)), six.has(port(server))]
  assert.deepEqual(seen, [true, false, false, true, false])
})

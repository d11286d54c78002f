import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test, type TestContext } from 'node:test'
import fc from 'fast-check'
import { PosternError } from '../../errors.ts'
import { askAdmin, askStatus } from './admin-client.ts'
import { AdminServer } from './admin-server.ts'
import { replyOf, requestOf } from './admin-words.ts'
import { GateControl } from './control.ts'
import { Counts } from './counts.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-admin-'))
after(() => rmSync(folder, { recursive: true }))
const NOW = new Date('2027-03-01T12:00:00Z')
const CONFIG = { services: [], workers: 1, metrics: undefined, admin: undefined, links: { door: undefined, gates: [] } }

/** A gate without services, whose next configuration can be wrong. */
function control(next?: PosternError): GateControl {
  const counts = new Counts()
  const gate = {
    services: [],
    reload: () => Promise.resolve(),
    look: (connections: number) => Promise.resolve({ snapshot: counts.snapshot(), connections: counts.connections(connections) }),
  }
  return new GateControl(gate, CONFIG, {
    version: '0.1.0',
    pid: 4242,
    file: 'postern.yaml',
    now: () => NOW,
    read: () => (next === undefined ? Promise.resolve(CONFIG) : Promise.reject(next)),
    drain: 0,
    certificates: () => [],
    lost: () => ({ dropped: 0, messagesDropped: 0 }),
    later: () => [],
    reloading: () => undefined,
    reloaded: () => Promise.resolve(),
  })
}

async function open(name: string, t: Pick<TestContext, 'after'>, next?: PosternError): Promise<{ path: string; control: GateControl }> {
  const path = join(folder, name)
  const made = control(next)
  const server = await AdminServer.open(path, made)
  t.after(() => server.close())
  return { path, control: made }
}

/** What is said to a socket, and what is heard until it closes, or for `lines` lines. */
async function says(path: string, text: string, lines: number): Promise<string> {
  const socket = connect(path).setEncoding('utf8')
  socket.on('error', () => undefined)
  let heard = ''
  const over = new Promise<void>((resolve) => {
    socket.on('close', () => resolve())
    socket.on('data', (more: string) => {
      heard += more
      if (heard.split('\n').length > lines) resolve()
    })
  })
  socket.write(text)
  await over
  socket.destroy()
  return heard
}

describe('AdminServer', () => {
  test('is for its own user alone, and answers one line with one line, in their order', async (t) => {
    const { path } = await open('order', t)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    const [first = '', second = '', third = ''] = (
      await says(path, '{"ask":"nothing"}\n{"ask":"status"}\n{"ask":"connections"}\n', 3)
    ).split('\n')
    assert.match(first, /^\{"error":\{"fault":"input","code":"GATE_ADMIN_REQUEST"/)
    assert.match(second, /^\{"answer":\{"version":"0\.1\.0","pid":4242,/)
    assert.equal(third, '{"answer":[]}')
  })

  test('ends with whoever says a line without an end', async (t) => {
    const { path } = await open('long', t)
    assert.equal(await says(path, '{'.repeat(5000), 1), '')
  })

  test('says why a configuration is wrong, as the gate found it', async (t) => {
    const { path } = await open('wrong', t, new PosternError('input', 'GATE_CONFIG', 'Cannot read it: line 3', { remedy: 'Mend line 3.' }))
    const isIt = { fault: 'input', code: 'GATE_CONFIG', message: 'Cannot read it: line 3', remedy: 'Mend line 3.' }
    await assert.rejects(askStatus(path, 'reload'), isIt)
    const { configuration } = await askStatus(path)
    assert.deepEqual([configuration.generation, configuration.failures], [1, 1])
  })

  test('takes up one that is right, and drains', async (t) => {
    const { path, control } = await open('right', t)
    assert.equal((await askStatus(path, 'reload')).configuration.generation, 2)
    assert.deepEqual(await control.ready(), { ready: true, why: [] })
    assert.equal((await askStatus(path, 'drain')).state, 'draining')
    assert.equal(await control.drained, undefined)
    assert.deepEqual(await control.ready(), { ready: false, why: ['The gate drains.'] })
  })

  const taken: readonly (readonly [
    why: string,
    prepare: (path: string, t: Pick<TestContext, 'after'>) => Promise<unknown> | void,
    code: string,
    message: RegExp,
  ])[] = [
    ['a file of somebody', (path) => writeFileSync(path, 'x'), 'GATE_ADMIN_TAKEN', /there is something else of that name$/],
    [
      'a gate that runs',
      (path, t) => open(path.slice(folder.length + 1), t),
      'GATE_ADMIN_TAKEN',
      /it is that of the gate with process 4242$/,
    ],
    [
      'somebody who speaks otherwise',
      (path) =>
        once(
          createServer((socket) => void socket.end('hello\n'))
            .listen(path)
            .unref(),
          'listening',
        ),
      'GATE_ADMIN_TAKEN',
      /with process unknown$/,
    ],
  ]
  for (const [why, prepare, code, message] of taken) {
    test(`leaves alone what is there: ${why}`, async (t) => {
      const path = join(folder, why.replaceAll(' ', '-'))
      await prepare(path, t)
      await assert.rejects(AdminServer.open(path, control()), { code, message })
      assert.ok(statSync(path))
    })
  }

  test('says that it cannot listen where there is no folder, or too long a path', async () => {
    for (const path of [join(folder, 'none', 'a'), join(folder, 'x'.repeat(200))]) {
      await assert.rejects(AdminServer.open(path, control()), { code: 'GATE_ADMIN', fault: 'world' })
    }
  })
})

describe('askAdmin()', () => {
  const rows: readonly (readonly [why: string, answer: string | undefined, code: string, message: RegExp])[] = [
    ['nobody is there', undefined, 'GATE_UNREACHABLE', /: there is no such socket$/],
    ['it closes', '', 'GATE_NO_ANSWER', /: it closed the connection$/],
    ['it says what is no answer', '[]\n', 'GATE_NO_ANSWER', /: its answer cannot be read$/],
  ]
  for (const [why, answer, code, message] of rows) {
    test(`fails in words when ${why}`, async (t) => {
      const path = join(folder, why.replaceAll(' ', '-'))
      if (answer !== undefined) {
        const server = createServer((socket) => void socket.end(answer)).listen(path)
        t.after(() => void server.close())
        await once(server, 'listening')
      }
      await assert.rejects(askAdmin(path, { ask: 'status' }), { code, message })
    })
  }
})

describe('requestOf() and replyOf()', () => {
  test('take any text for what it is, and never throw', () => {
    const keys = fc.constantFrom('ask', 'most', 'answer', 'error', 'code', 'fault')
    const json = fc.dictionary(keys, fc.oneof(fc.constantFrom('status', 'connections', 'input'), fc.jsonValue()))
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          json.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const request = requestOf(text)
          if (request !== undefined) assert.deepEqual(requestOf(JSON.stringify(request)), request)
          const reply = replyOf(text)
          if (reply !== undefined) assert.deepEqual(replyOf(JSON.stringify(reply)), JSON.parse(JSON.stringify(reply)))
        },
      ),
    )
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { tls } from '../dialects/index.ts'
import { auditAll, type AuditDoor, type AuditOptions } from './audit.ts'
import { loopback } from './testdata/loopback.ts'
import { TrustStore } from './trust.ts'

const OPTIONS: AuditOptions = {
  parallel: 1,
  doors: 2,
  timeout: 5000,
  rulebooks: [],
  trust: new TrustStore([]),
  now: new Date(),
}

describe('auditAll(): a bug at one of two doors', () => {
  const rows = [
    { error: new TypeError('x is undefined'), code: 'AUDIT_BROKEN', message: /^Cannot audit tls:\/\/bad\.example: x is undefined$/ },
    { error: 'no error at all', code: 'AUDIT_BROKEN', message: /no error at all/ },
  ]
  for (const { error, code, message } of rows) {
    test(`${String(error)}: it is told at that door, and the other one is reported`, async (t) => {
      const server = await loopback(t, (socket) => void socket.end())
      const place = { port: server.port, dialect: tls, beginning: 'implicit' } as const
      const doors: readonly AuditDoor[] = [
        { ...place, url: 'tls://bad.example', serverName: 'bad.example', address: '127.0.0.1' },
        { ...place, url: 'tls://good.example', serverName: 'good.example', address: '127.0.0.1' },
      ]
      const finished: string[] = []
      const [bad, good] = await auditAll(doors, {
        ...OPTIONS,
        progress: ({ url }) => {
          // oxlint-disable-next-line typescript/only-throw-error -- a bug may throw anything
          if (url === 'tls://bad.example') throw error
        },
        finished: ({ target }) => void finished.push(target),
      })
      assert.deepEqual([bad?.problem?.fault, bad?.problem?.code, bad?.address, bad?.grade], ['bug', code, '127.0.0.1', 'unknown'])
      assert.match(bad?.problem?.message ?? '', message)
      assert.deepEqual([good?.problem?.fault, good?.target], [undefined, 'tls://good.example'])
      assert.deepEqual(finished, ['tls://bad.example', 'tls://good.example'])
    })
  }
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startHostile, type HostileServer } from './index.ts'
import type { ListenOptions } from './listener.ts'
import type { Row, Variation } from './row.ts'

/** For self-tests: starts a server, works with it, stops it. */
export async function using<T>(
  what: Parameters<typeof startHostile>[0],
  work: (port: number, server: HostileServer) => Promise<T>,
  options: Variation & ListenOptions = {},
): Promise<T> {
  const server = await startHostile(what, options)
  try {
    return await work(server.port, server)
  } finally {
    await server.stop()
  }
}

export type Check = (port: number, server: HostileServer) => Promise<void>

/** One test for each row: a row without a check fails, and so does a check without a row. */
export function checkRows(family: string, rows: readonly Row[], checks: Readonly<Record<string, Check>>, options: Variation = {}): void {
  describe(family, { concurrency: 12 }, () => {
    test('every row has its check', () => {
      assert.deepEqual(Object.keys(checks).toSorted(), rows.map((row) => row.name).toSorted())
    })
    for (const row of rows)
      test(`${row.name} ${row.does}`, () => {
        const check = checks[row.name]
        return check ? using(row.name, check, options) : undefined
      })
  })
}

/** Looks every 5 ms, for `ms` at most. Gives whether it holds. */
export async function eventually(holds: () => boolean, ms: number = 3000): Promise<boolean> {
  for (const limit = Date.now() + ms; !holds() && Date.now() < limit;) await new Promise((resolve) => setTimeout(resolve, 5))
  return holds()
}

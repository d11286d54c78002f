/** A sample of what `npm run verify:negotiate` does at length: real programs, random settings, and what negotiate() foretells of them. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { cataloguedClients } from '../src/policy/negotiate/index.ts'
import { defaultHellos } from './negotiate/catalogue.ts'
import { helloDifferences, steadyTrial, type Trial } from './negotiate/pair.ts'
import { openTools, type Tools } from './negotiate/tools.ts'

const PAIRS = 35

/** Keys are made with it, and it is one of the programs. */
const skip = existsSync('/usr/bin/openssl') ? false : 'openssl is not installed'

describe('negotiate() foretells handshakes', { skip }, () => {
  let tools: Tools

  before(async () => {
    tools = await openTools()
  })

  after(() => tools.end())

  const samples: readonly (readonly [why: string, seed: number])[] = [
    ['the same pairs every time', 1],
    ['other pairs every time', Math.floor(Math.random() * 1_000_000)],
  ]
  for (const [why, seed] of samples) {
    test(`${why}: seed ${seed}`, async () => {
      const wrong = await differing(seed)
      assert.deepEqual(wrong, [])
    })
  }

  async function differing(seed: number): Promise<readonly string[]> {
    const found: string[] = []
    let done = 0
    let next = seed * 1_000_000
    const work = async (): Promise<void> => {
      while (done < PAIRS) {
        const { trial } = await steadyTrial(next++, tools.all)
        if (trial === undefined) continue
        done++
        if (trial.differences.length > 0) found.push(describeTrial(trial))
      }
    }
    await Promise.all([work(), work()])
    return found
  }
})

describe('the catalogue of clients', () => {
  for (const { name, client, certainty } of cataloguedClients()) {
    if (certainty !== 'measured') continue
    test(`${name} says hello as it is written there`, async (context) => {
      const hellos = await defaultHellos(name)
      if (hellos.length === 0)
        return context.skip('measured with a version that this machine does not have: another one says another hello')
      for (const seen of hellos) {
        assert.notEqual(seen.hello, undefined)
        assert.deepEqual(helloDifferences(client, seen), [])
      }
    })
  }
})

function describeTrial({ seed, clientTool, serverTool, differences }: Trial): string {
  return `node test/negotiate/run.ts --one ${seed} (${clientTool} to ${serverTool}): ${differences.join('; ')}`
}

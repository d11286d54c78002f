import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Answer } from '../exchange.ts'
import { Turns, type Expected } from './turns.ts'

const NOTHING = new Uint8Array(0)
const alert = (description: number): Answer => ({ kind: 'alert', level: 2, description, bytes: NOTHING })
const hello = { sessionIdHit: 0, certificateType: 1, serverVersion: 2, certificate: NOTHING, cipherSpecs: [], connectionId: NOTHING }

/** What a story is told of, by one letter each. */
const ANSWERS = {
  A: () => ({ kind: 'sslv2-server-hello', hello, bytes: NOTHING }),
  F: () => alert(40),
  V: () => alert(70),
  C: () => ({ kind: 'closed', bytes: NOTHING }),
  s: () => ({ kind: 'silent', afterMs: 1, bytes: NOTHING }),
} as const satisfies Readonly<Record<string, () => Answer>>

const isLetter = (letter: string): letter is keyof typeof ANSWERS => letter in ANSWERS

describe('Turns.standsAlone()', () => {
  const rows: readonly (readonly [why: string, story: string, at: number, expected: boolean])[] = [
    ['between two that were taken, with the same word at another time', 'AFAFA', 1, true],
    ['between another word and a close', 'FAVFC', 3, true],
    ['the word was never heard at another time', 'AFA', 1, false],
    ['first of all, for nobody knows what came before', 'FAFA', 0, false],
    ['last of all', 'FAF', 2, false],
    ['before the same word', 'AFFAF', 1, false],
    ['behind the same word', 'AFFAF', 2, false],
    ['silence stands between nothing', 'AFsFAF', 1, false],
    ['but hides nothing that stands behind it', 'AFsAF', 1, true],
  ]
  for (const [why, story, at, expected] of rows) {
    test(`${story}: ${why}`, () => {
      const turns = new Turns({ twice: false, follow: () => undefined, takable: () => undefined })
      const answers = story
        .split('')
        .filter(isLetter)
        .map((letter): Answer => ANSWERS[letter]())
      for (const answer of answers) turns.heard(answer)
      assert.deepEqual(answers[at] && turns.standsAlone(answers[at]), expected)
    })
  }

  test('who hears twice believes none for what stands around it', () => {
    const turns = new Turns({ twice: true, follow: () => undefined, takable: () => undefined })
    const answers = ['A', 'F', 'A', 'F', 'A'].filter(isLetter).map((letter): Answer => ANSWERS[letter]())
    for (const answer of answers) turns.heard(answer)
    assert.ok(answers.every((answer) => !turns.standsAlone(answer)))
  })

  test('an answer that was heard at no known place is not believed', () => {
    const turns = new Turns({ twice: false, follow: () => undefined, takable: () => undefined })
    assert.equal(turns.standsAlone(alert(40)), false)
  })
})

/** What is asked at once, and in which order it is: `a` stands for what is asked because something has to be taken. */
async function orderOf(asked: readonly Expected[], { takable, twice = false }: { takable: boolean; twice?: boolean }): Promise<string> {
  const letters: string[] = []
  const ask = (expected: Expected, letter: keyof typeof ANSWERS, own = letter as string): Promise<void> =>
    turns.take(expected, () => {
      letters.push(own)
      turns.heard(ANSWERS[letter]())
      return Promise.resolve()
    })
  const turns = new Turns({ twice, follow: () => undefined, takable: () => void (takable ? ask('taken', 'A', 'a') : undefined) })
  const letter = { taken: 'A', offer: 'F', version: 'V', older: 'V' } as const
  await Promise.all(asked.map((expected) => ask(expected, letter[expected], expected === 'older' ? 'o' : letter[expected])))
  return letters.join('')
}

describe('Turns.take()', () => {
  const rows: readonly (readonly [why: string, asked: readonly Expected[], takable: boolean, order: string])[] = [
    ['what has to be taken first', ['offer', 'taken'], true, 'AF'],
    ['offers and versions by turns', ['taken', 'version', 'version', 'offer', 'offer', 'offer'], true, 'AFVFVF'],
    ['between two of a kind what has to be taken, and is asked anyway', ['taken', 'offer', 'offer', 'taken'], true, 'AFAF'],
    ['or what has to be taken and is asked for that', ['taken', 'offer', 'offer', 'offer'], true, 'AFaFaF'],
    ['nothing, where nothing is known to be taken', ['taken', 'offer', 'offer'], false, 'AFF'],
    ['older versions last, and nothing between them', ['taken', 'older', 'older', 'version', 'offer'], true, 'AFVaoo'],
  ]
  for (const [why, asked, takable, order] of rows) {
    test(`${why}: ${order}`, async () => assert.equal(await orderOf(asked, { takable }), order))
  }

  test('who hears twice asks everything at once, as it comes', async () => {
    assert.equal(await orderOf(['offer', 'offer', 'taken'], { takable: true, twice: true }), 'FFA')
  })
})

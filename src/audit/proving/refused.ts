import { describeAnswer, type Answer } from '../exchange.ts'
import type { Question } from './scene.ts'
import type { Subject } from './words.ts'

/** What a question was answered with the second time. `otherwise`: refused too, in other words. `taken`: not refused. */
export type SecondTime = 'alike' | 'otherwise' | 'taken'

interface Asked {
  readonly how: string
  /** Asks it again: in which words it is refused, undefined where it is not. */
  readonly again: () => Promise<string | undefined>
  /** Where it was a hello. */
  readonly question?: Question
  /** Where it was a handshake that offered these signatures alone. */
  readonly schemes?: readonly number[]
  readonly heard?: Heard
}

/** A refusal, and what it has to be for. */
export interface Heard {
  readonly answer: Answer
  readonly subject: Subject
  readonly question?: Question
}

/**
 * Everything that was refused so far, and that nothing else bears out. A door that is busy, or that has had enough of us for a while, refuses what
 * it would take at another time. So what was refused is asked again when the door has answered something in between: no single time of
 * refusing hides anything then, however long it is.
 */
export class Refused {
  readonly #all = new Map<string, Asked>()

  /** Remembers an answer if it is a refusal. Of questions with the same key the last answer counts. */
  note(key: string, answer: Answer, again: () => Promise<Answer>): void {
    const how = refusalIn(answer)
    this.noteHow(key, how, async () => refusalIn(await again()), { heard: { answer, subject: 'version' } })
  }

  /** The same of a question that can be told by what it offers. */
  noteQuestion(question: Question, answer: Answer, again: () => Promise<Answer>, subject: Subject): void {
    const about = { question, heard: { answer, subject, question } }
    this.noteHow(keyOf(question), refusalIn(answer), async () => refusalIn(await again()), about)
  }

  /** The same of a question that takes more than a hello. `how`: in which words it was refused, undefined where it was not. */
  noteHow(key: string, how: string | undefined, again: Asked['again'], about: Omit<Asked, 'how' | 'again'> = {}): void {
    if (how === undefined) this.#all.delete(key)
    else this.#all.set(key, { how, again, ...about })
  }

  get size(): number {
    return this.#all.size
  }

  get none(): boolean {
    return this.#all.size === 0
  }

  /** Whether it is still to be asked again. */
  isNoted(question: Question): boolean {
    return this.#all.has(keyOf(question))
  }

  /** These questions need not be asked again: something else has shown that they are refused, or they count for nothing. */
  settle(questions: readonly Question[]): void {
    for (const question of questions) this.#all.delete(keyOf(question))
  }

  settleAll(isSettled: (question: Question) => boolean): void {
    this.settle([...this.#all.values()].flatMap(({ question }) => (question !== undefined && isSettled(question) ? [question] : [])))
  }

  /** The same of handshakes by the signatures that they offered. */
  settleSchemes(isSettled: (schemes: readonly number[]) => boolean): void {
    for (const [key, { schemes }] of this.#all) if (schemes !== undefined && isSettled(schemes)) this.#all.delete(key)
  }

  /** The same of all whose one answer is enough. */
  settleHeard(isEnough: (heard: Heard) => boolean): void {
    for (const [key, { heard }] of this.#all) if (heard !== undefined && isEnough(heard)) this.#all.delete(key)
  }

  forget(): void {
    this.#all.clear()
  }

  /** Asks it all a second time, at once: the worst that came of it. */
  async askAgain(): Promise<SecondTime> {
    const heard = await Promise.all(
      [...this.#all.values()].map(async ({ how, again }): Promise<SecondTime> => {
        const second = await again()
        if (second === undefined) return 'taken'
        return second === how ? 'alike' : 'otherwise'
      }),
    )
    return heard.find((one) => one === 'taken') ?? heard.find((one) => one === 'otherwise') ?? 'alike'
  }
}

/** No name is something else than the name of the door. */
export function keyOf(question: Question): string {
  return JSON.stringify([question, 'serverName' in question])
}

function refusalIn(answer: Answer): string | undefined {
  const { kind } = answer
  return kind === 'alert' || kind === 'closed' || kind === 'sslv2-error' ? describeAnswer(answer) : undefined
}

import { PosternError } from '../../errors.ts'
import { describeAnswer, type Answer } from '../exchange.ts'
import { alwaysReset } from '../lane-errors.ts'
import { noHandshake, notTls, refusesName } from '../refusals.ts'
import type { Draft } from './check.ts'
import { isClose } from './words.ts'
import type { Scene } from './scene.ts'

/**
 * Why nothing can be proved at a door that accepted nothing: it does not know the name that it was asked for (RFC 6066 §3), or it speaks
 * no TLS. Undefined where its answers are a matter of the policy.
 */
export function strangerAt(scene: Scene, answers: readonly Answer[]): PosternError | undefined {
  if (scene.spoken.length > 0 || answers.length === 0) return undefined
  if (scene.lanes.alwaysReset) return alwaysReset()
  if (answers.some(refusesName)) return nameUnknown(scene)
  return answers.every((answer) => answer.kind === 'not-tls') ? notTls(answers[0]) : undefined
}

/** Why a door that takes nothing breaks more than the policy: undefined where something was taken, be it forbidden, or not all was clear. */
export function refusesEverybody(scene: Scene, answers: readonly Answer[], drafts: readonly Draft[]): PosternError | undefined {
  const [, ...others] = drafts
  const refused = answers.length > 0 && answers.every((answer) => answer.kind === 'alert' || isClose(answer))
  // That a version is missing says no more than that it was refused too.
  const consistent = others.every(({ verdict, byRefusal }) => verdict === 'kept' || (verdict === 'broken' && byRefusal === true))
  if (scene.spoken.length > 0 || !refused || !consistent) return undefined
  return noHandshake([...new Set(answers.map(describeAnswer))])
}

function nameUnknown({ asksFor }: Scene): PosternError {
  const what =
    asksFor === undefined
      ? 'Cannot get an answer without a name: the server wants to be asked for one'
      : `Cannot get an answer for ${asksFor}: the server does not know this name`
  return new PosternError('peer', 'NAME_NOT_SERVED', `${what} (alert unrecognized_name)`, {
    remedy: 'Name the server as it knows itself with --sni NAME.',
  })
}

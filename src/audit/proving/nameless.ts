import { allows, type Thing } from '../../policy/index.ts'
import { suiteName } from '../../registry/index.ts'
import { EXTENSION_TYPE, findExtension } from '../../wire/index.ts'
import { groupName, observedGroup, type Observation } from '../observation.ts'
import { evidenceOf, type Draft } from './check.ts'
import { title, type Scene } from './scene.ts'

/**
 * Whether the door goes by the name that it is asked for: then it says so in its answer, RFC 6066 §3, and clients that name no server may
 * get something else.
 */
export function namesMatter({ goesByName, notes }: Scene): boolean {
  const says = ({ answer }: Observation): boolean => findExtension(answer.hello.extensions, EXTENSION_TYPE.server_name) !== undefined
  return goesByName || notes.observations.some(says)
}

/**
 * What clients that name no server were seen to get although the policy forbids it. Nothing where those that name it get such things too:
 * `known`. Not everything that is forbidden is offered to them.
 */
export function checkNameless(scene: Scene, known: readonly Draft[]): readonly Draft[] {
  const drafts = scene.seenNameless.flatMap((seen) => {
    const suite = suiteName(seen.answer.hello.cipherSuite)
    const group = observedGroup(seen)
    return [
      ...(allows(scene.policy, { suite }) ? [] : [taken(scene, seen, { subject: 'suite', name: suite })]),
      ...(group === undefined || allows(scene.policy, { group: groupName(group) })
        ? []
        : [taken(scene, seen, { subject: 'group', name: groupName(group) })]),
    ]
  })
  return drafts.filter(({ id }) => !known.some((one) => one.id === id && one.verdict === 'broken'))
}

function taken(scene: Scene, { offer, protocol, answer }: Observation, thing: Thing & { readonly subject: 'suite' | 'group' }): Draft {
  return {
    id: `refuses-${thing.subject}s`,
    demand: `forbidden ${thing.subject}s are refused in ${title(protocol ?? offer.protocol)} to clients that name no server`,
    rule: scene.ruleOn([thing]),
    verdict: 'broken',
    fact: `Accepted although forbidden: ${thing.name}.`,
    ...evidenceOf(answer),
  }
}

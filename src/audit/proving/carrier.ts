import { allows } from '../../policy/index.ts'
import { suiteByCode } from '../../registry/index.ts'
import type { Observation } from '../observation.ts'
import type { Question, Scene } from './scene.ts'

/** Old lists are carried by the newest version up to TLS 1.2; where none is spoken, by TLS 1.3, and the other way round. */
export function carrierOf({ spoken }: Scene, protocol: Question['protocol']): Observation | undefined {
  const old = spoken.find((one) => one.protocol !== 'TLSv1.3')
  const newest = spoken.find((one) => one.protocol === 'TLSv1.3')
  return spoken.find((one) => one.protocol === protocol) ?? (protocol === 'TLSv1.3' ? newest : old) ?? old ?? newest
}

/** It is taken as before, and nothing forbidden that was refused before. */
export function isFine(scene: Scene, seen: Observation | undefined, carrier?: Observation): boolean {
  if (seen === undefined || (carrier !== undefined && seen.protocol !== carrier.protocol)) return false
  const name = suiteByCode(seen.answer.hello.cipherSuite)?.iana
  return name !== undefined && (scene.takesForbidden || allows(scene.policy, { suite: name }))
}

import type { Fact, FeaturePosture, FlawPosture, TolerancePosture } from '../../src/policy/index.ts'
import type { ProtocolName } from '../../src/registry/index.ts'
import type { DialogueName } from './dialogue.ts'
import type { Behaviour, ListenOptions } from './listener.ts'
import { scripted } from './scripted.ts'
import type { script } from './script.ts'

/** A value, or a list of which any will do. */
export type Expected<T> = T | readonly T[]

/** What an honest audit of a server comes to. What is not named is not promised. */
export interface Truth {
  /**
   * `whole`: every question can be answered. `part`: some questions meet no answer, those named here are sure.
   * `none`: nothing can be learnt of its TLS; every such fact is `unknown`, and none is a pass.
   */
  readonly reach: 'whole' | 'part' | 'none'
  /** The code of the problem that an audit has to tell. */
  readonly problem?: string
  readonly protocols?: Partial<Record<ProtocolName, Expected<boolean | 'unknown'>>>
  /** Code points, in the server's order where `order` says that it has one. */
  readonly suites?: Partial<Record<ProtocolName, readonly number[]>>
  readonly order?: 'server' | 'client'
  readonly prefersClientChaCha?: Expected<Fact>
  /** Code points of ECDHE groups, TLS 1.3 and earlier together. */
  readonly groups?: readonly number[]
  /** Who chooses among those of earlier versions; of TLS 1.3 these servers choose themselves. */
  readonly groupOrder?: 'server' | 'client'
  readonly dh?: { readonly bits: number; readonly prime: 'custom' | 'known'; readonly reused?: Expected<Fact> }
  readonly sslv2Hello?: Expected<Fact>
  readonly flaws?: Partial<Record<keyof FlawPosture, Expected<Fact>>>
  readonly features?: Partial<{ [K in keyof FeaturePosture]: FeaturePosture[K] | readonly Fact[] }>
  readonly tolerance?: Partial<Record<keyof TolerancePosture, Expected<Fact>>>
  readonly clear?: {
    readonly starttls?: Expected<'offered' | 'missing' | 'refused' | 'unknown'>
    readonly textAfterGoAhead?: Expected<Fact>
  }
}

/** How the maker of a behaviour may be varied. */
export interface Variation {
  /** Asks for TLS in this protocol first; only for rows whose door is `tls`. */
  readonly starttls?: DialogueName
  /** Replaces the pauses of slow servers, in milliseconds: 1,000 a byte, or what the row says. */
  readonly paceMs?: number
}

/** One server of the list. */
export interface Row {
  readonly name: string
  readonly does: string
  /** What has to be spoken with it first: `tls` begins at once. */
  readonly door: 'tls' | DialogueName
  readonly truth: Truth
  readonly listen?: ListenOptions
  /** A fresh behaviour, with sessions and counters of its own. */
  make(variation: Variation): Behaviour
}

type Given = Parameters<typeof script>[0]

/** A row whose server is a script. */
export function tlsRow(name: string, does: string, given: Given, truth: Truth): Row {
  const door = given?.starttls ?? 'tls'
  return {
    name,
    does,
    door,
    truth,
    make: (variation) => scripted(variation.starttls ? { ...given, starttls: variation.starttls } : given),
  }
}

/** Whether what was found is what was expected. */
export function holds<T>(expected: Expected<T>, found: T): boolean {
  return Array.isArray(expected) ? expected.includes(found) : expected === found
}

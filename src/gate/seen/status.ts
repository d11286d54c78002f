import { stageAt, type GateConfig } from '../config/config.ts'
import { placeText } from '../config/places.ts'
import type { OpenService } from '../gate.ts'
import type { Snapshot } from './snapshot.ts'

/** How a gate is, as plain JSON. */
export interface GateStatus {
  /** Of Postern. */
  readonly version: string
  readonly pid: number
  /** ISO 8601. */
  readonly started: string
  /** `draining`: it takes no new clients, and ends when those that are there have gone. */
  readonly state: 'running' | 'draining'
  readonly configuration: ConfigurationStatus
  readonly services: readonly ServiceStatus[]
  readonly certificates: readonly CertificateStatus[]
  /** `dropped`: lines that nobody could take; `messagesDropped`: of standard error. */
  readonly log: { readonly dropped: number; readonly messagesDropped: number }
  readonly counts: Snapshot
}

export interface ConfigurationStatus {
  readonly file: string
  /** 1 is the one that it was started with. */
  readonly generation: number
  /** ISO 8601, when that was taken up. */
  readonly loaded: string
  /** Attempts to take up another one that was wrong. */
  readonly failures: number
  /** What of it counts only when the gate is started again, in sentences. */
  readonly later: readonly string[]
}

export interface ServiceStatus {
  readonly name: string
  /** Where it listens. */
  readonly place: string
  readonly dialect: string
  readonly tls: string
  /** For everybody who is no exception. */
  readonly policy: string
  /** Today's. */
  readonly stage: string
  /** The servers behind, the preferred one first. */
  readonly backends: readonly BackendStatus[]
}

export interface BackendStatus {
  /** Host and port. */
  readonly place: string
  /** Clients are led to it. */
  readonly up: boolean
  /** ISO 8601, since when that is so. */
  readonly since: string
  /** Why it could not be reached the last time that it could not. */
  readonly lastError?: string
}

export interface CertificateStatus {
  readonly identity: string
  /** Its path. */
  readonly file: string
  /** ISO 8601. */
  readonly notAfter: string
  /** What is wrong with it, or soon will be, in sentences. */
  readonly warnings: readonly string[]
}

/** The services of a configuration as they are at this moment. `open`: where they listen. */
export function servicesOf(config: GateConfig, open: readonly OpenService[], now: Date): readonly ServiceStatus[] {
  return config.services.map((service) => {
    const rule = service.rules.at(-1)
    const found = open.find(({ name }) => name === service.name)
    return {
      name: service.name,
      place: placeText(found?.place ?? service.listen),
      dialect: service.dialect,
      tls: service.tls,
      policy: rule?.policy.name ?? '',
      stage: stageAt(rule?.stages ?? [], now),
      backends: found?.backends.map((backend) => ({ ...backend, since: backend.since.toISOString() })) ?? [],
    }
  })
}

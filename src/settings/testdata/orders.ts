import type { ChangeOrder } from '../apply/apply.ts'
import { shellLine } from '../apply/run-command.ts'
import { readSettings } from '../read-settings.ts'

export interface OrderParts {
  readonly file: string
  readonly text: string
  /** The service is this file: it is there while the service runs, and has the settings that it has read. */
  readonly service: string
  readonly rewritesOnStop?: boolean
  /** Instead of the usual commands. */
  readonly start?: string
  readonly stop?: string
  readonly check?: string
  /** What the service reads is made out of the file. */
  readonly rebuild?: string
  readonly patience?: number
}

/** A change of one file, with a service that is a file. */
export function orderFor({ file, text, service, rewritesOnStop = false, ...parts }: OrderParts): ChangeOrder {
  const { start = `cp '${file}' '${service}'`, stop = `rm -f '${service}'`, check = `test -s '${file}'`, patience = 10_000 } = parts
  return {
    kind: 'apply',
    product: 'courier',
    summary: 'a test',
    files: [{ before: readSettings(file), after: { path: file, text } }],
    service: {
      stop: shellLine(stop),
      start: shellLine(start),
      check: shellLine(check),
      ...(parts.rebuild === undefined ? {} : { rebuild: [shellLine(parts.rebuild)] }),
      rewritesOnStop,
      patience,
    },
    proofs: [],
  }
}

import type { Command } from 'commander'
import { PosternError } from '../errors.ts'
import { shellLine, type Adapter, type Service } from '../settings/index.ts'
import { wholeNumber } from './network.ts'

/** The options of every command that restarts a service. */
export interface ServiceValues {
  readonly stop?: string
  readonly start?: string
  readonly service?: string
  /** False with `--no-check`. */
  readonly check?: string | false
  /** Seconds. */
  readonly patience: number
}

const PATIENCE_SECONDS = 120
const LONGEST_SECONDS = 3600

export function addServiceOptions(command: Command): Command {
  return command
    .option('--service <name>', 'stop and start this service with systemctl')
    .option('--stop <command>', 'stop the service with this command')
    .option('--start <command>', 'start it with this one')
    .option('--check <command>', 'check the new settings with this command instead of the product’s own')
    .option('--no-check', 'do not run the product’s own check')
    .option('--patience <seconds>', 'for each command, and for doors to open', wholeNumber(1, LONGEST_SECONDS), PATIENCE_SECONDS)
}

/** How the service is treated. Errors, both `input`: `SERVICE_TWICE`, `SERVICE_UNTOLD`. */
export function serviceOf(values: ServiceValues, adapter: Adapter, file: string): Service {
  const { service, stop, start, check } = values
  if (service !== undefined && (stop !== undefined || start !== undefined)) {
    throw new PosternError('input', 'SERVICE_TWICE', 'Cannot restart a service in two ways: --service stands beside --stop or --start', {
      remedy: 'Say either --service, or --stop and --start.',
    })
  }
  const rewritesOnStop = adapter.service?.rewritesOnStop ?? false
  if (rewritesOnStop && service === undefined && (stop === undefined || start === undefined)) {
    throw new PosternError(
      'input',
      'SERVICE_UNTOLD',
      `Cannot change settings of ${adapter.title} while it may run: it writes them again when it stops`,
      {
        remedy: 'Say how to stop and start it: --service NAME, or --stop and --start. Where it does not run: --stop true --start true.',
      },
    )
  }
  const own = check === undefined ? adapter.service?.check?.(file) : undefined
  const checking = typeof check === 'string' ? shellLine(check) : own
  return {
    ...(service === undefined ? {} : { stop: ['systemctl', 'stop', service], start: ['systemctl', 'start', service] }),
    ...(stop === undefined ? {} : { stop: shellLine(stop) }),
    ...(start === undefined ? {} : { start: shellLine(start) }),
    ...(checking === undefined ? {} : { check: checking }),
    rewritesOnStop,
    patience: values.patience * 1000,
  }
}

/** Whether anything is said of the service. */
export function saysService({ stop, start, service }: ServiceValues): boolean {
  return (stop ?? start ?? service) !== undefined
}

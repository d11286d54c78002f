import { PosternError } from '../errors.ts'
import { shellLine } from '../settings/apply/index.ts'
import type { Adapter, Service } from '../settings/index.ts'
import type { ServiceValues } from './settings-options.ts'

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

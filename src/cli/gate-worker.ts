import cluster from 'node:cluster'
import { PosternError } from '../errors.ts'
import { recordLine, work } from '../gate/index.ts'
import type { Terminal } from './terminal.ts'

/** One of the processes of a gate. It ends when the main one says so, or is no more. */
export function runWorker(terminal: Terminal): void {
  const channel = cluster.worker
  if (channel === undefined)
    throw new PosternError('input', 'GATE_WORKER', 'Cannot work for a gate: nobody tells this process what to do', {
      remedy: 'Type: postern gate run postern.yaml. It starts as many workers as the machine has cores.',
    })
  // Ctrl-C and a system that shuts down tell everybody. It is for the main process to say when.
  terminal.onSignals?.({ stop: () => undefined, reload: () => undefined })
  work(channel, {
    log: (record) => terminal.out(recordLine(record)),
    tell: (sentence) => terminal.err(`${sentence}\n`),
    now: () => new Date(),
  })
}

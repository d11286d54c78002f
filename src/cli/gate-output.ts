import { Writable } from 'node:stream'
import { droppedLine, LogWriter, type GateStatus } from '../gate/index.ts'
import type { Terminal } from './terminal.ts'

/** What a gate writes. Who does not read it, or has no room for it, keeps it from nothing. */
export interface GateOutput {
  /** A line for each connection, on standard output. */
  readonly log: LogWriter
  /** Sentences for whoever runs it, on standard error. */
  readonly messages: LogWriter
  /** One of those. */
  readonly tell: (sentence: string) => void
  /** Lines that nobody could take. */
  readonly lost: () => GateStatus['log']
}

export function gateOutput(terminal: Terminal, now: () => Date): GateOutput {
  const log = new LogWriter(terminal.logStream?.() ?? streamInto(terminal.out), (lost) => droppedLine(lost, now()))
  const messages = new LogWriter(
    terminal.errorStream?.() ?? streamInto(terminal.err),
    (lost) => `Lines that nobody could take here: ${lost}.\n`,
  )
  return {
    log,
    messages,
    tell: (sentence) => messages.write(`${sentence}\n`),
    lost: () => ({ dropped: log.dropped, messagesDropped: messages.dropped }),
  }
}

/** For a terminal that is no process. */
function streamInto(write: (text: string) => void): Writable {
  return new Writable({
    decodeStrings: false,
    write: (text: unknown, _encoding, done) => {
      write(String(text))
      done()
    },
  })
}

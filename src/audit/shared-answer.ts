import type { Known, Server } from './server.ts'

/**
 * An answer that several probes of an audit look at: asked once, and kept beside what is known of the server. One that `counts`
 * says no to is not kept: whoever asks later asks again.
 */
export function sharedAnswer<A>(ask: (server: Server) => Promise<A>, counts: (answer: A) => boolean): (server: Server) => Promise<A> {
  const answers = new WeakMap<Known, Promise<A>>()
  return (server) => {
    const { known } = server
    const asked = answers.get(known)
    if (asked !== undefined) return asked
    const answer = ask(server)
    answers.set(known, answer)
    const forget = (): void => void answers.delete(known)
    answer.then((one) => (counts(one) ? undefined : forget()), forget)
    return answer
  }
}

/** Whoever has led this process here is looked for so often, in milliseconds. */
const LOOK_MS = 1000

/** The process that has started this one in its own place, and leads signals on to it: see bin/postern.js. Undefined: there is none. Processes that this one starts hear nothing of it. */
export function takeStarter(env: NodeJS.ProcessEnv): number | undefined {
  const { POSTERN_STARTED_BY: starter } = env
  delete env['POSTERN_STARTED_BY']
  return starter === undefined ? undefined : Number(starter)
}

/** Tells once that it has gone, such as by SIGKILL, which nobody can lead on. Gives back what undoes that. `parent`: who is the parent of this process now. */
export function onStarterGone(starter: number | undefined, parent: () => number, gone: () => void): () => void {
  if (starter === undefined) return () => undefined
  const look = setInterval(() => {
    if (parent() === starter) return
    clearInterval(look)
    gone()
  }, LOOK_MS).unref()
  return () => clearInterval(look)
}

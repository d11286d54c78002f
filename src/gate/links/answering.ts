import type { Front } from '../front.ts'

/** Who speaks with clients itself takes them at once; who only copies says first whether there is a server. */
export function answering(front: Front, answer: (served: boolean) => void): Front {
  if (front.tls !== 'none' || front.relay !== undefined) {
    answer(true)
    return front
  }
  const connect: Front['connect'] = async (...asked) => {
    try {
      const server = await front.connect(...asked)
      answer(true)
      return server
    } catch (error) {
      answer(false)
      throw error
    }
  }
  return { ...front, connect }
}

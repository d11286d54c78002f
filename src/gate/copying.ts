import type { RelayMaker } from '../dialects/index.ts'

/** Of protocols in which nothing has to be looked at. */
export const copying: RelayMaker = () => ({
  fromClient: (toServer) => ({ toServer, copy: true }),
  fromServer: (toClient) => ({ toClient, copy: true }),
  secured: () => ({}),
  turnAway: () => ({ end: 'turned-away' }),
  serverLost: () => ({ end: 'server-lost' }),
  endsByClose: () => true,
})

import type { Relay, RelayMaker } from '../dialects/index.ts'

/** One for all: it knows nothing of a connection. */
const relay: Relay = {
  fromClient: (toServer) => ({ toServer, copy: true }),
  fromServer: (toClient) => ({ toClient, copy: true }),
  secured: () => ({}),
  turnAway: () => ({ end: 'turned-away' }),
  serverLost: () => ({ end: 'server-lost' }),
  endsByClose: () => true,
}

/** Of protocols in which nothing has to be looked at. */
export const copying: RelayMaker = () => relay

import type { Adapter } from '../adapter.ts'
import { secretPlaces } from '../xml/problem.ts'
import { mendKerio } from './mend.ts'
import { readKerio } from './read.ts'
import { PAGE } from './variables.ts'
import { writeKerio } from './write.ts'
import { kerioProduct } from './product.ts'

/** Kerio Connect's `mailserver.cfg`: the tables `Security` and `SmtpSecurity`, as server and as client. */
export const kerioAdapter: Adapter = {
  ...kerioProduct,
  read: readKerio,
  write: writeKerio,
  secrets: secretPlaces,
  mend: mendKerio,
  service: { rewritesOnStop: true, source: PAGE },
}

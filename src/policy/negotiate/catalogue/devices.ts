import { expand } from '../../expand.ts'
import type { CataloguedClient } from './peer.ts'
import { UP_TO_TLS_1_0, UP_TO_TLS_1_2 } from './versions.ts'

/** Printers and other devices that send mail. Makers publish little, so that most of this was told by others. */
export const DEVICES: readonly CataloguedClient[] = [
  {
    name: 'Xerox WorkCentre with firmware from before 2017, scanning to mail',
    uses: ['mail', 'smtp'],
    client: { stack: 'specification', versions: UP_TO_TLS_1_0, suites: [], groups: [] },
    certainty: 'inferred',
    sources: ['https://rental-server.net/?p=7776'],
    note: 'Told by those who had to update it. Which suites it has is not known.',
    more: ['suites'],
  },
  {
    name: 'Ricoh printers with 16S and 17S controllers, scanning to mail',
    uses: ['mail', 'smtp'],
    client: {
      stack: 'specification',
      versions: UP_TO_TLS_1_2,
      suites: expand('TLS_RSA_WITH_{AES_256_CBC_SHA256,AES_128_CBC_SHA256,AES_256_CBC_SHA,AES_128_CBC_SHA}'),
      groups: [],
    },
    certainty: 'inferred',
    sources: ['http://kmeys.com/shuma/202502/141175.html'],
    note: 'Such as MP C307, MP 6055, IM C3000. Told when Microsoft 365 turned off static RSA in 2025, without which they had nothing left.',
    orderUnknown: true,
  },
]

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { TestContext } from 'node:test'

const TYPES: Readonly<Record<string, number>> = { A: 1, MX: 15, AAAA: 28 }
const NXDOMAIN = 3

/** Records by `TYPE name`: addresses, or `10 mail.example.test` for MX. Names without any record do not exist. */
export type Zone = Readonly<Record<string, readonly string[]>>

/** A DNS server on loopback that knows one zone, as `--dns` wants its address. It ends with the test. */
export async function fakeDns(zone: Zone, t: Pick<TestContext, 'after'>): Promise<string> {
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => socket.send(answer(query, zone), from.port, from.address))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.after(() => void socket.close())
  return `127.0.0.1:${socket.address().port}`
}

/** RFC 1035 §4.1. */
function answer(query: Buffer, zone: Zone): Buffer {
  const end = query.indexOf(0, 12) + 5
  const labels: string[] = []
  for (let at = 12; query[at] !== 0; at += (query[at] ?? 0) + 1) labels.push(query.toString('latin1', at + 1, at + 1 + (query[at] ?? 0)))
  const name = labels.join('.').toLowerCase()
  const type = Object.keys(TYPES).find((one) => TYPES[one] === query.readUInt16BE(end - 4)) ?? ''
  const records = zone[`${type} ${name}`] ?? []
  const exists = Object.keys(zone).some((key) => key.endsWith(` ${name}`))
  const header = Buffer.from(query.subarray(0, 12))
  header.writeUInt16BE(0x8180 | (exists ? 0 : NXDOMAIN), 2)
  header.writeUInt16BE(records.length, 6)
  header.writeUInt32BE(0, 8)
  const answers = records.map((value) => {
    const data = encode(type, value)
    return Buffer.concat([Buffer.of(0xc0, 12, 0, TYPES[type] ?? 0, 0, 1, 0, 0, 0, 60, 0, data.length), data])
  })
  return Buffer.concat([header, query.subarray(12, end), ...answers])
}

function encode(type: string, value: string): Buffer {
  if (type === 'A') return Buffer.from(value.split('.').map(Number))
  const [preference, exchange = ''] = value.split(' ')
  const labels = exchange.split('.').flatMap((label) => [Buffer.of(label.length), Buffer.from(label)])
  return Buffer.concat([Buffer.of(0, Number(preference)), ...labels, Buffer.of(0)])
}

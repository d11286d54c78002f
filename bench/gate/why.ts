const HANDSHAKES =
  'Handshakes: the gate goes by what Node’s streams are made of (src/gate/handles), and takes no more for a connection than a bare program on those streams, which does nothing else. What it takes beyond nginx has three reasons, by profiles of resumed handshakes of TLS 1.2, where it shows most. The way from the system through OpenSSL into JavaScript and back is some 40 µs. The hello that is looked at, limits, counts and the line of the log are some 90. And when a client says its last, nginx closes both sides at once; the gate passes the end on, waits for that of the server, and answers it (RFC 5246 §7.2.1, RFC 8446 §6.1): seven calls of the system more, two of which send, some 40 µs. Where the load generator’s core is full, the rates are alike, and the table of a core’s time tells how much room each has left.'

/** Said in any case: without it, nobody knows what the column is. */
export const BARE =
  'Bare Node: a program of a few lines (bench/gate/bare.ts) that does TLS by the same policy on Node’s own streams, connects, and pipes one socket into the other, with no look at the hello, no limits, no counts and no log. It is what Node itself takes.'

const THROUGHPUT =
  'Throughput: what a server sends lands in one buffer and becomes records at once. What a client sends comes out of Node record by record, each in memory of its own and as an event in JavaScript: the memory is given back as soon as the octets are on their way, and three records go on in one write, so that the system has no more work than with HAProxy; what is left is a few µs of JavaScript for each record. Neither splice() nor TLS in the kernel can be had from Node.'

const LATENCY = 'Latency: one thread serves, collects garbage and writes the log; a request that comes meanwhile waits.'

/** Said in any case: the rates alone would tell too much. */
export const STARTTLS =
  'STARTTLS: of a client that has not logged in neither nginx nor the gate tells the server behind. nginx answers for itself, the gate with what the server last said of itself. nginx lets each client wait for some 45 ms in between, in which it does nothing: its rate is that of 32 clients who wait, and the table of a core’s time says what its work is.'

/** Why a bar may be missed, by measure. Printed where it is. */
export const WHY: Readonly<Record<string, string>> = {
  full13: HANDSHAKES,
  full13rsa: HANDSHAKES,
  resumed13: HANDSHAKES,
  full12: HANDSHAKES,
  resumed12: HANDSHAKES,
  down1: THROUGHPUT,
  down50: THROUGHPUT,
  up1: THROUGHPUT,
  up50: THROUGHPUT,
  p99: LATENCY,
  imap: HANDSHAKES,
  imapResumed: HANDSHAKES,
}

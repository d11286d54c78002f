const HANDSHAKES =
  'Handshakes: a connection costs Node more than it costs HAProxy and nginx before the gate does anything, as the column of bare Node tells. A program that passes octets on has three streams for each client (the accepted socket, TLS over it, and the one to the server), makes some 22 kB of objects for them, and accepts, connects, reads and closes in JavaScript. HAProxy and nginx do that in C, and keep their memory. In a profile of resumed handshakes of TLS 1.2 a quarter of the gate’s time is the system’s and a quarter OpenSSL’s; a tenth goes to the collection of garbage and to the compiler, and what is left is JavaScript and what connects it with those. The gate makes some 38 kB of objects for a connection where the bare program makes 22: what listens to streams, timers for the limits of time, the steps from one to the next, what was negotiated (asked of OpenSSL by writing its session out), and the line of the log. Where the load generator’s core is full, the rates are alike, and the table of a core’s time tells how much room each has left.'

/** Said in any case: without it, nobody knows what the column is. */
export const BARE =
  'Bare Node: a program of forty lines (bench/gate/bare.ts) that does TLS as the gate does it, connects, and pipes one socket into the other, with no look at the hello, no limits, no counts and no log. It is what Node itself takes.'

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

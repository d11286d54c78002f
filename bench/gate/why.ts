const HANDSHAKES =
  'Handshakes: Node has two sockets for a connection and TLS over one of them, each of them a stream, and accepts, connects, reads and closes in JavaScript, which HAProxy and nginx do in C. A Node program that passes octets on and does nothing else pays that too: it takes some two thirds of the gate’s time. In a profile the gate’s own code has a tenth, half of it for the hello (read, compared with those that are known, put back), for what was negotiated, and for the line of the log; the rest goes to streams and promises that one connection has more than there. OpenSSL takes no longer for a handshake here than there. Where the load generator’s core is full, the rates are alike, and the table of a core’s time tells how much room each has left.'

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

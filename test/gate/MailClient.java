import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Clients of SMTP and IMAP on JSSE, with STARTTLS and with TLS from the start, that look at the certificate as they should.
 *
 * <p>java MailClient.java ROOT.pem [smtp|smtps|imap|imaps PORT USER ...]: a line for each, TLS version and what the server said last. SMTP sends a message from USER;
 * IMAP puts one into the mailbox of USER with a literal, and fetches it.
 */
public final class MailClient {
    private static final String MESSAGE = "Subject: from Java\r\n\r\n.\r\nA line.\r\n";

    private final SSLContext context;
    private Socket socket;
    private InputStream in;

    private MailClient(SSLContext context) {
        this.context = context;
    }

    public static void main(String[] arguments) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream pem = Files.newInputStream(Path.of(arguments[0]))) {
            Certificate root = CertificateFactory.getInstance("X.509").generateCertificate(pem);
            store.setCertificateEntry("root", root);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        for (int i = 1; i + 2 < arguments.length; i += 3) {
            MailClient client = new MailClient(context);
            String said = client.talk(arguments[i], Integer.parseInt(arguments[i + 1]), arguments[i + 2]);
            System.out.println(arguments[i] + " " + ((SSLSocket) client.socket).getSession().getProtocol() + " " + said);
            client.socket.close();
        }
    }

    private String talk(String protocol, int port, String user) throws IOException {
        socket = new Socket("localhost", port);
        socket.setSoTimeout(10_000);
        in = new BufferedInputStream(socket.getInputStream());
        boolean smtp = protocol.startsWith("smtp");
        if (protocol.endsWith("s")) {
            secure(port);
            line();
        } else {
            line();
            if (smtp) {
                ask("EHLO client.example", "250 ");
                ask("STARTTLS", "220 ");
            } else {
                ask("s STARTTLS", "s OK");
            }
            secure(port);
        }
        return smtp ? send(user) : fetch(user);
    }

    private void secure(int port) throws IOException {
        SSLSocket secured = (SSLSocket) context.getSocketFactory().createSocket(socket, "localhost", port, true);
        SSLParameters parameters = secured.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        secured.setSSLParameters(parameters);
        secured.startHandshake();
        socket = secured;
        in = new BufferedInputStream(secured.getInputStream());
    }

    private String send(String user) throws IOException {
        ask("EHLO client.example", "250 ");
        ask("MAIL FROM:<" + user + ">", "250 ");
        ask("RCPT TO:<b@example.net>", "250 ");
        ask("DATA", "354 ");
        say(MESSAGE.replace("\r\n.", "\r\n..") + ".\r\n");
        String last = until("250 ");
        ask("QUIT", "221 ");
        return last;
    }

    private String fetch(String user) throws IOException {
        ask("a LOGIN " + user + " x", "a OK");
        ask("b APPEND INBOX {" + MESSAGE.length() + "}", "+ ");
        say(MESSAGE + "\r\n");
        until("b OK");
        ask("c SELECT INBOX", "c OK");
        say("d FETCH 1 BODY.PEEK[]\r\n");
        String head = line();
        int length = Integer.parseInt(head.substring(head.lastIndexOf('{') + 1, head.lastIndexOf('}')));
        String body = new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
        until("d OK");
        ask("e LOGOUT", "e OK");
        return body.equals(MESSAGE) ? "the same" : "otherwise: " + body;
    }

    private void ask(String command, String due) throws IOException {
        say(command + "\r\n");
        until(due);
    }

    private void say(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
    }

    private String until(String due) throws IOException {
        for (;;) {
            String line = line();
            if (line.startsWith(due)) {
                return line;
            }
            if (line.matches("[45]\\d\\d .*|\\w+ (NO|BAD) .*")) {
                throw new IOException("in place of " + due + ": " + line);
            }
        }
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int octet = in.read(); octet != '\n'; octet = in.read()) {
            if (octet < 0) {
                throw new IOException("the server has closed behind " + line);
            }
            if (octet != '\r') {
                line.write(octet);
            }
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }
}

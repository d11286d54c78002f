import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.security.KeyStore;
import java.util.Collections;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/**
 * A JSSE server that shakes hands, greets and closes.
 *
 * <p>java TlsServer PORT KEYSTORES PROTOCOLS SUITES ORDER: key stores are PKCS #12 files with the password "changeit";
 * lists are separated by commas, "-" keeps what the JVM has on by itself, "all" turns on every suite that it knows;
 * ORDER is "server" or "client". What the JVM forbids is set by its own properties.
 */
public final class TlsServer {
    private static final char[] PASSWORD = "changeit".toCharArray();

    private TlsServer() {}

    public static void main(String[] arguments) throws Exception {
        SSLServerSocket server = open(Integer.parseInt(arguments[0]), readKeys(arguments[1].split(",")));
        if (!arguments[2].equals("-")) server.setEnabledProtocols(arguments[2].split(","));
        if (arguments[3].equals("all")) server.setEnabledCipherSuites(server.getSupportedCipherSuites());
        else if (!arguments[3].equals("-")) server.setEnabledCipherSuites(arguments[3].split(","));
        SSLParameters parameters = server.getSSLParameters();
        parameters.setUseCipherSuitesOrder(arguments[4].equals("server"));
        server.setSSLParameters(parameters);
        System.out.println("protocols " + String.join(" ", server.getEnabledProtocols()));
        System.out.println("suites " + String.join(" ", server.getEnabledCipherSuites()));
        while (true) {
            SSLSocket socket = (SSLSocket) server.accept();
            Thread thread = new Thread(() -> serve(socket));
            thread.setDaemon(true);
            thread.start();
        }
    }

    private static KeyStore readKeys(String[] files) throws Exception {
        KeyStore all = KeyStore.getInstance("PKCS12");
        all.load(null, null);
        for (String file : files) {
            KeyStore one = KeyStore.getInstance("PKCS12");
            try (InputStream bytes = new FileInputStream(file)) {
                one.load(bytes, PASSWORD);
            }
            for (String alias : Collections.list(one.aliases()))
                all.setKeyEntry(alias, one.getKey(alias, PASSWORD), PASSWORD, one.getCertificateChain(alias));
        }
        return all;
    }

    private static SSLServerSocket open(int port, KeyStore keys) throws Exception {
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        return (SSLServerSocket) context.getServerSocketFactory().createServerSocket(port, 100, loopback);
    }

    private static void serve(SSLSocket socket) {
        try (socket) {
            socket.setSoTimeout(10_000);
            socket.startHandshake();
            System.out.println("met " + socket.getSession().getProtocol() + " " + socket.getSession().getCipherSuite());
            socket.getOutputStream().write("hello\r\n".getBytes());
        } catch (IOException error) {
            System.out.println("failed " + error.getMessage());
        }
    }
}

import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * A JSSE client that shakes hands and leaves.
 *
 * <p>java TlsClient.java PORT PROTOCOLS[/SUITES] [PORT ...]: a line for each, the version that was agreed on, and with SUITES the suite, or "refused". Lists are
 * separated by commas; SSLv2Hello among them makes the hello one in the format of SSL 2.0. Nobody's certificate is looked at.
 */
public final class TlsClient {
    private TlsClient() {}

    public static void main(String[] arguments) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Anybody()}, new SecureRandom());
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", Integer.parseInt(arguments[i]))) {
                socket.setSoTimeout(10_000);
                String[] offer = arguments[i + 1].split("/");
                socket.setEnabledProtocols(offer[0].split(","));
                if (offer.length > 1) socket.setEnabledCipherSuites(offer[1].split(","));
                socket.startHandshake();
                String suite = offer.length > 1 ? " " + socket.getSession().getCipherSuite() : "";
                System.out.println(socket.getSession().getProtocol() + suite);
            } catch (java.io.IOException error) {
                System.out.println("refused");
            }
        }
    }

    private static final class Anybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}

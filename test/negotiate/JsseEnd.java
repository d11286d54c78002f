import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * One end of many handshakes in JSSE. Jobs come as lines of words NAME=VALUE on standard input, lists with commas; answers leave as
 * lines of JSON. Groups and signature schemes are those of the JVM's own properties.
 */
public final class JsseEnd {
    private static final char[] PASSWORD = "changeit".toCharArray();
    private static final int LIMIT = 4000;

    /** An extended one, for JSSE adds checks of its own to any other. */
    private static final TrustManager EVERYBODY = new X509ExtendedTrustManager() {
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    };

    private JsseEnd() {}

    public static void main(String[] arguments) throws Exception {
        BufferedReader jobs = new BufferedReader(new InputStreamReader(System.in));
        for (String line = jobs.readLine(); line != null; line = jobs.readLine()) {
            Map<String, String> job = new HashMap<>();
            for (String word : line.split(" ")) {
                int cut = word.indexOf('=');
                job.put(word.substring(0, cut), word.substring(cut + 1));
            }
            Thread thread = new Thread(() -> run(job));
            thread.setDaemon(true);
            thread.start();
        }
    }

    private static void run(Map<String, String> job) {
        String id = job.get("id");
        try {
            if (job.get("role").equals("server")) serve(id, job);
            else connect(id, job);
        } catch (IllegalArgumentException error) {
            say(id, "\"refused\":\"" + plain(error) + "\"");
        } catch (Exception error) {
            say(id, "\"ok\":false,\"error\":\"" + plain(error) + "\"");
        }
    }

    private static synchronized void say(String id, String answer) {
        System.out.println("{\"id\":" + id + "," + answer + "}");
        System.out.flush();
    }

    private static String plain(Exception error) {
        return String.valueOf(error).replaceAll("[^ -~]|[\"\\\\]", " ");
    }

    private static SSLParameters parameters(Map<String, String> job) {
        SSLParameters parameters = new SSLParameters();
        parameters.setProtocols(job.get("protocols").split(","));
        parameters.setCipherSuites(job.get("suites").split(","));
        parameters.setUseCipherSuitesOrder("server".equals(job.get("order")));
        if (job.containsKey("alpn")) parameters.setApplicationProtocols(job.get("alpn").split(","));
        if (job.containsKey("name")) parameters.setServerNames(List.of(new SNIHostName(job.get("name"))));
        return parameters;
    }

    /** Opening a key store takes longer than a handshake. */
    private static final Map<String, KeyManager[]> KEYS = new ConcurrentHashMap<>();

    private static KeyManager[] keys(String stores) throws Exception {
        KeyManager[] had = KEYS.get(stores);
        if (had != null) return had;
        KeyStore all = KeyStore.getInstance("PKCS12");
        all.load(null, null);
        for (String file : stores.isEmpty() ? new String[0] : stores.split(",")) {
            KeyStore one = KeyStore.getInstance("PKCS12");
            try (InputStream bytes = new FileInputStream(file)) {
                one.load(bytes, PASSWORD);
            }
            for (String alias : Collections.list(one.aliases()))
                all.setKeyEntry(alias, one.getKey(alias, PASSWORD), PASSWORD, one.getCertificateChain(alias));
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(all, PASSWORD);
        KEYS.put(stores, managers.getKeyManagers());
        return managers.getKeyManagers();
    }

    private static SSLContext context(String stores) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys(stores), new TrustManager[] {EVERYBODY}, null);
        return context;
    }

    private static void serve(String id, Map<String, String> job) throws Exception {
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        SSLServerSocket server = (SSLServerSocket) context(job.get("keys")).getServerSocketFactory().createServerSocket(0, 5, loopback);
        try (server) {
            server.setSSLParameters(parameters(job));
            server.setSoTimeout(LIMIT);
            say(id, "\"port\":" + server.getLocalPort());
            SSLSocket socket = (SSLSocket) server.accept();
            try (socket) {
                socket.setSoTimeout(LIMIT);
                socket.startHandshake();
                say(id, "\"ok\":true");
            }
        }
    }

    private static void connect(String id, Map<String, String> job) throws Exception {
        SSLSocket socket = (SSLSocket) context("").getSocketFactory().createSocket("127.0.0.1", Integer.parseInt(job.get("port")));
        try (socket) {
            socket.setSSLParameters(parameters(job));
            socket.setSoTimeout(LIMIT);
            socket.startHandshake();
            say(id, "\"ok\":true,\"fingerprint\":" + fingerprint(socket));
            // What the server says behind its Finished belongs to the handshake in TLS 1.3.
            socket.shutdownOutput();
            while (socket.getInputStream().read() >= 0) continue;
        } catch (IOException error) {
            say(id, "\"ok\":false,\"error\":\"" + plain(error) + "\"");
        }
    }

    private static String fingerprint(SSLSocket socket) throws Exception {
        try {
            byte[] leaf = socket.getSession().getPeerCertificates()[0].getEncoded();
            StringBuilder text = new StringBuilder();
            for (byte one : MessageDigest.getInstance("SHA-1").digest(leaf)) text.append(String.format(":%02X", one));
            return "\"" + text.substring(1) + "\"";
        } catch (SSLPeerUnverifiedException anonymous) {
            return "null";
        }
    }
}
